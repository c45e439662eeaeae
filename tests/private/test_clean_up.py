"""What a reset or a deletion leaves behind is read by nobody, and goes by and by."""

import pytest

from hearth.accounts.contract import DeleteAccount
from hearth.private.clean_up import drop_gone_rows
from hearth.private.contract import ListPrivateRows, PutPrivateRows
from tests.directory.conftest import Home, MakeHome
from tests.private.conftest import make_row, names_of
from tests.security.conftest import dump

ROWS = 27


@pytest.fixture(autouse=True)
def _few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hearth.private.store.DROPPED_AT_ONCE", 10)
    monkeypatch.setattr("hearth.vault.clean_up.PAUSE", 0)


async def put_many(home: Home) -> None:
    rows = [make_row(place) for place in range(1, ROWS + 1)]
    await home.stage.run(home.phone, PutPrivateRows(rows=rows))


async def count_stored(home: Home) -> int:
    tables = await dump(home.stage.services)
    return len([row for row in tables["private_row"] if row[0] == home.owner.user])


async def test_a_reset_ends_the_rows_and_positions_go_on(alice: Home) -> None:
    await put_many(alice)
    await alice.run(alice.owner.reset(alice.id, await alice.gets_link(), b"r" * 32))
    assert await count_stored(alice) == ROWS - 10
    page = await alice.stage.run(alice.phone, ListPrivateRows())
    assert (page.rows, page.position) == ([], ROWS)
    rows = [make_row(1), make_row(ROWS), make_row(ROWS + 1)]
    await alice.stage.run(alice.phone, PutPrivateRows(rows=rows))
    await drop_gone_rows(alice.stage.services.database)
    assert await count_stored(alice) == 3
    page = await alice.stage.run(alice.phone, ListPrivateRows())
    assert names_of(page.rows) == [(ROWS + 1, 1, 1), (ROWS + 2, ROWS, 1), (ROWS + 3, ROWS + 1, 1)]


async def test_a_reset_makes_room(alice: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hearth.private.put.MOST_ROWS", ROWS)
    await put_many(alice)
    await alice.run(alice.owner.reset(alice.id, await alice.gets_link(), b"r" * 32))
    await put_many(alice)


async def test_a_deletion_leaves_nothing_within_the_hour(alice: Home, make_home: MakeHome) -> None:
    bob = await (await make_home("bob")).sets_up()
    await put_many(bob)
    await put_many(alice)
    await alice.stage.run(alice.phone, DeleteAccount(auth_key=alice.owner.auth_key))
    assert await count_stored(alice) == ROWS - 10
    assert alice.owner.user not in [row[0] for row in (await dump(alice.stage.services))["private_head"]]
    await drop_gone_rows(alice.stage.services.database)
    assert (await count_stored(alice), await count_stored(bob)) == (0, ROWS)
