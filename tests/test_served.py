"""The tests' own servers: when what starts them is dead, it says why."""

from pathlib import Path

import pytest

from tests.faults.rig.victim import Victim
from tests.served import Forker


def test_a_dead_forker_says_what_it_printed(tmp_path: Path) -> None:
    forker = Forker("tests.no_forker")
    try:
        for _ in range(2):
            with pytest.raises(AssertionError, match=r"(?s)has ended with 1:.*No module named"):
                forker.tell({"arguments": ["serve"], "log": str(tmp_path / "log")})
    finally:
        forker.end()


async def test_a_victim_whose_forker_is_dead_says_so(tmp_path: Path) -> None:
    victim = Victim(tmp_path / "data", environment={"PYTHONHOME": "/nowhere"}, is_forked=True)
    try:
        with pytest.raises(AssertionError, match=r"(?s)has ended with 1:.*PYTHONHOME = '/nowhere'"):
            await victim.start()
    finally:
        victim.close()
