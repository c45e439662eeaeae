"""What of a conversation a restored server may have lost, and what it must not say of it."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from hearth.client.conversations.fetch import learn_seeds
from hearth.client.conversations.room import Room
from hearth.client.keys.kept import KeptConversation, KeptHead
from hearth.client.problems import Problem, to_error
from hearth.client.restored import give_back as module
from hearth.client.restored.give_back import MOST_TRIES, give_back, set_aside
from hearth.client.restored.known import Known, KnownEpoch
from hearth.client.restored.offer import Refused
from hearth.errors import HearthError
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group.epoch import NO_HASH, Action, Kind
from hearth.sealed.person.keyring import EpochId, EpochRow

KEY, LEFT = "a" * 32, b"l" * 32


def make_epoch(action: Action, kind: Kind = Kind.GROUP, cause: bytes = NO_HASH, n: int = 2) -> Any:
    targets = [SimpleNamespace(user=3, cause=cause)]
    record = SimpleNamespace(n=n, action=action, kind=kind, targets=targets)
    return SimpleNamespace(hash=b"h" * 32, record=record)


class Live:
    """A conversation of user 1 and 2 whose epochs up to `newest_n` the server shows."""

    def __init__(self, newest_n: int, hashes: dict[int, bytes] | None = None, seq: int = 9) -> None:
        self.key, self.newest_n, self.stopped = KEY, newest_n, None
        self.where = SimpleNamespace(conversation=bytes.fromhex(KEY))
        shown = {n: b"h" * 32 for n in range(1, newest_n + 1)} | (hashes or {})
        known = {n: SimpleNamespace(epoch=SimpleNamespace(hash=one)) for n, one in shown.items()}
        self.epochs = SimpleNamespace(known=known)
        self.told = dict.fromkeys(known, SimpleNamespace(seq=seq))
        self.users = {1, 2}

    def members(self) -> set[int]:
        return self.users


class FakeRoom:
    def __init__(self, live: Live) -> None:
        self.live, self.verdict = live, cast(Verdict | None, None)
        self.spare = dict[EpochId, EpochRow]()
        keys = SimpleNamespace(conversations={})
        self.own = SimpleNamespace(user=1, keys=keys, file=SimpleNamespace(save=lambda: None))

    def open(self, key: str) -> Live:
        return self.live

    def kept(self, key: str) -> KeptConversation:
        kept: KeptConversation = self.own.keys.conversations.get(key, KeptConversation())
        return kept

    def stop(self, live: Live, rejected: Rejected) -> None:
        self.verdict = rejected.verdict


class Answers:
    """Stands for one attempt: refuses epoch 2 with these codes, then takes what is left."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *codes: str, n: int | None = 2) -> None:
        self.errors, self.n, self.tries = [to_error(Problem(code=code)) for code in codes], n, 0
        monkeypatch.setattr(module, "_give_back", self.give)

    async def give(self, _room: Room, _live: Live, known: Known) -> None:
        self.tries += 1
        if self.errors and known.stays_lost is None:
            raise Refused(self.n, self.errors.pop(0))


async def judge(known: Known, live: Live | None = None) -> Verdict | None:
    room = FakeRoom(live or Live(1))
    await give_back(cast(Any, room), KEY, known)
    return room.verdict


HONEST = [
    ("not_friends", make_epoch(Action.ADD)),
    ("not_friends", make_epoch(Action.ROTATE, Kind.DIRECT)),
    ("leave_lost", make_epoch(Action.REMOVE, cause=LEFT)),
]
HOSTILE = [
    ("not_restored", make_epoch(Action.ADD)),
    ("not_accepted", make_epoch(Action.ADD)),
    ("invalid_input", make_epoch(Action.ADD)),
    ("not_friends", make_epoch(Action.REMOVE)),
    ("leave_lost", make_epoch(Action.REMOVE)),
    ("leave_lost", make_epoch(Action.ROTATE)),
    ("not_found", make_epoch(Action.REMOVE)),
]


@pytest.mark.parametrize(("code", "epoch"), HONEST)
async def test_control_what_an_honest_server_may_refuse_stays_lost(
    monkeypatch: pytest.MonkeyPatch, code: str, epoch: Any
) -> None:
    answers, known = Answers(monkeypatch, code), Known(epochs={2: KnownEpoch(epoch, 5, None)})
    assert await judge(known) is None
    assert known.stays_lost == 2 and answers.tries == 2


