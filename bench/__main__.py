"""Runs every comparison in one go and prints the figures beside their bars; `--json FILE` writes them all.

Servers run on one core and the load on the other, one after the other: what counts are the ratios of one run.
"""

import argparse
import json
import platform
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import measures
from bench.client import new_device
from bench.client.judge import list_misses, print_client
from bench.client.measure import WAYS, Wish, measure_client
from bench.crypto import measure as crypto
from bench.first_load import first_load

CLIENT_MESSAGES = 100_000
HISTORY = 10_000
"""Messages that a new browser reads."""


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="one short round of everything, within 4 minutes"
    )
    parser.add_argument("--client", action="store_true", help="only the web client with 100,000 messages")
    parser.add_argument("--crypto", action="store_true", help="only the cryptography in the browser")
    parser.add_argument(
        "--new-device",
        action="store_true",
        help="only a new browser that reads 10,000 sealed messages",
    )
    parser.add_argument(
        "--first",
        action="store_true",
        help="with --client, --crypto or --new-device: go before others on this machine while measuring",
    )
    parser.add_argument(
        "--ways",
        default=",".join(WAYS),
        help="with --client: only these ways of scrolling (default: %(default)s)",
    )
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="with --client: keep server and browser here, and use them again the next time",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=5,
        help="with --client or --new-device: how often (default: %(default)s)",
    )
    parser.add_argument(
        "--control",
        action="store_true",
        help="with --client: scroll the same rows in a page without our scripts as well",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure and ratio to this file")
    return parser.parse_args()


def compare_fan_out(rounds: int, seconds: float) -> dict[str, Any]:
    """Measure the three servers in turn, `rounds` times, and return medians and ratios."""
    results: dict[str, list[dict[str, Any]]] = {"hearth": [], "node": [], "flask": []}
    for number in range(rounds):
        for server, figures in results.items():
            figures.append(measures.fan_out(server, seconds))
            print(
                f"  round {number + 1}: {server:7} {figures[-1]['deliveries_per_second']:>8,} deliveries/s",
                flush=True,
            )
    medians = {
        server: statistics.median(f["deliveries_per_second"] for f in figures)
        for server, figures in results.items()
    }
    return {
        "deliveries_per_second": medians,
        "ratio_to_node": round(medians["hearth"] / medians["node"], 2),
        "ratio_to_flask": round(medians["hearth"] / medians["flask"], 2),
        "rounds": results,
    }


def describe_machine() -> dict[str, Any]:
    model = "unknown"
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip()
            for line in info.read_text().splitlines()
            if line.startswith("model name")
        ]
        model = names[0] if names else model
    return {"processor": model, "system": platform.platform(), "python": platform.python_version()}


def main() -> None:
    arguments = read_arguments()
    quick: bool = arguments.quick
    begun = time.monotonic()
    report: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(),
    }
    is_whole = not (arguments.client or arguments.crypto or arguments.new_device)
    if is_whole:
        compare_servers(report, quick)
    if arguments.crypto or is_whole:
        print("Cryptography in the browser:", flush=True)
        report["crypto"] = crypto.measure_crypto(goes_first=arguments.first)
    if arguments.client or (is_whole and not quick):
        print("The web client with 100,000 messages in one conversation:", flush=True)
        ways = tuple(arguments.ways.split(","))
        rounds = 1 if quick else arguments.rounds
        wish = Wish(CLIENT_MESSAGES, rounds, ways, arguments.first, arguments.keep, arguments.control)
        report["client"] = measure_client(wish)
    if arguments.new_device or (is_whole and not quick):
        print("A new browser and 10,000 sealed messages:", flush=True)
        wanted = new_device.Wish(HISTORY, 1 if quick else arguments.rounds, arguments.first)
        report["new_device"] = new_device.measure_new_device(wanted)
    report["took_seconds"] = round(time.monotonic() - begun)
    if is_whole:
        print_bars(report)
    if "crypto" in report:
        crypto.print_crypto(report["crypto"])
    if "client" in report:
        print_client(report["client"])
    if "new_device" in report:
        new_device.print_new_device(report["new_device"])
    print(f"\nTook {report['took_seconds']} s on {report['machine']['processor']}.")
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n")
    has_missed = "client" in report and any(list_misses(report["client"]))
    has_missed |= "new_device" in report and any(new_device.list_misses(report["new_device"]))
    has_missed |= "crypto" in report and any(crypto.list_misses(report["crypto"]))
    if has_missed and not is_whole:
        sys.exit(1)


def compare_servers(report: dict[str, Any], quick: bool) -> None:
    print("Durable fan-out, 200 clients in conversations of 10 (Node and Flask store nothing):")
    report["fan_out"] = compare_fan_out(1 if quick else 5, 6.0 if quick else 10.0)
    print("Send → ack at 200 messages/s, and a bare fsync loop on the same disk:", flush=True)
    report["latency"] = measures.latency(10.0 if quick else 30.0)
    report["fsync"] = measures.fsync(3.0 if quick else 10.0)
    print("Idle memory, start, history:", flush=True)
    report["idle"] = measures.idle_memory(2000)
    report["start"] = measures.start_time()
    report["history"] = measures.history(1_000_000, 300)
    print("First load on a phone, by Lighthouse:", flush=True)
    report["first_load"] = first_load(3 if quick else 5)


def print_bars(report: dict[str, Any]) -> None:
    """Print each bar of docs/performance.md with what was measured."""
    rows = [
        ("fan-out ÷ Socket.IO on Node", report["fan_out"]["ratio_to_node"], "≥ 1.3"),
        ("fan-out ÷ Flask-SocketIO", report["fan_out"]["ratio_to_flask"], "≥ 5"),
        ("KiB per idle connection", report["idle"]["kib_per_connection"], "≤ 14"),
        ("process at idle, MiB", report["idle"]["process_mib"], "< 100"),
        ("start, seconds", report["start"]["seconds"], "< 2"),
        ("send → ack p50, ms", report["latency"]["p50_ms"], f"≤ 5 (bare fsync {report['fsync']['p50_ms']})"),
        ("send → ack p99, ms", report["latency"]["p99_ms"], f"≤ 25 (bare fsync {report['fsync']['p99_ms']})"),
        ("history page p99, ms", report["history"]["p99_ms"], "≤ 10"),
        ("Lighthouse performance, phone", report["first_load"]["performance"], "≥ 95"),
    ]
    print()
    for name, figure, bar in rows:
        print(f"{name:32} {figure!s:>10}   {bar}")


if __name__ == "__main__":
    main()
