"""What one conversation comes to after a restore holds up no other."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hearth.client.conversations.live import Live
from hearth.client.keys.kept import KeptConversation, KeptHead
from hearth.client.problems import Disconnected, Problem, to_error
from hearth.client.restored import after
from hearth.client.restored.after import RETRY_SECONDS, AfterRestore
from hearth.client.restored.known import Known, KnownEpoch
from hearth.errors import NotFound, NotSignedIn
from hearth.sealed.core.verdicts import Verdict
from hearth.sealed.group.check import Where
from hearth.sealed.person.keyring import EpochId, EpochRow
from hearth.sealed.person.people import People
from hearth.sync.contract import Restore

MAY_DAY = datetime(2026, 5, 1, 12, tzinfo=UTC)
KEYS = ("a" * 32, "b" * 32, "c" * 32)


class Server:
    """Takes everything back but what `faults` says of a conversation; `given` are those that were tried."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.faults: dict[str, Exception] = {}
        self.given: list[str] = []
        known = {key: Known(KeptHead(2, b"h" * 32)) for key in KEYS}
        monkeypatch.setattr(after, "gather", lambda *_: known)
        monkeypatch.setattr(after, "_list_heads", self.list_heads)
        monkeypatch.setattr(after, "give_back", self.give_back)
        monkeypatch.setattr(after, "return_pins", self.list_heads)

    async def list_heads(self, *_: object) -> dict[str, KeptHead]:
        return {}

    async def give_back(self, _room: object, key: str, _known: Known) -> None:
        self.given.append(key)
        if key in self.faults:
            raise self.faults[key]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    return Server(monkeypatch)


@pytest.fixture
def room() -> Any:
    keys = SimpleNamespace(databases=["before"], conversations={}, vault_version=3)
    replica = SimpleNamespace(generation="now", lost={}, conversations={}, restored=None)
    file = SimpleNamespace(state=SimpleNamespace(keys=keys), save=lambda: None)
    chain = SimpleNamespace(state=SimpleNamespace(vault=SimpleNamespace(version=3)))
    own = SimpleNamespace(keys=keys, file=file, chain=chain, seeds={})
    lives = {key: SimpleNamespace(key=key, stopped=None) for key in KEYS}
    return SimpleNamespace(own=own, replica=replica, database="now", lives={}, open=lives.__getitem__)


@pytest.fixture
def restored(room: Any) -> AfterRestore:
    return AfterRestore(cast(Any, room.own.file), cast(Any, room.replica))


@pytest.mark.parametrize("code", ["not_found", "not_accepted", "a_new_one"])
async def test_what_is_answered_about_one_conversation_ends_nothing(
    server: Server, room: Any, restored: AfterRestore, code: str
) -> None:
    server.faults[KEYS[1]] = to_error(Problem(code=code))
    await restored.look(room)
    assert server.given == [*KEYS]
    assert not restored.is_due and restored.next_in() is None


@pytest.mark.parametrize("code", ["chain_moved", "limit_reached", "internal"])
async def test_what_may_pass_is_tried_again(
    server: Server, room: Any, restored: AfterRestore, code: str
) -> None:
    server.faults = {key: to_error(Problem(code=code)) for key in KEYS[:2]}
    await restored.look(room)
    assert server.given == [*KEYS] and restored.next_in() == RETRY_SECONDS
    server.faults = {KEYS[0]: NotFound()}
    await restored.try_again(room)
    assert server.given == [*KEYS, *KEYS[:2]] and restored.next_in() is None


