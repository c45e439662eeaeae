"""What a device knows of one conversation: its row in the list, kept current by entries and receipts alone.

Invariant: `last_seq`, `last_ordinal` and `log_hash` belong together and change together.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from hearth.client.problems import LogBroken
from hearth.client.replica.log_hash import chain_hash
from hearth.conversations.contract import Conversation, Member
from hearth.inbox.contract import InboxItem
from hearth.messages.contract import KIND_PIN, KIND_STATE, Cursor, Entry

REMEMBERED_ORDINALS = 200


@dataclass(slots=True)
class ConversationState:
    """One conversation as one device of `user_id` sees it.

    Recent entries are kept for readers, 200 at most.
    """

    user_id: int
    conversation: Conversation
    members: dict[int, Member]
    last_seq: int
    last_ordinal: int
    log_hash: bytes
    last_entry: Entry | None
    read_ordinal: int
    state_seq: int
    pin_seq: int
    recent: OrderedDict[int, Entry] = field(default_factory=OrderedDict)

    @classmethod
    def from_item(cls, user_id: int, item: InboxItem) -> "ConversationState":
        """Take a row as the server has it."""
        return cls(
            user_id=user_id,
            conversation=item.conversation,
            members={member.user_id: member for member in item.members},
            last_seq=item.last_seq,
            last_ordinal=item.last_ordinal,
            log_hash=item.log_hash,
            last_entry=item.last_entry,
            read_ordinal=item.last_ordinal - item.unread,
            state_seq=item.state_seq,
            pin_seq=item.pin_seq,
        )

    def to_item(self) -> InboxItem:
        """Return the row as the server would send it."""
        return InboxItem(
            conversation=self.conversation,
            members=sorted(self.members.values(), key=lambda member: member.user_id),
            last_seq=self.last_seq,
            last_ordinal=self.last_ordinal,
            log_hash=self.log_hash,
            last_entry=self.last_entry,
            unread=self.unread,
            state_seq=self.state_seq,
            pin_seq=self.pin_seq,
        )

    @property
    def unread(self) -> int:
        return self.last_ordinal - self.read_ordinal

    @property
    def read_seq(self) -> int:
        own = self.members.get(self.user_id)
        return own.read_seq if own is not None else 0

    def append(self, entry: Entry) -> None:
        """Take the entry at last_seq + 1.

        Raises LogBroken when its hash does not follow from the log so far.
        """
        if chain_hash(self.log_hash, entry) != entry.log_hash:
            raise LogBroken(f"entry {entry.seq} of conversation {self.conversation.id} does not fit the log")
        self.last_seq, self.last_ordinal = entry.seq, entry.ordinal
        self.log_hash, self.last_entry = entry.log_hash, entry
        self.recent[entry.seq] = entry
        while len(self.recent) > REMEMBERED_ORDINALS:
            self.recent.popitem(last=False)
        if entry.kind == KIND_STATE:
            self.state_seq = entry.seq
        elif entry.kind == KIND_PIN:
            self.pin_seq = entry.seq
        if entry.counter:  # an epoch is often made by a device alone, with nobody having read anything
            self._raise_cursors_of_sender(entry)
        if entry.seq <= self.read_seq:
            self.read_ordinal = entry.ordinal

    def advance(self, cursors: Iterable[Cursor | Member]) -> bool:
        """Raise members' cursors. Returns False when what is unread can no longer be told from here."""
        certain = True
        for cursor in cursors:
            member = self.members.get(cursor.user_id)
            if member is None:
                continue
            read_before = member.read_seq
            self.members[cursor.user_id] = grown = msgspec.structs.replace(
                member,
                delivered_seq=max(member.delivered_seq, cursor.delivered_seq),
                read_seq=max(member.read_seq, cursor.read_seq),
            )
            if cursor.user_id == self.user_id and grown.read_seq > read_before:
                certain = self._recount(grown.read_seq)
        return certain

    def _recount(self, read_seq: int) -> bool:
        if read_seq >= self.last_seq:
            self.read_ordinal = self.last_ordinal
            return True
        entry = self.recent.get(read_seq)
        if entry is None:
            return False
        self.read_ordinal = entry.ordinal
        return True

    def _raise_cursors_of_sender(self, entry: Entry) -> None:
        sender = self.members.get(entry.from_user)
        if sender is not None:
            self.members[entry.from_user] = msgspec.structs.replace(
                sender,
                delivered_seq=max(sender.delivered_seq, entry.seq),
                read_seq=max(sender.read_seq, entry.seq),
            )
