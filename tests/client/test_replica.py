"""Hints in any order and any number; what is missing is noted, what does not fit is refused."""

import msgspec
import pytest

from hearth.client.problems import LogBroken
from hearth.client.replica.log_hash import chain_hash
from hearth.client.replica.state import Replica
from hearth.contract import Event
from hearth.conversations.contract import ConversationChanged
from hearth.friends.contract import FriendRemoved
from hearth.messages.contract import Cursor, ReceiptsAdvanced
from hearth.sync.contract import LogEntry
from tests.client.entries import ALICE, BOB, ID, MOMENT, make_entries, make_item


@pytest.fixture
def replica() -> Replica:
    replica = Replica(ALICE)
    replica.apply_item(make_item(make_entries(3)))
    return replica


def log_entry(seq: int, event: Event) -> LogEntry:
    payload = msgspec.Raw(msgspec.json.encode(event))
    return LogEntry(seq=seq, kind=type(event).wire_name, payload=payload, timestamp=MOMENT)


def test_the_next_entry_moves_the_head_and_counts_as_unread(replica: Replica) -> None:
    entry = make_entries(4)[3]
    assert replica.apply_entry(entry)
    state = replica.conversations[ID]
    assert (state.last_seq, state.unread, state.last_entry) == (4, 4, entry)
    assert not replica.needs_repair


def test_a_repeated_entry_changes_nothing(replica: Replica) -> None:
    before = replica.conversations[ID].to_item()
    assert not replica.apply_entry(make_entries(3)[1])
    assert replica.conversations[ID].to_item() == before


def test_a_gap_is_noted_and_nothing_is_taken(replica: Replica) -> None:
    assert not replica.apply_entry(make_entries(5)[4])
    assert replica.stale == {ID}
    assert replica.conversations[ID].last_seq == 3


def test_an_entry_of_an_unknown_conversation_is_noted() -> None:
    replica = Replica(ALICE)
    replica.apply_entry(make_entries(1)[0])
    assert replica.stale == {ID}


def test_a_forged_entry_is_refused(replica: Replica) -> None:
    forged = msgspec.structs.replace(make_entries(4)[3], record=b"\0forged")
    with pytest.raises(LogBroken):
        replica.apply_entry(forged)


def test_a_head_that_went_back_is_refused(replica: Replica) -> None:
    with pytest.raises(LogBroken):
        replica.apply_item(make_item(make_entries(2)))


def test_another_log_of_the_same_length_is_refused(replica: Replica) -> None:
    with pytest.raises(LogBroken):
        replica.apply_item(make_item(make_entries(3, from_user=ALICE)))


def test_cursors_only_grow(replica: Replica) -> None:
    for read_seq in (3, 1):
        cursors = [Cursor(user_id=BOB, delivered_seq=read_seq, read_seq=read_seq)]
        replica.apply_receipts(ReceiptsAdvanced(conversation_id=ID, cursors=cursors))
    assert replica.conversations[ID].members[BOB].read_seq == 3


def test_reading_in_the_middle_of_known_entries_counts_the_rest(replica: Replica) -> None:
    for entry in make_entries(6)[3:]:
        replica.apply_entry(entry)
    cursors = [Cursor(user_id=ALICE, delivered_seq=6, read_seq=5)]
    replica.apply_receipts(ReceiptsAdvanced(conversation_id=ID, cursors=cursors))
    assert replica.conversations[ID].unread == 1
    assert not replica.needs_repair


def test_reading_up_to_an_unknown_entry_asks_anew(replica: Replica) -> None:
    cursors = [Cursor(user_id=ALICE, delivered_seq=2, read_seq=2)]
    replica.apply_receipts(ReceiptsAdvanced(conversation_id=ID, cursors=cursors))
    assert replica.stale == {ID}


def test_ones_own_message_is_read(replica: Replica) -> None:
    entries = make_entries(3)
    own = make_entries(4, from_user=ALICE)[3]
    chained = msgspec.structs.replace(own, log_hash=b"\0" * 32)
    replica.apply_entry(msgspec.structs.replace(own, log_hash=chain_hash(entries[2].log_hash, chained)))
    assert replica.conversations[ID].unread == 0


def test_a_log_gap_is_noted_and_closed_by_the_missing_entry() -> None:
    replica = Replica(ALICE)
    first, second = log_entry(1, FriendRemoved(user_id=5)), log_entry(2, FriendRemoved(user_id=6))
    assert not replica.apply_log(second)
    assert replica.is_behind and replica.log_seq == 0
    assert replica.apply_log(first) and replica.apply_log(second)
    assert not replica.apply_log(first)
    assert replica.log_seq == 2


def test_a_kind_of_a_newer_server_is_passed_over() -> None:
    replica = Replica(ALICE)
    entry = LogEntry(seq=1, kind="pigeon.sent", payload=msgspec.Raw(b"{}"), timestamp=MOMENT)
    assert replica.apply_log(entry)
    assert replica.log_seq == 1


def test_a_new_conversation_is_fetched(replica: Replica) -> None:
    conversation = make_item([], conversation_id="b2" * 16).conversation
    replica.apply_log(log_entry(1, ConversationChanged(conversation=conversation)))
    assert replica.stale == {"b2" * 16}


def test_a_closed_conversation_is_closed_at_once(replica: Replica) -> None:
    closed = msgspec.structs.replace(replica.conversations[ID].conversation, open=False)
    replica.apply_log(log_entry(1, ConversationChanged(conversation=closed)))
    assert not replica.conversations[ID].conversation.open
    assert not replica.needs_repair


def test_an_epoch_moves_no_cursor_and_the_row_is_asked_for(replica: Replica) -> None:
    """A device makes it by itself, and people may have come or gone with it."""
    last = make_entries(3)[2]
    unchained = msgspec.structs.replace(last, seq=4, kind=16, counter=0, from_user=ALICE, epoch=1)
    entry = msgspec.structs.replace(unchained, log_hash=chain_hash(last.log_hash, unchained))
    assert replica.apply_entry(entry)
    state = replica.conversations[ID]
    assert (state.last_seq, state.unread, state.read_seq) == (4, 3, 0)
    assert replica.stale == {ID}
