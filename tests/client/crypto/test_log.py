"""What a client makes of the entries of a log, in the order of section 8.3, and what it finds withheld."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hearth.client.crypto.conversation import Conversation
from hearth.client.crypto.log.rows import Aim, Row
from hearth.sealed.core.hashing import sha256
from hearth.sealed.core.verdicts import Verdict
from hearth.sealed.group.entries import EntryKind
from hearth.sealed.group.epoch import Action, Kind, Role, Settings, Target
from hearth.sealed.group.ids import direct_id
from tests.client.crypto.cast import NOW, SERVER
from tests.client.crypto.room import NO_HASH, OPEN, Room, make_cast


def begin(**changes: Any) -> Room:
    room = Room(make_cast("alice", "bob", "carol"))
    room.create(**changes)
    return room


def verdict_of(room: Room, row: Row, conversation: Conversation | None = None) -> Verdict | None:
    """Return the verdict of a member who knows everything."""
    return room.show(conversation or room.open(2)).judgements[row.seq].verdict


def fill(room: Room, count: int, user: int = 1) -> None:
    for _ in range(count):
        room.send(user)


def test_what_members_send_is_accepted_with_its_content() -> None:
    room = begin()
    first = room.send(1, "hello")
    room.rotate(actor=3)
    room.send(3, "hi", by="carol laptop")
    findings = room.show(room.open(2))
    assert [judged.verdict for judged in findings.judgements.values()] == [None] * 4
    content = findings.judgements[first.seq].content
    assert content is not None and content.fields["text"] == "hello"
    assert findings.withheld == {}


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"user": 3}, Verdict.NOT_LISTED),
        ({"client_id": b"x" * 16}, Verdict.CANNOT_OPEN),
        ({"counter": 9}, Verdict.CANNOT_OPEN),
        ({"kind": EntryKind.STATE}, Verdict.CANNOT_OPEN),
        ({"kind": 8}, Verdict.UNSUPPORTED),
        ({"epoch": 2}, Verdict.UNPROVEN),
        ({"target_seq": 1}, Verdict.CANNOT_OPEN),
        ({"device": b"x" * 16}, Verdict.NOT_LISTED),
    ],
)
def test_a_row_that_the_server_changes_is_refused(change: dict[str, Any], verdict: Verdict) -> None:
    room = begin()
    row = room.post(replace(room.seal(1), **change))
    assert verdict_of(room, row) is verdict


def test_without_a_key_an_entry_waits_and_is_accepted_when_the_seed_comes() -> None:
    room = begin()
    row = room.send(1)
    conversation = room.open(2)
    conversation.epochs.known[1].key = None
    assert room.show(conversation).judgements[row.seq].verdict is Verdict.KEYLESS
    conversation.epochs.take_seed(1, room.epochs[0][2])
    assert conversation.judge(NOW).judgements[row.seq].verdict is None


def test_a_record_stands_above_the_entry_of_its_epoch() -> None:
    room = begin()
    lines = [
        room.member(user, one.role) for user, one in zip(room.cast, room.rosters[-1].members, strict=True)
    ]
    room.make(Action.ROTATE, 1, lines)
    early = room.send(1)
    room.post_epoch()
    assert verdict_of(room, early) is Verdict.OUT_OF_PLACE


def test_a_late_record_is_accepted_for_a_hundred_entries() -> None:
    for entries, verdict in ((99, None), (100, Verdict.OUT_OF_PLACE)):
        room = begin()
        room.rotate()
        fill(room, entries, user=3)
        assert verdict_of(room, room.send(1, epoch=1)) is verdict


def test_a_late_record_is_not_accepted_after_one_of_the_same_device_under_a_later_epoch() -> None:
    room = begin()
    room.rotate()
    room.send(1)
    late = room.send(1, epoch=1)
    other = room.send(1, epoch=1, by="alice laptop")
    conversation = room.open(2)
    assert verdict_of(room, late, conversation) is Verdict.OUT_OF_PLACE
    assert verdict_of(room, other, conversation) is None


def test_after_a_leave_nothing_is_sealed_under_an_older_epoch_either() -> None:
    room = begin()
    old = room.seal(2, epoch=1)
    room.rotate()
    assert verdict_of(room, room.post(replace(old, seq=len(room.rows) + 1))) is None
    room.leave(3)
    for user in (2, 3):
        late = room.post(replace(room.seal(user, epoch=1), seq=len(room.rows) + 1))
        assert verdict_of(room, late) is Verdict.OUT_OF_PLACE


def test_after_a_leave_nothing_is_sealed_under_the_epoch() -> None:
    room = begin()
    left = room.leave(3)
    late = room.send(1)
    room.remove(3, actor=1, cause=left.record_hash)
    after = room.send(1)
    conversation = room.open(2)
    assert [verdict_of(room, row, conversation) for row in (left, late, after)] == [
        None,
        Verdict.OUT_OF_PLACE,
        None,
    ]


def test_who_was_removed_writes_nothing_late() -> None:
    room = begin()
    room.remove(3)
    assert verdict_of(room, room.send(3, epoch=1)) is Verdict.OUT_OF_PLACE


def test_a_device_that_was_removed_writes_nothing_late() -> None:
    room = begin()
    room.cast[3].set_devices("carol laptop")
    room.cast[3].renew_receive("carol laptop")
    room.rotate()
    gone = room.send(3, epoch=1, by="carol phone")
    still = room.send(3, epoch=1, by="carol laptop")
    conversation = room.open(2)
    assert verdict_of(room, gone, conversation) is Verdict.OUT_OF_PLACE
    assert verdict_of(room, still, conversation) is None


def test_a_new_device_may_write_under_an_epoch_that_is_older_than_it() -> None:
    room = begin()
    room.cast[3].set_devices("carol phone", "carol laptop", "carol new")
    row = room.send(3, by="carol new")
    conversation = room.open(2)
    assert verdict_of(room, row, conversation) is None


def test_a_counter_is_used_once_whatever_comes_first() -> None:
    room = begin()
    first, again = room.send(1, counter=1), room.send(1, counter=1, text="again")
    zero = room.send(1, counter=0)
    conversation = room.open(2)
    conversation = Conversation(conversation.epochs.where, conversation.epochs.people)
    conversation.epochs.take(*room.epochs[0][:2])
    conversation.epochs.take_seed(1, room.epochs[0][2])
    conversation.epochs.known[1].entry_seq = 1
    newest = room.show(conversation, first=3).judgements
    assert newest[again.seq].verdict is None, "nothing earlier is known yet"
    assert newest[zero.seq].verdict is Verdict.REPEATED_COUNTER
    whole = room.show(conversation).judgements
    assert whole[first.seq].verdict is None
    assert whole[again.seq].verdict is Verdict.REPEATED_COUNTER


def test_roles_decide_who_posts_and_who_changes_the_state() -> None:
    room = begin(settings=Settings(Role.ADMIN, Role.ADMIN, Role.ADMIN, 0, ()))
    rows = [room.send(user, kind=kind) for user in (1, 3) for kind in (EntryKind.MESSAGE, EntryKind.STATE)]
    call = room.send(3, kind=EntryKind.CALL)
    conversation = room.open(2)
    verdicts = [verdict_of(room, row, conversation) for row in [*rows, call]]
    assert verdicts == [None, None, Verdict.NOT_ALLOWED, Verdict.NOT_ALLOWED, None]


@pytest.mark.parametrize(
    ("settings", "member_may"),
    [
        (
            Settings(Role.ADMIN, Role.MEMBER, Role.ADMIN, 0, ()),
            {EntryKind.STATE: False, EntryKind.PIN: False},
        ),
        (
            Settings(Role.MEMBER, Role.MEMBER, Role.OWNER, 0, ()),
            {EntryKind.STATE: True, EntryKind.PIN: False},
        ),
        (
            Settings(Role.OWNER, Role.MEMBER, Role.OWNER, 0, (), pin_by=Role.MEMBER),
            {EntryKind.STATE: False, EntryKind.PIN: True},
        ),
    ],
)
def test_who_may_add_may_say_the_state_again_and_pinning_has_a_right_of_its_own(
    settings: Settings, member_may: dict[EntryKind, bool]
) -> None:
    room = begin(settings=settings)
    it = room.send(1)
    rows = [room.send(3, kind=EntryKind.STATE), room.send(3, kind=EntryKind.PIN, target=it)]
    conversation = room.open(2)
    for row in rows:
        may = member_may[EntryKind(row.kind)]
        assert verdict_of(room, row, conversation) is (None if may else Verdict.NOT_ALLOWED)


def test_two_people_both_pin_and_have_no_state() -> None:
    cast = make_cast("alice", "bob")
    room = Room(cast, conversation=direct_id(SERVER, 1, 2), kind=Kind.DIRECT)
    settings = Settings(Role.MEMBER, Role.MEMBER, Role.MEMBER, 0, ())
    room.make(Action.CREATE, 1, [room.member(user, Role.MEMBER) for user in cast], settings=settings)
    room.post_epoch()
    it = room.send(1)
    pins = [room.send(user, kind=EntryKind.PIN, target=it) for user in cast]
    state = room.send(1, kind=EntryKind.STATE)
    conversation = room.open(2)
    assert [verdict_of(room, row, conversation) for row in [*pins, state]] == [
        None,
        None,
        Verdict.NOT_ALLOWED,
    ]


Sends = Callable[[Room, Row], Row]


@pytest.mark.parametrize(
    ("send", "verdict"),
    [
        (lambda room, it: room.send(3, kind=EntryKind.EDIT, target=it), None),
        (lambda room, it: room.send(3, kind=EntryKind.EDIT, target=it, by="carol laptop"), None),
        (lambda room, it: room.send(1, kind=EntryKind.EDIT, target=it), Verdict.NOT_ALLOWED),
        (lambda room, it: room.send(2, kind=EntryKind.REACTION, target=it), None),
        (lambda room, it: room.send(3, kind=EntryKind.DELETION, target=it), None),
        (lambda room, it: room.send(1, kind=EntryKind.DELETION, target=it), None),
        (lambda room, it: room.send(2, kind=EntryKind.DELETION, target=it), Verdict.NOT_ALLOWED),
        (lambda room, it: room.send(2, kind=EntryKind.MESSAGE, target=it), None),
        (lambda room, it: room.send(2, kind=EntryKind.CALL, target=it), Verdict.NOT_ALLOWED),
        (lambda room, it: room.send(1, kind=EntryKind.PIN, target=it), None),
        (lambda room, it: room.send(1, kind=EntryKind.PIN), Verdict.NOT_ALLOWED),
        (lambda room, it: room.send(1, kind=EntryKind.PIN, target=room.rows[0]), Verdict.NOT_ALLOWED),
        (lambda room, it: room.send(2, kind=EntryKind.REACTION), Verdict.NOT_ALLOWED),
        (lambda room, it: room.send(2, kind=EntryKind.REACTION, target=room.rows[0]), Verdict.NOT_ALLOWED),
        (
            lambda room, it: room.send(2, kind=EntryKind.REACTION, target=it, target_hash=b"x" * 32),
            Verdict.WRONG_TARGET,
        ),
        (
            lambda room, it: room.send(2, target_seq=it.seq + 1, target_hash=b"x" * 32),
            Verdict.MALFORMED,
        ),
        (lambda room, it: room.send(2, kind=EntryKind.VOID, body=b"x"), Verdict.MALFORMED),
        (lambda room, it: room.send(2, kind=EntryKind.VOID), None),
        (lambda room, it: room.send(2, body=b"\0\0\0\0\0"), Verdict.MALFORMED),
    ],
)
def test_what_is_aimed_at_a_message(send: Sends, verdict: Verdict | None) -> None:
    room = begin()
    it = room.send(3)
    assert verdict_of(room, send(room, it)) is verdict


def test_nobody_deletes_what_the_other_wrote_to_them_directly() -> None:
    cast = make_cast("alice", "bob")
    room = Room(cast, conversation=direct_id(SERVER, 1, 2), kind=Kind.DIRECT)
    settings = Settings(Role.MEMBER, Role.MEMBER, Role.MEMBER, 0, ())
    room.make(Action.CREATE, 1, [room.member(user, Role.MEMBER) for user in cast], settings=settings)
    room.post_epoch()
    row = room.send(1)
    rows = [room.send(user, kind=EntryKind.DELETION, target=row) for user in (2, 1)]
    conversation = room.open(2)
    assert [verdict_of(room, one, conversation) for one in rows] == [Verdict.NOT_ALLOWED, None]


def test_an_admin_deletes_of_members_only() -> None:
    room = begin()
    lines = [room.member(1, Role.OWNER), room.member(2, Role.ADMIN), room.member(3, Role.MEMBER)]
    room.make(Action.ROLE, 1, lines, Target(2, Role.ADMIN, NO_HASH))
    room.post_epoch()
    of_owner, of_member = room.send(1), room.send(3)
    rows = [room.send(2, kind=EntryKind.DELETION, target=row) for row in (of_owner, of_member)]
    conversation = room.open(2)
    assert [verdict_of(room, row, conversation) for row in rows] == [Verdict.NOT_ALLOWED, None]


def test_an_entry_whose_target_is_not_known_yet_stands_but_is_not_applied() -> None:
    room = begin()
    it = room.send(3)
    edit = room.send(1, kind=EntryKind.EDIT, target=it)
    conversation = room.open(2)
    judged = room.show(conversation, first=edit.seq).judgements[edit.seq]
    assert (judged.verdict, judged.aim) == (None, Aim.UNKNOWN)
    assert verdict_of(room, edit, conversation) is Verdict.NOT_ALLOWED


def test_what_is_older_than_encryption_counts_below_the_first_epoch_only() -> None:
    room = Room(make_cast("alice", "bob", "carol"))
    old = unsealed(room)
    before = Conversation(room.open(2).epochs.where, room.open(2).epochs.people)
    assert verdict_of(room, old, before) is None
    wary = room.open(2, has_head_row=True)
    assert verdict_of(room, old, wary) is Verdict.NOT_SEALED
    room.create()
    late = unsealed(room)
    conversation = room.open(2, has_head_row=True)
    assert [verdict_of(room, row, conversation) for row in (old, late)] == [None, Verdict.NOT_SEALED]


def unsealed(room: Room, epoch: int = 0) -> Row:
    record = b'\0{"type":"text"}'
    seq = len(room.rows) + 1
    return room.post(Row(seq, 1, 1, b"d" * 16, b"c" * 16, 0, epoch, 0, NOW, record, sha256(record)))


def test_what_is_not_sealed_names_no_epoch() -> None:
    room = Room(make_cast("alice", "bob", "carol"))
    row = unsealed(room, epoch=1)
    room.create()
    assert verdict_of(room, row) is Verdict.NOT_SEALED


def test_an_epoch_that_asks_for_a_newer_format_takes_no_older_record() -> None:
    room = begin(minimum_format=2)
    assert verdict_of(room, room.send(1)) is Verdict.NOT_ALLOWED


def test_in_a_conversation_of_two_nobody_calls_everybody() -> None:
    cast = make_cast("alice", "bob")
    room = Room(cast, conversation=direct_id(SERVER, 1, 2), kind=Kind.DIRECT)
    settings = Settings(Role.MEMBER, Role.MEMBER, Role.MEMBER, 0, ())
    room.make(Action.CREATE, 1, [room.member(user, Role.MEMBER) for user in cast], settings=settings)
    room.post_epoch()
    row = room.send(1)
    assert not room.show(room.open(2)).judgements[row.seq].may_call


@pytest.mark.parametrize("everyone_by", [Role.OWNER, Role.ADMIN, Role.MEMBER])
def test_who_may_call_everybody_is_judged_by_the_rights_of_the_epoch(everyone_by: Role) -> None:
    room = begin(settings=replace(OPEN, everyone_by=everyone_by))
    by_owner, by_member = room.send(1), room.send(3)
    judged = room.show(room.open(2)).judgements
    assert judged[by_owner.seq].may_call
    assert judged[by_member.seq].may_call is (everyone_by is Role.MEMBER)
