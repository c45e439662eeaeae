"""What a conversation looks like from outside. Direct ones are made with the friendship, never by command."""

from datetime import datetime
from typing import Literal

from hearth.accounts.contract import UserCard
from hearth.contract import ConversationId, Event, Seq, Shape, UserId

Kind = Literal["direct", "group", "self"]
Role = Literal["owner", "admin", "member"]


class Member(Shape):
    """One person's stay in a conversation with their cursors (seqs; they only grow)."""

    user_id: UserId
    role: Role
    joined_seq: Seq
    delivered_seq: Seq
    read_seq: Seq


class Conversation(Shape):
    """What seldom changes of a conversation. `open` is false when nothing can be sent (any more)."""

    id: ConversationId
    kind: Kind
    open: bool
    users: list[UserCard]
    created_at: datetime


class ConversationChanged(Event, name="conversation.changed", logged=True):
    """To its members: it came into being, opened or closed. Replaces what a device knew of it."""

    conversation: Conversation