@pytest.mark.parametrize(("code", "epoch"), HOSTILE)
async def test_what_no_honest_server_refuses_stops_the_conversation(
    monkeypatch: pytest.MonkeyPatch, code: str, epoch: Any
) -> None:
    """Else a removal comes undone by whatever code the server likes."""
    Answers(monkeypatch, code)
    assert await judge(Known(epochs={2: KnownEpoch(epoch, 5, None)})) is Verdict.ROLLBACK


async def test_the_seed_of_what_stays_lost_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others may give the epoch back yet: nobody could open it any more."""
    Answers(monkeypatch, "not_friends")
    room, known = FakeRoom(Live(1)), Known(epochs={2: KnownEpoch(make_epoch(Action.ADD), 5, b"s" * 32)})
    await give_back(cast(Any, room), KEY, known)
    name = EpochId(bytes.fromhex(KEY), 2)
    assert room.spare == {name: EpochRow(b"h" * 32, b"s" * 32)}
    live = cast(Any, Live(2))
    live.in_keyring, live.seeds = set[int](), dict[int, bytes]()
    live.take_seed = live.seeds.__setitem__
    for one in live.epochs.known.values():
        one.key = None
    cast(Any, room.own).seeds = {}
    learn_seeds(cast(Any, room), live)
    assert live.seeds == {2: b"s" * 32} and live.in_keyring == set()


async def test_who_is_no_member_any_more_hears_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    Answers(monkeypatch, "not_found")
    live = Live(1)
    live.users = {2}
    assert await judge(Known(epochs={2: KnownEpoch(make_epoch(Action.REMOVE), 5, None)}), live) is None


async def test_an_epoch_that_is_never_the_next_is_denied(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Known(epochs={2: KnownEpoch(make_epoch(Action.REMOVE), 5, None)})
    answers = Answers(monkeypatch, *["epoch_moved"] * (MOST_TRIES - 1))
    assert await judge(known) is None and answers.tries == MOST_TRIES
    answers = Answers(monkeypatch, *["epoch_moved"] * MOST_TRIES)
    assert await judge(known) is Verdict.ROLLBACK and answers.tries == MOST_TRIES


@pytest.mark.parametrize("code", ["chain_moved", "limit_reached", "busy", "internal"])
async def test_what_may_pass_is_no_denial(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    Answers(monkeypatch, code)
    with pytest.raises(HearthError) as waits:
        await judge(Known(epochs={2: KnownEpoch(make_epoch(Action.REMOVE), 5, None)}))
    assert waits.value.code == code


async def test_entries_above_all_epochs_stay_lost_and_stop_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    Answers(monkeypatch, "not_restored", n=None)
    with pytest.raises(HearthError):
        await judge(Known(epochs={1: KnownEpoch(make_epoch(Action.CREATE), 1, None)}))


def find_parting(live: Live, common: int, seqs: dict[int, int]) -> int | None:
    epochs = {n: KnownEpoch(make_epoch(Action.ROTATE), seq, None) for n, seq in seqs.items()}
    return module._find_parting(cast(Any, live), Known(epochs=epochs), common)


def test_control_another_epoch_above_the_parting_takes_the_place_of_the_known_one() -> None:
    assert find_parting(Live(2, {2: b"o" * 32}), 4, {1: 1, 2: 5}) == 2


@pytest.mark.parametrize(("seq", "known"), [(3, 5), (9, 3)])
def test_no_backup_has_another_epoch_where_both_have_the_log(seq: int, known: int) -> None:
    """Neither by where the server says that the other one stands, nor by where the known one stood."""
    with pytest.raises(Rejected) as rejected:
        find_parting(Live(2, {2: b"o" * 32}, seq), 4, {1: 1, 2: known})
    assert rejected.value.verdict is Verdict.FORK


def test_no_backup_has_an_entry_without_its_epoch() -> None:
    assert find_parting(Live(1), 4, {1: 1, 2: 5}) is None
    with pytest.raises(Rejected) as rejected:
        find_parting(Live(1), 5, {1: 1, 2: 5})
    assert rejected.value.verdict is Verdict.ROLLBACK


async def test_an_epoch_that_is_taken_and_not_shown_is_a_rollback(monkeypatch: pytest.MonkeyPatch) -> None:
    async def do_nothing(*_: object) -> None:
        return

    for name in ("fetch_epochs", "offer_all", "_take_what_is_there", "find_common", "_find_given_up"):
        monkeypatch.setattr(module, name, do_nothing)
    live, known = Live(1), Known(epochs={2: KnownEpoch(make_epoch(Action.REMOVE), 5, None)})
    room = FakeRoom(live)
    cast(Any, room).replica = SimpleNamespace(conversations={KEY: SimpleNamespace(last_seq=0)})
    cast(Any, room.own).ask = None
    await give_back(cast(Any, room), KEY, known)
    assert room.verdict is Verdict.ROLLBACK


def test_what_was_restored_again_before_it_was_back_waits_anew() -> None:
    room, live = FakeRoom(Live(1)), Live(1)
    head = KeptHead(2, b"h" * 32)
    room.own.keys.conversations[KEY] = KeptConversation(lost=head, lost_until=1)
    known = Known(head)
    for _ in range(2):
        set_aside(cast(Any, room), cast(Any, live), known, None)
        assert room.kept(KEY) == KeptConversation(lost=head, lost_until=known.until)
    assert known.until > 1


def remember(*actions: Action, cause: bytes = NO_HASH) -> Known:
    """Epoch n stood at seq n; all are about user 3."""
    epochs = {n: make_epoch(one, cause=cause, n=n) for n, one in enumerate(actions, 1)}
    for n, one in epochs.items():
        one.hash = bytes([n]) * 32
    return Known(epochs={n: KnownEpoch(one, n, None) for n, one in epochs.items()})


REMOVED = remember(Action.CREATE, Action.ROTATE, Action.REMOVE)


@pytest.mark.parametrize(
    ("known", "common", "removed"),
    [
        (REMOVED, 1, {3: 1}),
        (REMOVED, 0, {3: 0}),
        (REMOVED, None, {3: 2}),
        (REMOVED, 3, {}),
        (remember(Action.CREATE, Action.REMOVE, cause=LEFT), 1, {}),
        (remember(Action.CREATE, Action.REMOVE, Action.ADD), 1, {}),
        (remember(Action.CREATE, Action.ADD, Action.REMOVE), 1, {3: 1}),
    ],
)
def test_who_was_removed_above_where_the_logs_part_is_remembered(
    known: Known, common: int | None, removed: dict[int, int]
) -> None:
    assert known.removed(KeptConversation(), common).removed == removed


def test_a_second_restore_forgets_no_removal() -> None:
    rotated, kept = remember(Action.CREATE, Action.ROTATE, Action.ROTATE), KeptConversation(removed={3: 2})
    assert rotated.removed(kept, 3).removed == {3: 2}
    assert rotated.removed(kept, 1).removed == {3: 1}
    assert remember(Action.CREATE, Action.ROTATE, Action.ADD).removed(kept, 1).removed == {}


def test_what_was_lost_with_a_removal_and_came_back_decides_nothing_at_the_next_restore() -> None:
    """The epoch that had added them is there again, and the removal after it is not."""
    kept = remember(Action.CREATE, Action.ADD, Action.REMOVE).removed(KeptConversation(), 1)
    assert kept == KeptConversation(removed={3: 1}, added={3: [bytes([2]) * 32]})
    assert remember(Action.CREATE, Action.ADD, Action.ROTATE).removed(kept, 1) == kept


LOST_ADD = {3: [bytes([2]) * 32]}


@pytest.mark.parametrize(
    ("now", "added", "cause", "unwanted"),
    [
        ([Action.CREATE, Action.ROTATE], {}, NO_HASH, {3}),
        ([Action.CREATE, Action.REMOVE, Action.ADD], {}, NO_HASH, set[int]()),
        ([Action.CREATE, Action.REMOVE, Action.ADD], LOST_ADD, LEFT, set[int]()),
        ([Action.REMOVE, Action.ADD], {}, NO_HASH, set[int]()),
        ([Action.REMOVE, Action.ADD], LOST_ADD, NO_HASH, {3}),
        ([Action.REMOVE, Action.ADD], {}, LEFT, {3}),
        ([Action.ADD, Action.ROTATE], {}, NO_HASH, {3}),
    ],
)
def test_a_member_whose_removal_is_lost_is_unwanted_until_somebody_decides(
    now: list[Action], added: dict[int, list[bytes]], cause: bytes, unwanted: set[int]
) -> None:
    """Above epoch 1, where the logs part: not by an epoch that was lost with the removal, nor by a link."""
    kept = KeptConversation(removed={3: 1}, added=added)
    own = SimpleNamespace(keys=SimpleNamespace(conversations={KEY: kept}))
    room, live = Room(cast(Any, own), cast(Any, None), ""), Live(2)
    live.epochs, live.users = SimpleNamespace(known=remember(*now, cause=cause).epochs), {1, 2, 3}
    assert room.list_unwanted(cast(Any, live)) == unwanted
    live.users = {1, 2}
    assert room.list_unwanted(cast(Any, live)) == set()
