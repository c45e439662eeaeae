"""Large keyrings go by and by: a reset or a deletion takes no longer for them than for small ones."""

import secrets

import pytest

from hearth.accounts.contract import DeleteAccount
from hearth.directory.contract import Renew
from hearth.vault.clean_up import drop_gone_rows
from hearth.vault.contract import AppendRows, ListRows, NewRow
from tests.directory.conftest import Home, MakeHome
from tests.security.conftest import dump

ROWS = 47


@pytest.fixture(autouse=True)
def _few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hearth.vault.rows_store.DROPPED_AT_ONCE", 10)
    monkeypatch.setattr("hearth.vault.clean_up.PAUSE", 0)


def make_rows(count: int) -> list[NewRow]:
    return [
        NewRow(g=1, kind=1, id=secrets.token_bytes(16) + bytes(8), sealed=b"\1" + secrets.token_bytes(60))
        for _ in range(count)
    ]


async def count_stored(home: Home) -> int:
    tables = await dump(home.stage.services)
    return len([row for row in tables["keyring_row"] if row[0] == home.owner.user])


async def test_a_reset_takes_few_rows_at_once_and_none_of_the_old_is_read(alice: Home) -> None:
    rows = make_rows(ROWS)
    await alice.run(AppendRows(rows=rows))
    link = await alice.gets_link()
    await alice.run(alice.owner.reset(alice.id, link, b"r" * 32))
    assert await count_stored(alice) == 1 + ROWS - 10 + 1
    page = await alice.stage.run(alice.phone, ListRows())
    assert [(row.position, row.kind) for row in page.rows] == [(ROWS + 2, 4)], "that of the new receive seed"
    taken = await alice.stage.run(alice.phone, AppendRows(rows=[rows[-1], *make_rows(3)]))
    assert taken.position == ROWS + 5
    await drop_gone_rows(alice.stage.services.database)
    assert await count_stored(alice) == 4
    page = await alice.stage.run(alice.phone, ListRows(after=3))
    assert [row.position for row in page.rows] == [ROWS + 2, ROWS + 3, ROWS + 4, ROWS + 5]


async def test_a_deletion_leaves_nothing_within_the_hour(alice: Home, make_home: MakeHome) -> None:
    bob = await (await make_home("bob")).sets_up()
    await alice.run(AppendRows(rows=make_rows(ROWS)))
    await alice.stage.run(alice.phone, DeleteAccount(auth_key=alice.owner.auth_key))
    assert await count_stored(alice) == ROWS + 1 - 10
    await drop_gone_rows(alice.stage.services.database)
    assert await count_stored(alice) == 0
    assert await count_stored(bob) == 1
    await bob.run(Renew(receive=bob.owner.receive(bob.id), rows=[bob.owner.receive_row()]))


async def test_who_has_reset_twice_before_the_rows_are_gone(alice: Home) -> None:
    await alice.run(AppendRows(rows=make_rows(ROWS)))
    for key in (b"r" * 32, b"s" * 32):
        await alice.run(alice.owner.reset(alice.id, await alice.gets_link(), key))
        alice.stage.clock.advance(3600)
    page = await alice.stage.run(alice.phone, ListRows())
    assert [row.position for row in page.rows] == [ROWS + 3]
    await drop_gone_rows(alice.stage.services.database)
    assert await count_stored(alice) == 1