async def test_while_the_server_takes_nothing_more_all_wait_and_the_keys_are_free(
    server: Server, room: Any, restored: AfterRestore, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside = list[str]()
    monkeypatch.setattr(after, "set_aside", lambda _room, live, _known, _common: aside.append(live.key))
    server.faults[KEYS[0]] = to_error(Problem(code="too_many_requests", retry_after=7200.0))
    async with asyncio.timeout(5):
        await restored.look(room)
        await restored.try_again(room)
    assert server.given == [KEYS[0]] and aside == [*KEYS[1:]]
    assert not restored.is_due and 7190 < (restored.next_in() or 0) <= 7200
    server.faults, now = {}, asyncio.get_running_loop().time()
    monkeypatch.setattr(after, "_now", lambda: now + 7201)
    await restored.try_again(room)
    assert sorted(server.given[1:]) == [*KEYS] and restored.next_in() is None


async def test_what_only_the_keyring_lost_is_brought_back(
    server: Server, room: Any, restored: AfterRestore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others have given back everything else by now; b's seeds were in the backup."""
    epoch = KnownEpoch(cast(Any, SimpleNamespace(hash=b"h" * 32)), 5, b"s" * 32)
    head = KeptHead(2, b"h" * 32)
    monkeypatch.setattr(after, "gather", lambda *_: {key: Known(head, epochs={2: epoch}) for key in KEYS[:2]})

    async def list_heads(*_: object) -> dict[str, KeptHead]:
        return dict.fromkeys(KEYS, head)

    monkeypatch.setattr(after, "_list_heads", list_heads)
    room.own.seeds[EpochId(bytes.fromhex(KEYS[1]), 2)] = [EpochRow(b"h" * 32, b"s" * 32)]
    await restored.look(room)
    assert server.given == [KEYS[0]]


async def test_those_that_wait_take_turns(
    server: Server, room: Any, restored: AfterRestore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(after, "TRIED_AGAIN", 1)
    server.faults = {key: to_error(Problem(code="chain_moved")) for key in KEYS}
    await restored.look(room)
    for _ in range(4):
        await restored.try_again(room)
    assert server.given == [*KEYS, *KEYS, KEYS[0]]


@pytest.mark.parametrize("error", [NotSignedIn(), Disconnected()])
async def test_the_end_of_a_session_or_connection_forgets_nothing(
    server: Server, room: Any, restored: AfterRestore, error: Exception
) -> None:
    server.faults[KEYS[1]] = error
    with pytest.raises(type(error)):
        await restored.look(room)
    assert restored.is_due
    server.faults, server.given = {}, []
    await restored.look(room)
    assert server.given == [*KEYS] and not restored.is_due


WHEN = "the server was restored on 2026-05-02 10:00 UTC from a backup"
MAY = "if the password was changed since, the old one works again; change it"
IS = "the password or recovery key set since is lost, and the one before works again; change it"


@pytest.mark.parametrize(
    ("version", "backup_at", "said"),
    [
        (3, None, f"the server was restored on 2026-05-02 10:00 UTC from a backup: {MAY}"),
        (
            2,
            MAY_DAY,
            f"the server was restored on 2026-05-02 10:00 UTC from a backup of 2026-05-01 12:00 UTC: {IS}",
        ),
    ],
)
async def test_whose_older_password_works_again_is_told_once(
    server: Server,
    room: Any,
    restored: AfterRestore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    version: int,
    backup_at: datetime | None,
    said: str,
) -> None:
    """`version` is the vault's in the backup; the device knew version 3, which goes with the chain."""

    async def look_at_people(at: Any, _before: object) -> None:
        at.own.keys.vault_version = 0

    monkeypatch.setattr(after, "look_at_people", look_at_people)
    room.replica.restored = Restore(at=MAY_DAY + timedelta(hours=22), backup_at=backup_at)
    room.own.chain.state.vault.version = version
    server.faults[KEYS[1]] = Disconnected()
    with pytest.raises(Disconnected):
        await restored.look_at_people(room)
        await restored.look(room)
    server.faults = {}
    for _ in range(2):
        await restored.look_at_people(room)
        await restored.look(room)
    assert [one.getMessage() for one in caplog.records if one.name == after.__name__] == [said]


def tell(room: Any, generation: str) -> None:
    """Let the server say that it was restored again."""
    room.replica.generation = room.database = generation
    room.lives = {}


async def test_what_rollback_has_stopped_is_judged_anew_by_all_that_was_known(
    server: Server, room: Any, restored: AfterRestore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a server denied once it may give back after the next restore; nothing else lets it off."""
    denied = {KEYS[0]: Known(KeptHead(2, b"h" * 32), {5: b"p" * 32}, until=1, stays_lost=2)}
    monkeypatch.setattr(after, "gather", lambda *_: dict(denied))
    room.open(KEYS[0]).stopped = Verdict.ROLLBACK
    room.own.keys.conversations = {
        KEYS[0]: KeptConversation(stopped="rollback"),
        KEYS[1]: KeptConversation(stopped="fork"),
    }
    await restored.look(room)
    room.own.keys.conversations[KEYS[0]] = KeptConversation(stopped="rollback")
    monkeypatch.setattr(after, "gather", lambda *_: {KEYS[0]: Known(KeptHead(1, b"o" * 32))})
    given = list[Known]()

    async def give_back(_room: object, _key: str, known: Known) -> None:
        given.append(known)

    monkeypatch.setattr(after, "give_back", give_back)
    await restored.look(room)
    assert given == [] and room.own.keys.conversations[KEYS[0]].stopped == "rollback", "not by itself"
    tell(room, "another")
    await restored.look(room)
    (known,) = given
    assert (known.head, known.places) == (denied[KEYS[0]].head, denied[KEYS[0]].places)
    assert known.until > 1 and known.stays_lost is None
    stopped = {key: one.stopped for key, one in room.own.keys.conversations.items()}
    assert stopped == {KEYS[0]: None, KEYS[1]: "fork"}
    room.open(KEYS[0]).stopped, given[:] = None, []
    tell(room, "the third")
    await restored.look(room)
    tell(room, "the fourth")
    await restored.look(room)
    assert [one.head.n for one in given] == [2, 1], "what was given back is known by what is there"


async def test_what_another_database_has_again_is_denied_no_more(
    server: Server, room: Any, restored: AfterRestore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a later restore is judged by what was known long before it, and newer epochs stay lost."""
    key, given, heads = KEYS[0], list[Known](), dict[str, KeptHead]()

    async def list_heads(*_: object) -> dict[str, KeptHead]:
        return heads

    async def give_back(_room: object, _key: str, known: Known) -> None:
        given.append(known)

    monkeypatch.setattr(after, "_list_heads", list_heads)
    monkeypatch.setattr(after, "give_back", give_back)
    for generation, n, shown, stopped in (
        ("now", 2, 1, Verdict.ROLLBACK),
        ("another", 1, 2, None),
        ("the third", 5, 4, None),
    ):
        tell(room, generation)
        monkeypatch.setattr(after, "gather", lambda *_, n=n: {key: Known(KeptHead(n, b"h" * 32))})
        heads[key] = KeptHead(shown, b"h" * 32)
        room.open(key).stopped = stopped
        await restored.look(room)
    assert [known.head.n for known in given] == [2, 5]


@pytest.mark.parametrize(
    ("shown", "kept"),
    [
        ([], None),
        ([Verdict.ROLLBACK], Verdict.ROLLBACK),
        ([Verdict.FORK, Verdict.ROLLBACK], Verdict.FORK),
        ([Verdict.ROLLBACK, Verdict.FORK], Verdict.FORK),
    ],
)
def test_a_fork_is_not_forgotten_over_a_rollback(shown: list[Verdict], kept: Verdict | None) -> None:
    """Else whoever was caught shows an older state, and then says that there was a restore."""
    server, group = b"s" * 16, b"g" * 16
    live = Live(Where(server, group, 1), People(server), frozenset())
    for verdict in shown:
        live.sealing.stop(verdict)
    assert live.stopped is kept
