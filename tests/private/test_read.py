"""A device reads on from where it was, and is told at every connection whether there is more."""

from hearth.private.contract import ListPrivateRows, PutPrivateRows
from hearth.sync.contract import OpenSync
from tests.directory.conftest import Home
from tests.private.conftest import make_row, names_of


async def test_pages_follow_positions(alice: Home) -> None:
    await alice.stage.run(alice.phone, PutPrivateRows(rows=[make_row(place) for place in range(1, 6)]))
    page = await alice.stage.run(alice.phone, ListPrivateRows(after=1, limit=3))
    assert (names_of(page.rows), page.position) == ([(2, 2, 1), (3, 3, 1), (4, 4, 1)], 5)
    await alice.stage.run(alice.phone, PutPrivateRows(rows=[make_row(2, before=1, version=2)]))
    page = await alice.stage.run(alice.phone, ListPrivateRows(after=4))
    assert names_of(page.rows) == [(5, 5, 1), (6, 2, 2)], "what changes between pages comes once more"


async def test_a_page_is_bounded(alice: Home) -> None:
    longest = 33 + 15_872
    rows = [make_row(place, sealed=b"\1" + bytes(longest - 1)) for place in range(1, 11)]
    await alice.stage.run(alice.phone, PutPrivateRows(rows=rows))
    page = await alice.stage.run(alice.phone, ListPrivateRows())
    assert (len(page.rows), page.position) == (6, 10)


async def test_a_connection_begins_with_the_newest_position(alice: Home) -> None:
    """Nothing is lost with an event."""
    opened = await alice.stage.run(alice.phone, OpenSync())
    assert opened.private_position == 0
    await alice.stage.run(alice.phone, PutPrivateRows(rows=[make_row(1), make_row(2)]))
    opened = await alice.stage.run(alice.phone, OpenSync())
    assert opened.private_position == 2
