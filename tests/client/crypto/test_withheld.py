"""What a client finds withheld or changed, what marks count, and what a restore changes (8.5 and 8.6)."""

from dataclasses import replace

import pytest

from hearth.client.crypto.conversation import Conversation
from hearth.client.crypto.log.follow import Follower
from hearth.client.crypto.log.rows import Aim, Row, Withheld
from hearth.sealed.core.hashing import sha256
from hearth.sealed.core.packed import Place
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group.entries import EntryKind
from tests.client.crypto.cast import NOW, device_id
from tests.client.crypto.room import OPEN, Room, make_cast
from tests.client.crypto.test_log import begin, fill, verdict_of


def test_a_known_part_of_the_log_never_changes_and_pages_come_in_any_order() -> None:
    room = begin()
    fill(room, 5)
    conversation = room.open(2)
    room.show(conversation, first=5)
    forked = [*room.rows]
    forked[3] = replace(forked[3], record_hash=b"x" * 32, record=b"")
    with pytest.raises(Rejected) as caught:
        conversation.take_page(room.hashes[1], forked[1:], NOW)
    assert caught.value.verdict is Verdict.FORK
    assert 4 not in conversation.log.rows
    for wrong in (room.rows[1:3] + room.rows[4:], [replace(room.rows[1], record=b"\1x")]):
        with pytest.raises(Rejected) as caught:
            conversation.take_page(room.hashes[1], wrong, NOW)
        assert caught.value.verdict is Verdict.MALFORMED
    assert room.show(conversation, first=2, up_to=4).withheld == {}


def test_an_entry_that_saw_another_log_is_shown() -> None:
    room = begin()
    lying = room.send(1, seen=Place(1, b"x" * 32))
    ahead = room.send(1, seen=Place(99, b"x" * 32))
    honest = room.send(1)
    findings = room.show(room.open(2))
    assert findings.withheld == {lying.seq: Withheld.SEEN, ahead.seq: Withheld.SEEN}
    assert findings.judgements[lying.seq].verdict is None and honest.seq not in findings.withheld


def test_a_missing_counter_is_shown_once_a_hundred_entries_have_passed() -> None:
    room = begin()
    room.send(3)
    room.seal(3)
    after = room.send(3)
    fill(room, 99)
    conversation = room.open(2)
    assert room.show(conversation).withheld == {}
    fill(room, 1)
    assert room.show(conversation).withheld == {after.seq: Withheld.GAP}


@pytest.mark.parametrize("counter", [3, 2**53 - 1])
def test_a_number_beside_bytes_that_do_not_open_is_no_gap(counter: int) -> None:
    """Whatever an unproven entry says of its place: without keys, emptied, or never to be opened."""
    room = begin()
    first = room.send(3)
    for record in (first.record[:-1] + bytes([first.record[-1] ^ 1]), b""):
        seq = len(room.rows) + 1
        row = replace(first, seq=seq, counter=counter, client_id=bytes([seq]) * 16)
        room.post(replace(row, record=record, record_hash=sha256(record)))
    room.send(3)
    fill(room, 102)
    gaps = room.show(room.open(2)).withheld
    assert Withheld.GAP not in gaps.values()


def test_the_first_counter_of_a_log_that_is_known_from_its_beginning_is_one() -> None:
    room = begin()
    room.seal(3)
    after = room.send(3)
    fill(room, 100)
    assert room.show(room.open(2)).withheld == {after.seq: Withheld.GAP}


def test_counters_go_on_where_those_of_the_unsealed_ended() -> None:
    """A device counts from 1 whatever it wrote first; what is older than encryption and counts is no gap."""
    room = Room(make_cast("alice", "bob", "carol"))
    device, record = device_id(room.cast[1].device_name()), b'\0{"type":"text"}'
    room.counters[device] = 1
    room.post(Row(1, 1, 1, device, b"c" * 16, 1, 0, 0, NOW, record, sha256(record)))
    room.create()
    fill(room, 102)
    assert room.show(room.open(2)).withheld == {}


