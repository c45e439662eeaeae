"""What one's list of conversations is made of."""

from typing import Annotated

from msgspec import Meta

from hearth.contract import Command, ConversationId, Hash32, Seq, Shape
from hearth.conversations.contract import Conversation, Member
from hearth.messages.contract import Entry


class InboxItem(Shape):
    """One conversation as its row in the list needs it. `unread` counts messages after one's own read cursor.

    `last_entry` is missing where there is none, and where many large records would not fit into one answer.
    `state_seq` and `pin_seq` are the newest entries of kinds 6 and 7 of the stay that one is in, or was in
    last, 0 without: who has not got them asks `message.states` and `message.pins`.
    """

    conversation: Conversation
    members: list[Member]
    last_seq: Seq
    last_ordinal: Seq
    log_hash: Hash32
    last_entry: Entry | None
    unread: Seq
    state_seq: Seq
    pin_seq: Seq


class InboxItems(Shape):
    items: list[InboxItem]


class GetInboxItems(Command, name="inbox.get", limit="300/60s"):
    """The rows of these conversations; those one is no member of are left out."""

    conversations: Annotated[list[ConversationId], Meta(min_length=1, max_length=50)]
