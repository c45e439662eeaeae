"""Records, leave entries and re-wraps that a device makes: every member's client accepts them as they are."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearth.client.crypto.conversation import Conversation
from hearth.client.crypto.log.body import write_body
from hearth.client.crypto.log.rows import Row
from hearth.client.crypto.making.device import Moment, OwnDevice
from hearth.client.crypto.making.entry import Draft, SealedEntry, make_leave, seal_entry
from hearth.client.crypto.making.rewrap import make_answer, make_request
from hearth.sealed.core import hpke
from hearth.sealed.core.hashing import sha256
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group.entries import EntryKind, Leave
from hearth.sealed.group.epoch import Role
from hearth.sealed.group.seeds import SeedPlace, open_rewrap
from hearth.sealed.person.keyring import How
from hearth.sealed.person.pins import Pins
from tests.client.crypto.cast import NOW, device_id, seed_of
from tests.client.crypto.room import OPEN, Room, make_cast

few = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
HELLO = write_body({"type": "text", "text": "hello"})


def begin(**changes: Any) -> Room:
    """A group of alice (owner), bob and carol, in its first epoch."""
    room = Room(make_cast("alice", "bob", "carol"))
    room.create(**changes)
    return room


def look(room: Room, user: int) -> Conversation:
    """Return what a member's client knows that has read everything."""
    conversation = room.open(user)
    room.show(conversation)
    return conversation


def device(room: Room, user: int, name: str | None = None) -> OwnDevice:
    name = name or room.cast[user].device_name()
    return OwnDevice(user, device_id(name), seed_of(name))


def draft(**changes: Any) -> Draft:
    kind, body = EntryKind.MESSAGE, HELLO
    return replace(Draft(kind=kind, body=body, client_id=b"i" * 16, counter=1), **changes)


def row_of(room: Room, entry: SealedEntry) -> Row:
    """What a server tells of a record that it takes as the next."""
    place, seq = entry.place, len(room.rows) + 1
    return Row(
        seq, place.kind, place.user, place.device, place.client_id, place.counter, place.epoch,
        place.target_seq, NOW, entry.record, sha256(entry.record),
    )  # fmt: skip


def seal(room: Room, user: int, **changes: Any) -> SealedEntry:
    """Seal under what this user's client knows of the room."""
    conversation = look(room, user)
    at = Moment(NOW, conversation.log.place)
    return seal_entry(conversation.epochs, device(room, user), draft(**changes), at)


def refused(act: Callable[[], object], verdict: Verdict) -> None:
    with pytest.raises(Rejected) as caught:
        act()
    assert caught.value.verdict is verdict


def test_what_one_seals_the_others_accept_and_show() -> None:
    room = begin()
    message = room.post(row_of(room, seal(room, 2)))
    edit = write_body({"type": "text", "text": "hallo"})
    room.post(row_of(room, seal(room, 2, kind=EntryKind.EDIT, target=message, body=edit, counter=2)))
    room.post(row_of(room, seal(room, 3, kind=EntryKind.REACTION, target=message)))
    room.post(row_of(room, seal(room, 1, kind=EntryKind.DELETION, target=message)))
    room.post(row_of(room, seal(room, 1, kind=EntryKind.VOID, body=b"", counter=2)))
    findings = look(room, 3).judge(NOW)
    assert {judged.verdict for judged in findings.judgements.values()} == {None} and not findings.withheld
    content = findings.judgements[message.seq].content
    assert content is not None and content.fields["text"] == "hello"


@few
@given(at=st.integers(min_value=0), mask=st.integers(1, 255), text=st.text(max_size=300))
def test_with_any_byte_changed_a_record_is_not_accepted(at: int, mask: int, text: str) -> None:
    room = begin()
    entry = seal(room, 2, body=write_body({"type": "text", "text": text}))
    at %= len(entry.record)
    changed = entry.record[:at] + bytes([entry.record[at] ^ mask]) + entry.record[at + 1 :]
    row = room.post(row_of(room, replace(entry, record=changed)))
    assert look(room, 3).judge(NOW).judgements[row.seq].verdict in (
        Verdict.CANNOT_OPEN,
        Verdict.UNSUPPORTED,
        Verdict.NOT_SEALED,
    )


@pytest.mark.parametrize(
    "change",
    [{"user": 3}, {"device": device_id("bob laptop")}, {"client_id": b"j" * 16}, {"counter": 2}, {"kind": 5}],
)
def test_in_another_place_a_record_is_not_accepted(change: dict[str, Any]) -> None:
    room = begin()
    row = room.post(replace(row_of(room, seal(room, 2)), **change))
    assert look(room, 3).judge(NOW).judgements[row.seq].verdict in (Verdict.CANNOT_OPEN, Verdict.NOT_LISTED)


@pytest.mark.parametrize(
    ("user", "change", "verdict"),
    [
        (3, {"kind": EntryKind.STATE}, Verdict.NOT_ALLOWED),
        (3, {"kind": EntryKind.EDIT}, Verdict.NOT_ALLOWED),
        (3, {"kind": EntryKind.VOID}, Verdict.MALFORMED),
        (3, {"body": b"no"}, Verdict.MALFORMED),
        (3, {"body": write_body({"type": "t"}) + bytes(64_000)}, Verdict.MALFORMED),
        (3, {"counter": 0}, Verdict.MALFORMED),
        (3, {"kind": EntryKind.EPOCH}, Verdict.UNSUPPORTED),
    ],
)
def test_what_nobody_would_accept_is_not_sealed(user: int, change: dict[str, Any], verdict: Verdict) -> None:
    refused(lambda: seal(begin(), user, **change), verdict)