def test_a_counter_that_comes_late_is_no_gap() -> None:
    room = begin()
    late = room.seal(3)
    room.send(3)
    room.post(replace(late, seq=len(room.rows) + 1))
    fill(room, 100)
    assert room.show(room.open(2)).withheld == {}


def test_an_emptied_entry_is_right_only_with_a_deletion_that_verifies() -> None:
    room = begin()
    kept, deleted = room.send(3), room.send(3)
    edit = room.send(3, kind=EntryKind.EDIT, target=deleted)
    room.send(1, kind=EntryKind.DELETION, target=deleted)
    for row in (kept, deleted, edit):
        room.rows[row.seq - 1] = replace(row, record=b"")
    assert room.show(room.open(2)).withheld == {kept.seq: Withheld.EMPTIED}


def test_an_emptied_entry_is_right_when_its_timer_has_run_out() -> None:
    room = begin(settings=replace(OPEN, timer=60))
    row = room.send(3)
    room.rows[row.seq - 1] = replace(row, record=b"")
    conversation = room.open(2)
    assert room.show(conversation, now=NOW + 59_999).withheld == {row.seq: Withheld.EMPTIED}
    assert conversation.judge(NOW + 60_000).withheld == {}


def test_a_deleted_message_is_not_brought_back_by_its_own_bytes() -> None:
    room = begin()
    row = room.send(3)
    room.send(3, kind=EntryKind.DELETION, target=row)
    room.rows[row.seq - 1] = replace(row, record=b"")
    replay = room.post(replace(row, seq=len(room.rows) + 1))
    assert verdict_of(room, replay) is Verdict.REPEATED_COUNTER


def test_bytes_that_are_known_stay_when_the_server_empties_them() -> None:
    room = begin()
    row = room.send(3)
    conversation = room.open(2)
    room.show(conversation)
    room.rows[row.seq - 1] = replace(row, record=b"")
    findings = room.show(conversation)
    assert findings.judgements[row.seq].content is not None


def test_marks_must_fit_their_rows_and_leaves_their_epoch() -> None:
    room = begin()
    wrong = room.post(replace(room.rows[0], seq=2, counter=1))
    twice = room.post(replace(room.rows[0], seq=3))
    conversation = room.open(2)
    assert verdict_of(room, wrong, conversation) is Verdict.WRONG_PLACE
    assert verdict_of(room, twice, conversation) is Verdict.OUT_OF_PLACE
    last_owner = room.leave(1)
    first, again = room.leave(3), room.leave(3)
    conversation = room.open(2)
    verdicts = [verdict_of(room, row, conversation) for row in (last_owner, first, again)]
    assert verdicts == [Verdict.NOT_ALLOWED, None, Verdict.NOT_ALLOWED]
    room.remove(3, cause=first.record_hash)
    late = room.leave(2, epoch=1, record_hash=room.records[0].hash())
    assert verdict_of(room, late) is Verdict.OUT_OF_PLACE


def test_a_leave_by_a_stranger_or_of_another_record_does_not_count() -> None:
    room = begin()
    stranger = room.leave(3, record_hash=b"x" * 32)
    forged = replace(room.leave(3), seq=3)
    forged = replace(forged, record=forged.record[:-1] + bytes([forged.record[-1] ^ 1]))
    room.rows.pop(), room.hashes.pop()
    room.post(replace(forged, record_hash=sha256(forged.record)))
    after = room.send(1)
    conversation = room.open(2)
    verdicts = [verdict_of(room, row, conversation) for row in (stranger, forged, after)]
    assert verdicts == [Verdict.FORK, Verdict.BAD_SIGNATURE, None]


