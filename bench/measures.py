"""The single measurements. Each returns plain figures; what they mean together is said in bench.__main__."""

import asyncio
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import socketio

from bench import seed, servers
from bench.load import percentiles

Figures = dict[str, Any]
USERS, PER_CONVERSATION, WINDOW = 200, 10, 2


def fan_out(server: str, seconds: float) -> Figures:
    """200 clients in conversations of 10, two sends under way each; every row and delivery is counted."""
    plan = {"kind": "fan_out", "seconds": seconds, "warm_up": 2.0, "window": WINDOW}
    return _run_load(server, plan)


def latency(seconds: float) -> Figures:
    """Send → ack at 200 messages a second in all, on Hearth."""
    return _run_load("hearth", {"kind": "paced", "seconds": seconds, "warm_up": 1.0, "rate": 200})


def _run_load(server: str, plan: Figures) -> Figures:
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as folder:
        port = servers.find_free_port()
        plan |= {"server": server, "port": port, "per_conversation": PER_CONVERSATION}
        if server == "hearth":
            url = f"sqlite+aiosqlite:///{folder}/hearth.db"
            people = seed.seed_now(url, USERS, PER_CONVERSATION, has_epochs=True)
            plan |= {"tokens": [p.token for p in people], "groups": [p.conversation for p in people]}
            command, path = servers.hearth_command(Path(folder), port), "/api/health"
        else:
            make = servers.node_command if server == "node" else servers.flask_command
            command, path = make(port), "/socket.io/?EIO=4&transport=polling"
            groups = [f"g{number // PER_CONVERSATION}" for number in range(USERS)]
            plan |= {"tokens": [""] * USERS, "groups": groups}
        with servers.run_server(command, port, path) as running:
            figures = _load_process(plan, Path(folder))
            figures["server_cpu_seconds"] = round(running.cpu_seconds, 2)
        if server == "hearth":
            figures["rows"] = _count_rows(Path(folder) / "hearth.db")
        _require_complete(server, figures)
        return figures


def _load_process(plan: Figures, folder: Path) -> Figures:
    file = folder / "plan.json"
    file.write_text(json.dumps(plan))
    command = servers.pin(servers.LOAD_CORE, [sys.executable, "-m", "bench.load", str(file)])
    result = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    if result.returncode:
        raise SystemExit(f"the load ended with {result.returncode}:\n{result.stderr[-2000:]}")
    figures: Figures = json.loads(result.stdout)
    if figures["errors"]:
        print(result.stderr[:500], file=sys.stderr)
    return figures


def _require_complete(server: str, figures: Figures) -> None:
    expected = figures["acked"] * PER_CONVERSATION
    if figures["errors"] or figures["delivered"] != expected:
        raise SystemExit(
            f"{server}: {figures['delivered']} of {expected} deliveries, {figures['errors']} errors"
        )
    if "rows" in figures and figures["rows"] != figures["acked"]:
        raise SystemExit(f"{server}: {figures['rows']} rows for {figures['acked']} acks")


def _count_rows(file: Path) -> int:
    """Read every row back, records included, as a reader of the file would."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT seq, length(message), log_hash FROM message").fetchall()
    return sum(1 for seq, size, log_hash in rows if seq > 0 and size > 300 and len(log_hash) == 32)


def fsync(seconds: float) -> Figures:
    """A bare loop of write + fsync of 400 bytes on the same disk: what no durable ack can beat."""
    latencies: list[float] = []
    with tempfile.NamedTemporaryFile(prefix="hearth-bench-") as file:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            begun = time.perf_counter()
            os.write(file.fileno(), b"x" * 400)
            os.fdatasync(file.fileno())
            latencies.append(time.perf_counter() - begun)
            time.sleep(max(0.0, 0.005 - latencies[-1]))
    return percentiles(latencies)


def idle_memory(connections: int) -> Figures:
    """KiB per idle connection, of users in conversations, and the process alone with everything loaded.

    The first hundred connections fill caches that all share (statements, pages of the database, threads), so
    they are counted with neither.
    """
    warm = 100
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as folder:
        people = seed.seed_now(
            f"sqlite+aiosqlite:///{folder}/hearth.db", connections + warm, PER_CONVERSATION
        )
        port = servers.find_free_port()
        with servers.run_server(servers.hearth_command(Path(folder), port), port, "/api/health") as server:
            time.sleep(1)
            alone = server.memory_mib
            tokens = [person.token for person in people]
            before, after = asyncio.run(_hold_idle(port, tokens, warm, server))
    return {
        "process_mib": round(alone, 1),
        "kib_per_connection": round((after - before) * 1024 / connections, 1),
        "connections": connections,
    }


async def _hold_idle(port: int, tokens: list[str], warm: int, server: servers.Running) -> tuple[float, float]:
    from bench.load import Counts, connect_all

    clients, memory = [], []
    for some in (tokens[:warm], tokens[warm:]):
        plan = {"server": "hearth", "port": port, "tokens": some, "groups": [""] * len(some)}
        clients += await connect_all(plan, Counts())
        await asyncio.sleep(3)
        memory.append(server.memory_mib)
    for client in clients:
        client.transport.disconnect()
    return memory[0], memory[1]


def history(messages: int, pages: int) -> Figures:
    """Pages of 50 out of one conversation of `messages`, spread over its whole depth, one after the other."""
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as folder:
        person = asyncio.run(seed.seed_history(f"sqlite+aiosqlite:///{folder}/hearth.db", messages))
        port = servers.find_free_port()
        with servers.run_server(servers.hearth_command(Path(folder), port), port, "/api/health"):
            times = asyncio.run(_read_pages(port, person, messages, pages))
    thirds = [statistics.median(times[n * len(times) // 3 : (n + 1) * len(times) // 3]) for n in range(3)]
    return {
        **percentiles(times),
        "median_ms_new_middle_old": [round(third * 1000, 2) for third in reversed(thirds)],
        "messages": messages,
    }


async def _read_pages(port: int, person: seed.SeededUser, messages: int, pages: int) -> list[float]:
    client = socketio.AsyncSimpleClient()
    headers = {"Authorization": f"Bearer {person.token}"}
    await client.connect(f"http://127.0.0.1:{port}", headers=headers, transports=["websocket"])
    times = []
    for number in range(pages):
        query = {
            "conversation_id": person.conversation,
            "seq": 51 + (messages - 51) * number // pages,
            "direction": "before",
            "limit": 50,
        }
        begun = time.perf_counter()
        answer = await client.call("message.history", query)
        times.append(time.perf_counter() - begun)
        if len(answer["ok"]["entries"]) != 50:
            raise SystemExit("a page was not full")
    await client.disconnect()
    return times


def start_time() -> Figures:
    """Seconds from spawn to the first answer on an existing database (median of 3)."""
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as folder:
        seed.seed_now(f"sqlite+aiosqlite:///{folder}/hearth.db", 10, 10)
        times = []
        for _ in range(3):
            port = servers.find_free_port()
            with servers.run_server(
                servers.hearth_command(Path(folder), port), port, "/api/health"
            ) as server:
                times.append(server.started_in)
    return {"seconds": round(statistics.median(times), 2)}