def test_only_the_author_edits_and_a_member_posts_only_where_members_may() -> None:
    room = begin(settings=replace(OPEN, post_by=Role.OWNER))
    refused(lambda: seal(room, 2), Verdict.NOT_ALLOWED)
    message = room.post(row_of(room, seal(room, 1)))
    for kind in (EntryKind.EDIT, EntryKind.DELETION):
        refused(lambda: seal(room, 2, kind=kind, target=message), Verdict.NOT_ALLOWED)  # noqa: B023


def test_nothing_is_sealed_without_a_key_or_by_a_device_that_may_not() -> None:
    room = begin()
    known = look(room, 2)
    epochs, at = known.epochs, Moment(NOW, known.log.place)
    refused(lambda: seal_entry(epochs, device(room, 2, "bob tablet"), draft(), at), Verdict.NOT_LISTED)
    other = replace(device(room, 2), sign_seed=b"x" * 32)
    refused(lambda: seal_entry(epochs, other, draft(), at), Verdict.NOT_LISTED)
    epochs.known[1].key = None
    refused(lambda: seal_entry(epochs, device(room, 2), draft(), at), Verdict.KEYLESS)
    phone = device(room, 3)
    room.cast[3].set_devices("carol laptop")
    refused(lambda: seal_entry(look(room, 3).epochs, phone, draft(), at), Verdict.NOT_LISTED)
    refused(
        lambda: seal_entry(Conversation(epochs.where, epochs.people).epochs, phone, draft(), at),
        Verdict.UNPROVEN,
    )


def leave(room: Room, user: int) -> bytes:
    known = look(room, user)
    return make_leave(known.epochs, known.marks, device(room, user), Moment(NOW, known.log.place))


def post_leave(room: Room, user: int) -> Row:
    signed = leave(room, user)
    body = Leave.open(signed)
    return room.post_mark(EntryKind.LEAVE, user, body.body.device, room.n, signed, body.hash)


def test_a_leave_entry_counts_and_is_what_a_removal_names() -> None:
    room = begin()
    row = post_leave(room, 3)
    judged = look(room, 2)
    findings = judged.judge(NOW)
    assert findings.judgements[row.seq].verdict is None
    assert judged.marks.leaves == {(1, 3): row.record_hash}
    refused(lambda: leave(room, 3), Verdict.NOT_ALLOWED)


def test_the_last_owner_leaves_last() -> None:
    room = begin()
    refused(lambda: leave(room, 1), Verdict.NOT_ALLOWED)
    post_leave(room, 2)
    post_leave(room, 3)
    row = post_leave(room, 1)
    assert look(room, 2).judge(NOW).judgements[row.seq].verdict is None


def test_a_request_is_answered_with_the_seed_that_opens_its_epoch() -> None:
    room = begin()
    asker, helper = look(room, 3), look(room, 1)
    asked = make_request(asker.epochs, device(room, 3), 1, NOW)
    seed = seed_of(room.cast[3].receive_name(1))
    public, sent = hpke.public_key(seed), room.epochs[0][2]
    signed, answer = make_answer(asked, helper.epochs, Pins({}), public, sent)
    record = asker.epochs.known[1].epoch
    place = SeedPlace(record.record.conversation, 1, record.hash, record.record.commitment)
    assert open_rewrap(seed, place, signed.body.receive_hash, answer) == sent
    for at in range(0, len(asked), 11):
        changed = asked[:at] + bytes([asked[at] ^ 1]) + asked[at + 1 :]
        with pytest.raises(Rejected):
            make_answer(changed, helper.epochs, Pins({}), public, sent)
    refused(lambda: make_answer(asked, helper.epochs, Pins({}), public, b"x" * 32), Verdict.BAD_COMMITMENT)
    other = hpke.public_key(seed_of("other"))
    refused(lambda: make_answer(asked, helper.epochs, Pins({}), other, sent), Verdict.BAD_KEY)


def test_who_would_not_be_answered_does_not_ask() -> None:
    room = begin()
    phone = device(room, 3)
    epochs = look(room, 3).epochs
    refused(lambda: make_request(epochs, phone, 7, NOW), Verdict.UNPROVEN)
    refused(lambda: make_request(epochs, device(room, 3, "carol tablet"), 1, NOW), Verdict.NOT_LISTED)
    room.remove(3)
    refused(lambda: make_request(look(room, 2).epochs, phone, 2, NOW), Verdict.NOT_LISTED)
    room.cast[3].set_devices("carol laptop")
    refused(lambda: make_request(look(room, 3).epochs, device(room, 3), 1, NOW), Verdict.NOT_ALLOWED)
    room.cast[3].reset("carol 2", "carol new")
    refused(lambda: make_request(look(room, 3).epochs, device(room, 3), 1, NOW), Verdict.CHANGED_IDENTITY)


def test_nobody_is_answered_whose_identity_waits() -> None:
    room = begin()
    asked = make_request(look(room, 3).epochs, device(room, 3), 1, NOW)
    helper = look(room, 1).epochs
    pins = Pins({}).meet(room.cast[3].chain, How.COMPARED, 0, 1)
    room.cast[3].renew_identity("carol 2")
    helper.people.chain(3).finish(room.cast[3].statements)
    public = hpke.public_key(seed_of(room.cast[3].receive_name(1)))
    refused(lambda: make_answer(asked, helper, pins, public, room.epochs[0][2]), Verdict.CHANGED_IDENTITY)
