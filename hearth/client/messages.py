"""A message as a program gets it: opened, with its sender's card."""

from dataclasses import dataclass
from datetime import datetime

from hearth.accounts.contract import UserCard
from hearth.client.content import CannotOpen, open_record
from hearth.client.crypto.log.rows import Judgement
from hearth.client.replica.conversation import ConversationState
from hearth.messages.contract import Entry
from hearth.sealed.core.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    `text` is None when it was deleted, is of a kind that this version does not know, or did not pass: then
    `verdict` says why (section 12 of docs/protocol-encryption.md). `keyless` and `unproven` ones are given
    again once they can be opened. `is_encrypted` is true for what was opened or is sealed.
    """

    conversation_id: str
    seq: int
    sender: UserCard
    text: str | None
    timestamp: datetime
    is_own: bool
    entry: Entry
    is_encrypted: bool = False
    verdict: Verdict | None = None


def to_message(state: ConversationState, entry: Entry, judgement: Judgement | None) -> Message:
    """Return an entry of kind message as it was judged; without a judgement this device has no keys."""
    text, verdict = read_text(entry, judgement)
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
        is_encrypted=is_sealed(entry),
        verdict=verdict,
    )


def is_sealed(entry: Entry) -> bool:
    """Tell whether a record is sealed, or was before it was emptied."""
    return entry.record[:1] not in (b"", b"\0") or entry.epoch > 0


def read_text(entry: Entry, judgement: Judgement | None) -> tuple[str | None, Verdict | None]:
    """Return what stands in a message, or why it does not."""
    if not entry.record:
        return None, None
    if judgement is None:
        if is_sealed(entry):
            return None, Verdict.KEYLESS
    elif judgement.verdict is not None:
        return None, judgement.verdict
    elif judgement.content is not None:
        text = judgement.content.fields.get("text")
        is_text = judgement.content.type == "text" and isinstance(text, str)
        return (text, None) if is_text else (None, Verdict.UNSUPPORTED)
    try:
        return open_record(entry.record).text, None
    except CannotOpen:
        return None, Verdict.UNSUPPORTED
