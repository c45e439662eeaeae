"""Private rows as devices of one person keep them: nothing is lost to another device, or to a server that
shows less than it had.
"""

from collections.abc import Callable
from typing import Any

import pytest

from hearth.client.crypto import private
from hearth.client.crypto.private import NOWHERE, PrivateKind, PrivatePlace, seal_private
from hearth.client.keys.own import Own
from hearth.client.keys.private_rows import PrivateRows
from hearth.private.contract import (
    ListPrivateRows,
    NewPrivateRow,
    PrivatePage,
    PrivateRow,
    PrivateTaken,
    PutPrivateRows,
)
from hearth.private.rules import RowMoved
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.person.generations import Generation
from hearth.sealed.person.own_chain import OwnGeneration
from hearth.sealed.person.user_chain import NO_HASH
from hearth.vault.rules import GenerationMoved
from tests.client.alice import DEVICE, SERVER, make_file, make_owner
from tests.directory.kit import NOW

PLACE, OTHER = "0c" * 16, "0d" * 16
KEEPING, DRAFT, STARS = PrivateKind.KEEPING, PrivateKind.DRAFT, PrivateKind.STARS


def key_of(g: int) -> bytes:
    return bytes([g]) * 32


class Server:
    """Stores rows as section 11 says; `before_put` happens between a device's reading and its writing."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, str], PrivateRow] = {}
        self.position, self.g, self.puts = 0, 1, 0
        self.before_put: Callable[[], None] | None = None

    async def ask(self, command: Any, result: type[Any], /) -> Any:
        if isinstance(command, ListPrivateRows):
            rows = sorted(self.rows.values(), key=lambda row: row.position)
            found = [row for row in rows if row.position > command.after][: min(command.limit, 2)]
            return PrivatePage(rows=found, position=self.position)
        assert isinstance(command, PutPrivateRows)
        if self.before_put is not None:
            happens, self.before_put = self.before_put, None
            happens()
        for row in command.rows:
            self.judge(row)
        for row in command.rows:
            self.store(row)
        self.puts += 1
        return PrivateTaken(position=self.position)

    def judge(self, row: NewPrivateRow) -> None:
        standing = self.rows.get((row.kind, row.place))
        if row.g != self.g:
            raise GenerationMoved
        if row.before != (0 if standing is None else standing.version):
            raise RowMoved
        assert row.version > row.before

    def store(self, row: NewPrivateRow) -> None:
        self.position += 1
        self.rows[row.kind, row.place] = PrivateRow(
            position=self.position,
            kind=row.kind,
            place=row.place,
            version=row.version,
            g=row.g,
            sealed=row.sealed,
        )

    def write(self, kind: PrivateKind, fields: dict[str, Any], *, version: int, g: int = 1) -> None:
        """Store what somebody has sealed who has the key, whatever stands there."""
        place = NOWHERE.hex() if kind is PrivateKind.PREFERENCES else PLACE
        at = PrivatePlace(SERVER, 1, g, kind, bytes.fromhex(place), version)
        sealed = seal_private(key_of(g), at, fields)
        kind_of: Any = int(kind)
        self.store(NewPrivateRow(kind=kind_of, place=place, before=0, version=version, g=g, sealed=sealed))


class Kept:
    """A device's file, with the chain that it has met."""

    def __init__(self) -> None:
        self.file = make_file()
        self.owner = make_owner(self.file)
        assert self.file.state.keys is not None
        self.rows = self.file.state.keys.private


def begin(server: Server, kept: Kept | None = None, *, g: int = 1) -> PrivateRows:
    """Return a device that was started now and knows generations up to g."""
    kept = kept or Kept()
    own = Own(kept.file, server.ask)
    own.take_statements(kept.owner.statements)
    for number in range(1, g + 1):
        learn(own, kept.owner.seeds[DEVICE], number)
    return PrivateRows(own)


def learn(own: Own, seed: bytes, g: int) -> None:
    stated = own.chain.states[1]
    statement = Generation(
        SERVER, 1, g, NO_HASH, stated.head, bytes(32), bytes(32), NOW, DEVICE, extensions=()
    )
    signed = Generation.open(statement.sign(seed))
    own.generations.generations[g] = OwnGeneration(signed, key_of(g), stated)


def renew(rows: PrivateRows, g: int) -> None:
    own = rows._own
    learn(own, own.keys.sign_seed, g)


