"""Two devices at once: exactly one wins, the other is told what has moved, and the chain is whole."""

import asyncio
import copy

from hearth.contract import Command
from hearth.directory.rules import ChainMoved
from hearth.errors import Conflict
from hearth.vault.contract import AppendRows, ListRows, NewRow
from hearth.vault.rules import GenerationMoved
from tests.directory.conftest import Home, MakeHome
from tests.directory.kit import make_way

ROUNDS = 8


async def both(home: Home, *commands: tuple[Command, int]) -> list[object]:
    """Let devices (by place) ask at the same moment; return what became of each."""
    runs = [home.run(command, home.devices[place]) for command, place in commands]
    return list(await asyncio.gather(*runs, return_exceptions=True))


def split(outcomes: list[object]) -> tuple[int, list[type]]:
    """Return how many were taken, and the kinds of the other outcomes."""
    lost = [type(outcome) for outcome in outcomes if isinstance(outcome, BaseException)]
    return len(outcomes) - len(lost), lost


async def test_of_two_profiles_one_is_next(alice: Home) -> None:
    await alice.adds()
    for _ in range(ROUNDS):
        first, second = copy.deepcopy(alice.owner), copy.deepcopy(alice.owner)
        outcomes = await both(
            alice,
            (first.set_profile(alice.id, "One"), 0),
            (second.set_profile(alice.devices[1].device_id, "Two"), 1),
        )
        taken, lost = split(outcomes)
        assert (taken, lost) == (1, [ChainMoved])
        alice.owner = second if isinstance(outcomes[0], BaseException) else first
        assert await alice.replays() == alice.owner.state


async def test_of_two_generations_one_is_next(alice: Home) -> None:
    await alice.adds()
    for _ in range(ROUNDS):
        first, second = copy.deepcopy(alice.owner), copy.deepcopy(alice.owner)
        outcomes = await both(
            alice, (first.renew(alice.id), 0), (second.renew(alice.devices[1].device_id), 1)
        )
        taken, lost = split(outcomes)
        assert (taken, lost) == (1, [GenerationMoved])
        alice.owner = second if isinstance(outcomes[0], BaseException) else first
        alice.stage.clock.advance(3600)


async def test_a_device_is_added_while_a_generation_is_made(alice: Home) -> None:
    """Whichever is first, no device is listed without a wrap of the newest generation."""
    for _ in range(3):
        new = await alice.signs_in()
        adding, renewing = copy.deepcopy(alice.owner), copy.deepcopy(alice.owner)
        commands = (adding.add_device(new.device_id), renewing.renew(alice.id))
        outcomes = await asyncio.gather(
            alice.run(commands[0], new), alice.run(commands[1]), return_exceptions=True
        )
        taken, lost = split(list(outcomes))
        assert taken == 1 and issubclass(lost[0], Conflict)
        alice.owner = renewing if isinstance(outcomes[0], BaseException) else adding
        alice.stage.clock.advance(3600)


async def test_two_vaults_at_once(alice: Home) -> None:
    await alice.adds()
    first, second = copy.deepcopy(alice.owner), copy.deepcopy(alice.owner)
    outcomes = await both(
        alice,
        (first.change_ways(alice.id, make_way(b"1" * 32)), 0),
        (second.change_password(alice.devices[1].device_id, b"n" * 32), 1),
    )
    taken, lost = split(outcomes)
    assert (taken, lost) == (1, [ChainMoved])


async def test_the_same_request_twice_at_once_is_one(make_home: MakeHome) -> None:
    alice = await make_home("alice")
    command = alice.owner.set_up(alice.id)
    outcomes = await both(alice, (command, 0), (command, 0), (command, 0))
    assert split(outcomes) == (3, [])
    assert await alice.replays() == alice.owner.state


async def test_rows_of_many_at_once_have_positions_without_a_gap(alice: Home) -> None:
    count = 6
    commands = [
        AppendRows(
            rows=[
                NewRow(g=1, kind=2, id=bytes(8), sealed=b"\1" * 40 + bytes((asker, number)))
                for number in range(5)
            ]
        )
        for asker in range(count)
    ]
    await asyncio.gather(*(alice.stage.run(alice.phone, command) for command in commands))
    page = await alice.stage.run(alice.phone, ListRows())
    assert [row.position for row in page.rows] == list(range(1, 5 * count + 2))
