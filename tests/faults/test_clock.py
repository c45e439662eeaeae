"""F08: the wall clock jumps hours ahead and back, and drifts, under a running server.

The clock is changed where the server reads it (rig/forker.py), in a process of its own: libfaketime's lock
slows a threaded server down by seconds, which would be all it shows. That no other place does is tested.
"""

import ast
from datetime import timedelta
from pathlib import Path

import pytest

from tests.faults.rig.play import Play, open_play
from tests.faults.rig.victim import ROOT, run_victim

NEVER_IN_A_SERVER = {"backups", "cli", "client", "doctor"}
MAY_READ_THE_CLOCK = {"clock.py", "announcement.py", "authority.py", "db/server.py"}
"""The one place; what is printed at the start; what runs before it."""
WALL_CLOCKS = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}


@pytest.mark.slow
@pytest.mark.sqlite
async def test_f08_a_jumping_clock_loses_nobody_and_reorders_nothing(tmp_path: Path) -> None:
    """Two hours ahead, two back, running fast, right again: nobody is cut off, logs stay in order."""
    clock = tmp_path / "clock"
    clock.write_text("0")
    environment = {"HEARTH_TEST_CLOCK": str(clock)}
    async with (
        run_victim(tmp_path / "data", is_forked=True, environment=environment) as victim,
        open_play(victim, tmp_path / "journals") as play,
    ):
        connected = [len(bot.back_at) for bot in play.users]

        async def hurt() -> None:
            for error in (7200, -7200, *range(12), 0):
                clock.write_text(str(error))
                await play.wait_for_acks(40 if abs(error) == 7200 else 8, seconds=60)

        await play.talk_while(hurt, rate=50)
        assert await find_spread(play) > timedelta(hours=3), "the clock did not jump: the run proves nothing"
        assert [len(bot.back_at) for bot in play.users] == connected, "somebody was cut off"
        report = await play.judge()
    print(f"\nF08: {report}")
    report.require_clean()


async def find_spread(play: Play) -> timedelta:
    """Between the earliest and the latest timestamp that messages were given."""
    pages = [await play.users[0].client.history(name, limit=100) for name in play.users[0].peers]
    times = [message.timestamp for page in pages for message in page]
    return max(times) - min(times)


def test_the_server_reads_the_wall_clock_in_one_place() -> None:
    found = set()
    for path in (ROOT / "hearth").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in WALL_CLOCKS:
                found.add(path.relative_to(ROOT / "hearth"))
    in_server = {path.as_posix() for path in found if path.parts[0] not in NEVER_IN_A_SERVER}
    assert in_server <= MAY_READ_THE_CLOCK