def test_who_left_is_removed_by_anybody_and_who_did_not_is_not() -> None:
    room = begin()
    left = room.leave(3)
    conversation = room.open(2)
    room.show(conversation)
    room.remove(3, actor=2, cause=left.record_hash)
    assert conversation.epochs.take(*room.epochs[1][:2]).record.n == 2
    other = begin()
    other.remove(3, actor=2, cause=left.record_hash)
    stayed = begin().open(2)
    with pytest.raises(Rejected) as caught:
        stayed.epochs.take(*other.epochs[1][:2])
    assert caught.value.verdict is Verdict.NOT_ALLOWED


def test_after_a_restore_targets_are_found_by_hash_and_old_places_are_not_judged() -> None:
    room = begin()
    fill(room, 3)
    old = Place(9, b"o" * 32)
    restored = room.restore(1, b"n" * 16, old)
    offered = room.send(3, text="offered again", seen=Place(8, b"o" * 32))
    reply = room.send(3, target_seq=50, target_hash=offered.record_hash, seen=old)
    room.send(3)
    lying = room.send(3, seen=Place(restored.seq, b"x" * 32))
    conversation = room.open(2)
    assert verdict_of(room, restored, conversation) is Verdict.NOT_ALLOWED
    conversation.generations = frozenset({b"n" * 16})
    findings = conversation.judge(NOW)
    assert [findings.judgements[row.seq].verdict for row in (restored, offered, reply)] == [None, None, None]
    assert findings.judgements[reply.seq].aim is Aim.KNOWN
    assert findings.withheld == {lying.seq: Withheld.SEEN}


def test_a_restore_counts_once_per_generation() -> None:
    room = begin()
    rows = [room.restore(1, b"n" * 16, Place(9, b"o" * 32)) for _ in range(2)]
    conversation = room.open(2)
    conversation.generations = frozenset({b"n" * 16})
    assert [verdict_of(room, row, conversation) for row in rows] == [None, Verdict.NOT_ALLOWED]


def test_the_lowest_entry_of_an_epoch_is_its_place_whichever_is_known_first() -> None:
    room = begin()
    sent = room.send(1)
    twice = room.post(replace(room.rows[0], seq=3))
    known = room.open(2)
    conversation = Conversation(known.epochs.where, known.epochs.people)
    conversation.epochs.take(*room.epochs[0][:2])
    conversation.epochs.take_seed(1, room.epochs[0][2])
    assert room.show(conversation, first=3).judgements[twice.seq].verdict is None
    judgements = room.show(conversation, up_to=2).judgements
    assert judgements[twice.seq].verdict is Verdict.OUT_OF_PLACE
    assert judgements[sent.seq].verdict is None


@pytest.mark.parametrize("has_renewed", [False, True])
def test_a_gap_may_be_what_a_restore_has_lost_until_its_device_has_seen_the_log_as_it_is(
    has_renewed: bool,
) -> None:
    room = begin()
    room.send(3)
    restored = room.restore(1, b"n" * 16, Place(9, b"o" * 32))
    room.send(3, seen=Place(8, b"o" * 32))
    if has_renewed:
        room.send(3, seen=Place(restored.seq, room.hashes[restored.seq]))
    room.seal(3)
    after = room.send(3, seen=Place(restored.seq, room.hashes[restored.seq]))
    fill(room, 100)
    conversation = room.open(2)
    conversation.generations = frozenset({b"n" * 16})
    findings = room.show(conversation)
    assert findings.withheld == {after.seq: Withheld.GAP}
    assert findings.maybe_lost == (frozenset() if has_renewed else {after.seq})
    follower = Follower(conversation.epochs, conversation.generations, {})
    for row in room.rows:
        follower.take(room.hashes[row.seq - 1], row)
    assert follower.may_follow_loss(after.seq) is not has_renewed
    assert not follower.may_follow_loss(room.rows[-1].seq)


def test_control_without_a_restore_no_gap_is_named_after_one() -> None:
    room = begin()
    room.send(3)
    room.seal(3)
    room.send(3)
    fill(room, 100)
    findings = room.show(room.open(2))
    assert findings.withheld and findings.maybe_lost == frozenset()
