"""The long run behind `scripts/soak`: six friends talk without a pause while fault after fault befalls them.

Ends with the judge's verdict and adds a line with the figures to docs/reliability.md, also when it is bad.
"""

import argparse
import asyncio
import contextlib
import os
import platform
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import hearth.db.sqlite as sqlite
from tests.faults.rig import bot
from tests.faults.rig.oracle import Report, quantile
from tests.faults.rig.play import Play, open_play
from tests.faults.rig.proxy import Proxy, open_proxy
from tests.faults.rig.strace import attach
from tests.faults.rig.victim import ROOT, Victim, run_victim

PAGE = ROOT / "docs" / "reliability.md"
MARK = "<!-- scripts/soak adds its results below this line -->"
CAST = {"users": 6, "extra": 2, "late": 1}
CALM = (0.5, 4.0)
"""Seconds between two faults."""


class Storm:
    """All faults that one node can suffer, one after the other."""

    def __init__(self, play: Play, victim: Victim, proxy: Proxy, clock: Path) -> None:
        self._play, self._victim, self._proxy, self._clock = play, victim, proxy, clock
        self.counts: Counter[str] = Counter()
        self.absences: list[float] = []
        self.peak = 0
        self.kinds: dict[Callable[[], Awaitable[None]], int] = {
            self.kill: 60,
            self.stand_still: 3,
            self.cut_connections: 8,
            self.freeze_network: 4,
            self.swallow_answers_and_kill: 6,
            self.fill_disk: 6,
            self.fail_flushes: 3,
            self.move_clock: 6,
            self.read_for_long: 3,
            self.restart_device: 6,
            self.restart_gently: 3,
        }
        if shutil.which("strace") is None:
            del self.kinds[self.fail_flushes]

    async def rage(self, seconds: float) -> None:
        """Let faults come until the time is over."""
        deadline = time.monotonic() + seconds
        told = time.monotonic()
        while time.monotonic() < deadline:
            (fault,) = random.choices(list(self.kinds), list(self.kinds.values()))
            await fault()
            self.counts[getattr(fault, "__name__", "fault")] += 1
            await self._play.wait_for_acks(random.randint(1, 40), seconds=120)
            self.peak = max(self.peak, self._victim.sample().rss)
            await asyncio.sleep(random.uniform(*CALM))
            if time.monotonic() - told > 60:
                told = time.monotonic()
                left = (deadline - told) / 60
                print(
                    f"{self._play.acked} acked, {self._victim.kills} kills, {left:.0f} min left", flush=True
                )

    async def kill(self) -> None:
        await self._victim.kill()
        self.absences.append(await self._victim.start())

    async def restart_gently(self) -> None:
        self._victim.signal(signal.SIGTERM)
        await self._victim.wait_for_end()
        await self._victim.start()

    async def stand_still(self) -> None:
        self._victim.signal(signal.SIGSTOP)
        await asyncio.sleep(random.uniform(1, 12))
        self._victim.signal(signal.SIGCONT)

    async def cut_connections(self) -> None:
        self._proxy.cut_all()

    async def freeze_network(self) -> None:
        self._proxy.freeze()
        await asyncio.sleep(random.uniform(1, 30))
        self._proxy.cut_all()
        self._proxy.thaw()

    async def swallow_answers_and_kill(self) -> None:
        self._proxy.swallows_answers = True
        await asyncio.sleep(random.uniform(0.1, 1))
        await self.kill()
        self._proxy.cut_all()
        self._proxy.swallows_answers = False

    async def fill_disk(self) -> None:
        resource.prlimit(self._victim.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        await asyncio.sleep(random.uniform(0.2, 3))
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(self._victim.pid, resource.RLIMIT_FSIZE, unlimited)

    async def fail_flushes(self) -> None:
        inject = ("-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO")
        async with attach(self._victim, Path(os.devnull), *inject):
            await asyncio.sleep(random.uniform(0.2, 2))

    async def move_clock(self) -> None:
        self._clock.write_text(str(random.choice([0, 0, 7200, -7200, random.randint(-3600, 3600)])))

    async def read_for_long(self) -> None:
        path = self._victim.data / "hearth.db"
        with contextlib.closing(sqlite.LIBRARY.connect(str(path), isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM message").fetchone()
            await asyncio.sleep(random.uniform(1, 10))
            reader.execute("ROLLBACK")

    async def restart_device(self) -> None:
        """A program that only listens dies and is started again from its device file."""
        device = random.choice(self._play.devices[CAST["users"] : CAST["users"] + CAST["extra"]])
        await device.go()
        await asyncio.sleep(random.uniform(0, 3))
        await device.come_again()


async def soak(minutes: float, rate: float, folder: Path) -> tuple[Report, Storm, int]:
    clock = folder / "clock"
    clock.write_text("0")
    environment = {"HEARTH_TEST_CLOCK": str(clock)}
    async with (
        run_victim(folder / "data", is_forked=True, environment=environment) as victim,
        open_proxy(victim.port) as proxy,
        open_play(victim, folder / "journals", proxy, **CAST) as play,
    ):
        storm = Storm(play, victim, proxy, clock)
        await play.talk_while(lambda: storm.rage(minutes * 60), rate=rate)
        return await play.judge(), storm, victim.kills


def describe_machine() -> str:
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    version = sqlite.LIBRARY.sqlite_version
    return (
        f"{os.cpu_count()} cores, {gigabytes:.0f} GiB, {platform.system()} "
        f"{platform.release().split('-')[0]}, Python {platform.python_version()}, SQLite {version}"
    )


def write_result(minutes: float, report: Report, storm: Storm, kills: int) -> str:
    """Add a line to the page and return it."""
    others = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in sorted(storm.counts.items()))
    verdict = "none" if not report.violations else "; ".join(map(str, report.violations[:3]))
    bound = 3 / report.acked if report.acked else 1.0
    waits = f"{quantile(report.latencies, 0.5):.2f} s / {quantile(report.latencies, 0.99):.1f} s"
    cells = (
        *(
            f"{datetime.now(UTC):%Y-%m-%d}",
            describe_machine(),
            f"{minutes:g} min",
            f"{report.acked:,}",
            kills,
        ),
        *(others, f"{report.received:,}", waits, f"{quantile(storm.absences, 0.5):.2f} s"),
        *(f"{storm.peak / 2**20:.0f} MiB", verdict, f"< {bound:.1e}"),
    )
    line = f"| {' | '.join(map(str, cells))} |"
    page = PAGE.read_text(encoding="utf-8")
    assert MARK in page
    PAGE.write_text(page.rstrip("\n") + "\n" + line + "\n", encoding="utf-8")
    return line


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60, help="how long; default 60")
    parser.add_argument("--rate", type=float, default=200, help="messages a second to aim at; default 200")
    parser.add_argument("--keep", type=Path, help="keep database, journals and log in this directory")
    options = parser.parse_args()
    bot.PATIENCE = 900.0
    with tempfile.TemporaryDirectory(prefix="hearth-soak-") as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        report, storm, kills = asyncio.run(soak(options.minutes, options.rate, folder))
    print(report)
    for violation in report.violations[:50]:
        print(violation)
    print(write_result(options.minutes, report, storm, kills))
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
