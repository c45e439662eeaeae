"""A message as a program gets it: opened, with its sender's card."""

from dataclasses import dataclass
from datetime import datetime

from hearth.accounts.contract import UserCard
from hearth.client.content import CannotOpen, open_record
from hearth.client.replica.conversation import ConversationState
from hearth.messages.contract import Entry


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `text` is None when it was deleted or is of a kind that this version does not know."""

    conversation_id: str
    seq: int
    sender: UserCard
    text: str | None
    timestamp: datetime
    is_own: bool
    entry: Entry


def to_message(state: ConversationState, entry: Entry) -> Message:
    """Open an entry of kind message; what cannot be opened becomes a message without text."""
    try:
        text = open_record(entry.record).text
    except CannotOpen:
        text = None
    cards = {card.id: card for card in state.conversation.users}
    unknown = UserCard(id=entry.from_user, username="", display_name="", deleted=True)
    return Message(
        conversation_id=entry.conversation_id,
        seq=entry.seq,
        sender=cards.get(entry.from_user, unknown),
        text=text,
        timestamp=entry.timestamp,
        is_own=entry.from_user == state.user_id,
        entry=entry,
    )
