"""Made-up conversations with a true log hash, for tests that need no server."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from hearth.accounts.contract import UserCard
from hearth.client.replica.log_hash import chain_hash, start_hash
from hearth.conversations.contract import Conversation, Member
from hearth.inbox.contract import InboxItem
from hearth.messages.contract import Entry

MOMENT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
ALICE, BOB = 1, 2
ID = "a1" * 16


def make_card(user_id: int) -> UserCard:
    return UserCard(id=user_id, username=f"user{user_id}", display_name=f"User {user_id}")


def make_entries(count: int, *, from_user: int = BOB, conversation_id: str = ID) -> list[Entry]:
    """A log of `count` messages from seq 1 on."""
    entries: list[Entry] = []
    before = start_hash(conversation_id)
    for seq in range(1, count + 1):
        unchained = Entry(
            conversation_id=conversation_id,
            seq=seq,
            ordinal=seq,
            kind=1,
            from_user=from_user,
            from_device="d0" * 16,
            client_id=f"{seq:032x}",
            counter=seq,
            epoch=0,
            target_seq=0,
            record=b'\0{"type":"text","text":"%d"}' % seq,
            log_hash=b"\0" * 32,
            timestamp=MOMENT + timedelta(seconds=seq),
        )
        before = chain_hash(before, unchained)
        entries.append(msgspec.structs.replace(unchained, log_hash=before))
    return entries


def make_item(entries: list[Entry], *, unread: int | None = None, conversation_id: str = ID) -> InboxItem:
    """The row of a conversation between Alice and Bob with these entries; Alice has read nothing."""
    last: Any = entries[-1] if entries else None
    seq = last.seq if last else 0
    return InboxItem(
        conversation=Conversation(
            id=conversation_id,
            kind="direct",
            open=True,
            users=[make_card(ALICE), make_card(BOB)],
            created_at=MOMENT,
        ),
        members=[
            Member(user_id=ALICE, role="member", joined_seq=0, delivered_seq=0, read_seq=0),
            Member(user_id=BOB, role="member", joined_seq=0, delivered_seq=seq, read_seq=seq),
        ],
        last_seq=seq,
        last_ordinal=seq,
        log_hash=last.log_hash if last else start_hash(conversation_id),
        last_entry=last,
        unread=seq if unread is None else unread,
        state_seq=0,
        pin_seq=0,
    )