def adds(star: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda fields: fields | {"messages": sorted([*fields.get("messages", []), star])}


@pytest.fixture
def server() -> Server:
    return Server()


async def test_what_one_device_keeps_another_one_has(server: Server) -> None:
    laptop, phone = begin(server), begin(server)
    await laptop.change(KEEPING, PLACE, lambda fields: {"muted": True})
    await laptop.change(PrivateKind.PREFERENCES, NOWHERE.hex(), lambda fields: {"theme": "dark"})
    await laptop.change(KEEPING, OTHER, lambda fields: {"archived": True})
    await phone.catch_up()
    assert phone.list_kind(KEEPING) == {PLACE: {"muted": True}, OTHER: {"archived": True}}
    assert phone.find(PrivateKind.PREFERENCES, NOWHERE.hex()) == {"theme": "dark"}
    assert phone.find(STARS, PLACE) == {}


async def test_of_two_changes_at_once_none_is_lost(server: Server) -> None:
    laptop, phone = begin(server), begin(server)
    await phone.change(STARS, PLACE, adds(1))
    server.before_put = lambda: server.write(STARS, {"messages": [1, 2], "newer": "kept"}, version=2)
    await laptop.change(STARS, PLACE, adds(3))
    await phone.catch_up()
    assert phone.find(STARS, PLACE) == {"messages": [1, 2, 3], "newer": "kept"}


async def test_of_two_drafts_the_later_counts(server: Server) -> None:
    laptop = begin(server)
    server.before_put = lambda: server.write(DRAFT, {"text": "later", "time": 20}, version=1)
    stands = await laptop.change(DRAFT, PLACE, lambda fields: {"text": "earlier", "time": 10})
    assert stands["text"] == "later"
    await laptop.change(DRAFT, PLACE, lambda fields: {"text": "latest", "time": 30})
    await laptop.change(DRAFT, PLACE, lambda fields: {})
    assert laptop.list_kind(DRAFT) == {}


async def test_no_change_writes_nothing(server: Server) -> None:
    laptop = begin(server)
    await laptop.change(KEEPING, PLACE, lambda fields: fields)
    assert server.puts == 0


async def test_an_older_version_does_not_count_and_is_written_over(server: Server) -> None:
    """By a program that was started since, too; whatever database it says that it is."""
    kept = Kept()
    laptop = begin(server, kept)
    await laptop.change(KEEPING, PLACE, lambda fields: {"muted": True})
    old = dict(server.rows)
    await laptop.change(KEEPING, PLACE, lambda fields: {"muted": True, "archived": True})
    server.rows, server.position = old, 1
    for device in (laptop, begin(server, kept)):
        await device.settle()
        assert device.find(KEEPING, PLACE) == {"muted": True, "archived": True}
    assert server.rows[1, PLACE].version == 3 and server.puts == 3
    tablet = begin(server)
    await tablet.catch_up()
    assert tablet.find(KEEPING, PLACE) == {"muted": True, "archived": True}


async def test_what_is_not_there_any_more_is_written_again(server: Server) -> None:
    kept = Kept()
    laptop = begin(server, kept)
    await laptop.change(KEEPING, PLACE, lambda fields: {"muted": True})
    await laptop.change(STARS, PLACE, adds(1))
    await laptop.change(STARS, PLACE, lambda fields: {})
    server.rows = {}
    await begin(server, kept).settle()
    assert list(server.rows) == [(1, PLACE)], "and nothing is no reason to write"


async def test_a_row_that_gave_way_unseen_is_found_when_it_is_refused(server: Server) -> None:
    laptop = begin(server)
    await laptop.change(KEEPING, PLACE, lambda fields: {"muted": True})
    del server.rows[1, PLACE]
    await laptop.change(KEEPING, PLACE, lambda fields: fields | {"archived": True})
    assert server.rows[1, PLACE].version == 2
    assert laptop.find(KEEPING, PLACE) == {"muted": True, "archived": True}


async def test_a_new_generation_carries_all_rows_over(server: Server) -> None:
    laptop, phone = begin(server), begin(server)
    await laptop.change(KEEPING, PLACE, lambda fields: {"muted": True})
    await laptop.change(STARS, PLACE, adds(1))
    await phone.catch_up()
    server.g = 2
    renew(laptop, 2)
    await laptop.settle()
    assert {(row.g, row.version) for row in server.rows.values()} == {(2, 2)}
    renew(phone, 2)
    await phone.settle()
    assert server.puts == 3, "there is nothing left to do"
    assert phone.find(STARS, PLACE) == {"messages": [1]}


async def test_a_generation_that_is_not_known_yet_is_waited_for(server: Server) -> None:
    """Else what is newer would be written over by what is known."""
    laptop, phone = begin(server), begin(server)
    await laptop.change(KEEPING, PLACE, lambda fields: {"muted": True})
    await phone.catch_up()
    server.g = 2
    renew(laptop, 2)
    await laptop.change(KEEPING, PLACE, lambda fields: {"muted": False})
    await phone.settle()
    assert phone.find(KEEPING, PLACE) == {"muted": True} and server.puts == 2
    renew(phone, 2)
    await phone.settle()
    assert phone.find(KEEPING, PLACE) == {"muted": False} and server.puts == 2


async def test_what_comes_under_an_older_generation_does_not_count_beside_a_newer(server: Server) -> None:
    """Whoever was removed has the key of the one before, and the server may help."""
    laptop = begin(server, g=2)
    server.g = 2
    await laptop.change(KEEPING, PLACE, lambda fields: {"muted": True})
    server.write(KEEPING, {}, version=7, g=1)
    await laptop.settle()
    assert laptop.find(KEEPING, PLACE) == {"muted": True}
    assert (server.rows[1, PLACE].g, server.rows[1, PLACE].version) == (2, 8)


async def test_what_is_to_be_sent_counts_under_the_newest_generation_only(server: Server) -> None:
    laptop = begin(server, g=2)
    server.write(PrivateKind.SCHEDULED, {"at": 1}, version=1, g=1)
    await laptop.settle()
    assert laptop.list_kind(PrivateKind.SCHEDULED) == {} and server.puts == 0
    server.write(PrivateKind.SCHEDULED, {"at": 2}, version=2, g=2)
    await laptop.catch_up()
    assert laptop.list_kind(PrivateKind.SCHEDULED) == {PLACE: {"at": 2}}


async def test_what_does_not_open_is_no_row_and_what_is_newer_is_left_alone(server: Server) -> None:
    laptop = begin(server)
    await laptop.change(KEEPING, PLACE, lambda fields: {"muted": True})
    row = server.rows[1, PLACE]
    changed = row.sealed[:-1] + bytes([row.sealed[-1] ^ 1])
    server.store(
        NewPrivateRow(kind=1, place=PLACE, before=1, version=2, g=1, sealed=b"\x02" + row.sealed[1:])
    )
    await laptop.settle()
    assert laptop.find(KEEPING, PLACE) == {"muted": True} and server.puts == 1
    with pytest.raises(Rejected) as refused:
        await laptop.change(KEEPING, PLACE, lambda fields: {})
    assert refused.value.verdict is Verdict.UNSUPPORTED
    server.store(NewPrivateRow(kind=1, place=PLACE, before=2, version=3, g=1, sealed=changed))
    await laptop.settle()
    assert laptop.find(KEEPING, PLACE) == {"muted": True} and server.rows[1, PLACE].version == 4


async def test_half_a_pair_of_surrogates_is_kept_as_it_came(server: Server) -> None:
    """A browser can leave one in a draft: it is text of its own, and no reason to stop reading (8.4)."""
    phone = begin(server)
    server.write(PrivateKind.DRAFT, {"text": "cut \ud83d here"}, version=1)
    server.write(PrivateKind.PREFERENCES, {"theme": "dark"}, version=1)
    await phone.catch_up()
    assert phone.find(PrivateKind.DRAFT, PLACE) == {"text": "cut \ud83d here"}
    await phone.change(PrivateKind.DRAFT, PLACE, lambda fields: {**fields, "time": 1})
    laptop = begin(server)
    await laptop.catch_up()
    assert laptop.find(PrivateKind.DRAFT, PLACE) == {"text": "cut \ud83d here", "time": 1}


async def test_what_cannot_be_kept_stops_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that no double holds opens as infinity, which JSON has no word for."""
    with monkeypatch.context() as patch:
        patch.setattr(private, "write_fields", lambda _fields: b'{"pinned":1e999}')
        server.write(KEEPING, {}, version=1)
    server.write(PrivateKind.PREFERENCES, {"theme": "dark"}, version=1)
    phone = begin(server)
    await phone.settle()
    assert phone.find(KEEPING, PLACE) == {} and server.puts == 0
    assert phone.find(PrivateKind.PREFERENCES, NOWHERE.hex()) == {"theme": "dark"}


async def test_what_was_kept_before_a_reset_is_written_again(server: Server) -> None:
    kept = Kept()
    laptop = begin(server, kept)
    await laptop.change(KEEPING, PLACE, lambda fields: {"muted": True})
    await laptop.change(KEEPING, PLACE, lambda fields: {"archived": True})
    rows = kept.rows
    [(name, row)] = rows.items()
    rows[name] = type(row)(row.g, row.version, row.content, row.incarnation + 1)
    server.rows = {}
    again = begin(server, kept)
    await again.settle()
    assert again.list_kind(KEEPING) == {PLACE: {"archived": True}}
    assert [stored.version for stored in server.rows.values()] == [1]


async def test_many_rows_go_over_in_parts(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop = begin(server)
    for place in range(1, 8):
        await laptop.change(KEEPING, f"{place:032x}", lambda fields: {"muted": True})
    monkeypatch.setattr("hearth.client.keys.private_rows.MOST_IN_ONE", 3)
    server.g = 2
    renew(laptop, 2)
    await laptop.settle()
    assert server.puts == 7 + 3
    assert {row.g for row in server.rows.values()} == {2}


def test_there_is_no_room_for_more_than_a_row_holds() -> None:
    at = PrivatePlace(SERVER, 1, 1, STARS, bytes.fromhex(PLACE), 1)
    assert len(seal_private(key_of(1), at, {"text": "a" * (15_868 - 11)})) == 33 + 15_872
    with pytest.raises(Rejected):
        seal_private(key_of(1), at, {"text": "a" * (15_868 - 10)})
    with pytest.raises(Rejected):
        seal_private(key_of(1), at, {"text": float("nan")})
