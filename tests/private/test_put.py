"""Private rows are put by version, by one's own listed devices, and never more than there is room for."""

import asyncio

import pytest

from hearth.contract import Users
from hearth.errors import LimitReached, NotFound, TooManyRequests
from hearth.private.contract import ListPrivateRows, NewPrivateRow, PrivateRowsChanged, PutPrivateRows
from hearth.private.rules import MOST_VERSIONS, RowMoved
from hearth.vault.rules import GenerationMoved, NotAccepted
from tests.directory.conftest import Home, MakeHome
from tests.private.conftest import SHORTEST, make_row, names_of


async def test_a_row_is_put_and_replaced(alice: Home) -> None:
    first, other = make_row(1), make_row(2)
    taken = await alice.stage.run(alice.phone, PutPrivateRows(rows=[first, other]))
    assert taken.position == 2
    second = make_row(1, before=1, version=2)
    assert (await alice.stage.run(alice.phone, PutPrivateRows(rows=[second]))).position == 3
    page = await alice.stage.run(alice.phone, ListPrivateRows())
    assert names_of(page.rows) == [(2, 2, 1), (3, 1, 2)]
    assert page.rows[1].sealed == second.sealed


async def test_a_repeat_is_answered_as_before_and_tells_nobody(alice: Home) -> None:
    command = PutPrivateRows(rows=[make_row(1), make_row(2)])
    taken = await alice.stage.run(alice.phone, command)
    alice.stage.clear()
    await alice.run(alice.owner.renew(alice.id))
    alice.stage.clear()
    assert await alice.stage.run(alice.phone, command) == taken, "also when the generation is another one"
    assert alice.stage.published == []


async def test_what_took_its_place_is_not_replaced_unseen(alice: Home) -> None:
    """All of a request or nothing of it."""
    await alice.stage.run(alice.phone, PutPrivateRows(rows=[make_row(1)]))
    await alice.stage.run(alice.phone, PutPrivateRows(rows=[make_row(1, before=1, version=5)]))
    for wrong in (make_row(1), make_row(1, before=1, version=6), make_row(2, before=1, version=2)):
        with pytest.raises(RowMoved):
            await alice.stage.run(alice.phone, PutPrivateRows(rows=[make_row(3), wrong]))
    page = await alice.stage.run(alice.phone, ListPrivateRows())
    assert names_of(page.rows) == [(2, 1, 5)]


async def test_of_two_devices_at_once_one_is_next(alice: Home) -> None:
    laptop = await alice.adds()
    for version in range(1, 5):
        row = {"before": version - 1, "version": version}
        outcomes = await asyncio.gather(
            alice.stage.run(alice.phone, PutPrivateRows(rows=[make_row(1, **row)])),
            alice.stage.run(laptop, PutPrivateRows(rows=[make_row(1, **row)])),
            return_exceptions=True,
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["PrivateTaken", "RowMoved"]


@pytest.mark.parametrize(
    "row",
    [
        make_row(0),
        make_row(1, kind=6),
        make_row(1, sealed=b"\2" + bytes(SHORTEST - 1)),
        make_row(1, sealed=b"\1" + bytes(SHORTEST)),
        make_row(1, before=3, version=3),
        make_row(1, version=MOST_VERSIONS + 1),
    ],
    ids=["no place", "preferences of a place", "another format", "not padded", "not above", "far above"],
)
async def test_what_has_not_the_form_of_a_row(alice: Home, row: NewPrivateRow) -> None:
    with pytest.raises(NotAccepted) as refused:
        await alice.stage.run(alice.phone, PutPrivateRows(rows=[row]))
    assert refused.value.fields == {"verdict": "malformed"}


async def test_one_name_stands_once_in_a_request(alice: Home) -> None:
    with pytest.raises(NotAccepted):
        await alice.stage.run(alice.phone, PutPrivateRows(rows=[make_row(1), make_row(1)]))


async def test_rows_come_under_the_newest_generation(alice: Home) -> None:
    await alice.run(alice.owner.renew(alice.id))
    for g in (1, 3):
        with pytest.raises(GenerationMoved):
            await alice.stage.run(alice.phone, PutPrivateRows(rows=[make_row(1, g=g)]))
    await alice.stage.run(alice.phone, PutPrivateRows(rows=[make_row(1, g=2)]))


async def test_a_device_that_is_not_listed_neither_puts_nor_reads(alice: Home) -> None:
    await alice.stage.run(alice.phone, PutPrivateRows(rows=[make_row(1)]))
    laptop = await alice.signs_in()
    for command in (PutPrivateRows(rows=[make_row(2)]), ListPrivateRows()):
        with pytest.raises(NotFound):
            await alice.stage.run(laptop, command)


async def test_only_ones_own_rows_are_seen_and_only_ones_own_devices_told(
    alice: Home, make_home: MakeHome
) -> None:
    bob = await (await make_home("bob")).sets_up()
    alice.stage.clear()
    await alice.stage.run(alice.phone, PutPrivateRows(rows=[make_row(1)]))
    assert alice.stage.published == [(PrivateRowsChanged(position=1), Users((alice.owner.user,)))]
    await bob.stage.run(bob.phone, PutPrivateRows(rows=[make_row(1)]))
    for home in (alice, bob):
        page = await home.stage.run(home.phone, ListPrivateRows())
        assert names_of(page.rows) == [(1, 1, 1)]


async def test_a_full_house(alice: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of an older generation give way, the longest unchanged first, but none that is put just then."""
    monkeypatch.setattr("hearth.private.put.MOST_ROWS", 4)
    await alice.stage.run(alice.phone, PutPrivateRows(rows=[make_row(place) for place in (1, 2, 3, 4)]))
    with pytest.raises(LimitReached):
        await alice.stage.run(alice.phone, PutPrivateRows(rows=[make_row(5)]))
    await alice.run(alice.owner.renew(alice.id))
    again = [make_row(1, before=1, version=2, g=2), make_row(5, g=2)]
    await alice.stage.run(alice.phone, PutPrivateRows(rows=again))
    page = await alice.stage.run(alice.phone, ListPrivateRows())
    assert names_of(page.rows) == [(3, 3, 1), (4, 4, 1), (5, 1, 2), (6, 5, 1)]
    three = [make_row(place, g=2) for place in (6, 7, 8)]
    with pytest.raises(LimitReached):
        await alice.stage.run(alice.phone, PutPrivateRows(rows=three))
    await alice.stage.run(alice.phone, PutPrivateRows(rows=three[:2]))
    page = await alice.stage.run(alice.phone, ListPrivateRows())
    assert names_of(page.rows) == [(5, 1, 2), (6, 5, 1), (7, 6, 1), (8, 7, 1)]


async def test_what_one_device_puts_in_a_day_is_bounded(alice: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hearth.private.put.ROWS", "3/86400s")
    await alice.stage.run(alice.phone, PutPrivateRows(rows=[make_row(place) for place in (1, 2, 3)]))
    with pytest.raises(TooManyRequests):
        await alice.stage.run(alice.phone, PutPrivateRows(rows=[make_row(4)]))


@pytest.mark.parametrize("count", [2, 60])
async def test_putting_costs_a_fixed_number_of_queries(alice: Home, count: int) -> None:
    await alice.stage.run(alice.phone, PutPrivateRows(rows=[make_row(place) for place in range(1, count)]))
    rows = [make_row(place, before=1, version=2) for place in range(1, count)]
    alice.stage.clear()
    await alice.stage.run(alice.phone, PutPrivateRows(rows=[*rows, make_row(count)]))
    assert alice.stage.queries == 8, alice.stage.statements
