"""The long run behind `scripts/soak --browser`: a real browser is killed while somebody writes.

Adds a line with the figures to docs/reliability.md, also when it is bad.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.e2e.kills.run import STEPS
from tests.e2e.kills.series import open_series
from tests.faults.rig.victim import ROOT
from tests.faults.soak import describe_machine

PAGE = ROOT / "docs" / "reliability.md"
MARK = "<!-- scripts/soak --browser adds its results below this line -->"


async def kill_often(runs: int, folder: Path) -> tuple[list[str], float]:
    """Kill `runs` times at each step, by turns. Returns what was wrong, and the seconds of a run."""
    async with open_series(folder / "series") as series:
        begun = time.monotonic()
        for number in range(runs):
            for step in STEPS:
                known = len(series.wrongs)
                await series.play(step, number)
                for wrong in series.wrongs[known:]:
                    print(wrong, flush=True)
            print(f"{(number + 1) * len(STEPS)} kills, {len(series.wrongs)} wrongs", flush=True)
        return await series.judge(), (time.monotonic() - begun) / (runs * len(STEPS))


def write_result(runs: int, wrongs: list[str], seconds: float) -> str:
    """Add a line to the table on the page and return it."""
    verdict = "none" if not wrongs else f"{len(wrongs)}: " + "; ".join(wrongs[:3])
    each = f"{runs} × {len(STEPS)}"
    cells = (f"{datetime.now(UTC):%Y-%m-%d}", describe_machine(), each, f"{seconds:.1f} s", verdict)
    line = f"| {' | '.join(cells)} |"
    before, mark, after = PAGE.read_text(encoding="utf-8").partition(MARK)
    assert mark
    table, gap, rest = after.lstrip("\n").partition("\n\n")
    PAGE.write_text(f"{before}{mark}\n\n{table.rstrip()}\n{line}\n{gap[1:]}{rest}", encoding="utf-8")
    return line


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/soak --browser", description=__doc__)
    parser.add_argument("--runs", type=int, default=50, help="kills at each step; default 50")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hearth-kills-") as folder:
        wrongs, seconds = asyncio.run(kill_often(options.runs, Path(folder)))
    for wrong in wrongs[:50]:
        print(wrong)
    print(write_result(options.runs, wrongs, seconds))
    return 1 if wrongs else 0


if __name__ == "__main__":
    sys.exit(main())
