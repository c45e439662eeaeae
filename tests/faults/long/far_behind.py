"""F12 at its full size: 200 devices come back at once, each 10,000 messages behind, while two people talk.

`scripts/soak far-behind [--devices N] [--messages N]`.
"""

import argparse
import asyncio
import base64
import hashlib
import tempfile
import time
from pathlib import Path

from tests.faults.rig.bot import Bot
from tests.faults.rig.established import LIVE_P99, Established
from tests.faults.rig.oracle import quantile
from tests.faults.rig.pair import Pair, open_pair
from tests.faults.rig.play import befriend
from tests.faults.rig.reader import Reader
from tests.faults.rig.victim import run_victim

PER_USER = 40
"""Devices of one person (50 are allowed)."""


async def make_readers(pair: Pair, count: int, folder: Path) -> list[str]:
    """Sign in `count` devices of friends of alice's; return their tokens, and fill nothing yet."""
    tokens = []
    for number in range(-(-count // PER_USER)):
        name = f"reader{number}"
        reader = await Bot.register(pair.victim.url, name, folder)
        await reader.come()
        await befriend(pair.alice, reader)
        await reader.go()
        for device in range(min(PER_USER, count - number * PER_USER)):
            phone = await Bot.sign_in(pair.victim.url, name, f"phone{device}", folder)
            tokens.append(phone.client.file.state.token)
            await phone.client.close()
    return tokens


async def write(pair: Pair, to: str, count: int) -> bytes:
    """Let alice write so many messages to a friend; return the hash over all of them in order."""
    raw, digest = await pair.open(), hashlib.sha256()
    for number in range(count):
        fields = await pair.make_send(f"missed {number} by {to}" + "x" * 100, to=to)
        assert "ok" in await raw.call("message.send", fields)
        digest.update(base64.b64decode(fields["record"]))
    raw.cut()
    return digest.digest()


async def run(devices: int, messages: int, folder: Path) -> bool:
    async with run_victim(folder / "data") as victim, open_pair(victim, folder) as pair:
        tokens = await make_readers(pair, devices, folder)
        digests = [
            await write(pair, f"reader{number}", messages) for number in range(-(-devices // PER_USER))
        ]
        print(f"{len(digests)} conversations of {messages} messages are written", flush=True)
        readers = [Reader(victim, token) for token in tokens]
        established, begun = Established(pair), time.monotonic()
        before = victim.sample().rss
        async with established.talking():
            await asyncio.gather(*(reader.come(messages) for reader in readers))
            took = time.monotonic() - begun
        right = sum(
            reader.digest.digest() == digests[number // PER_USER] for number, reader in enumerate(readers)
        )
        times, grown = established.times, (victim.sample().rss - before) / 2**20
        p99 = quantile(times, 0.99)
        print(
            f"F12: {devices} devices fetched {messages} messages each in {took:.0f} s "
            f"({devices * messages / took:.0f} a second), {right} of them all and in order; others' p50 "
            f"{quantile(times, 0.5):.3f} s, p99 {p99:.3f} s, most {max(times):.2f} s of {len(times)}, "
            f"{established.faults} faults; {grown:.0f} MiB more"
        )
        return right == devices and p99 <= LIVE_P99


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/soak far-behind", description=__doc__)
    parser.add_argument("--devices", type=int, default=200)
    parser.add_argument("--messages", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hearth-behind-") as folder:
        return 0 if asyncio.run(run(options.devices, options.messages, Path(folder))) else 1


if __name__ == "__main__":
    raise SystemExit(main())
