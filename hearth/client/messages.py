"""A message as a program gets it: opened, with its sender's card, and with what was done to it since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from hearth.accounts.contract import UserCard
from hearth.client.applied import Applied, Stood, apply_all, list_deleted
from hearth.client.content import CannotOpen, open_record
from hearth.client.crypto.log.rows import Aim, Judgement
from hearth.client.device_file import DeviceFile
from hearth.client.names import name_card
from hearth.client.replica.conversation import ConversationState
from hearth.client.said import Poll, Said, Text, read_said
from hearth.messages.contract import KIND_MESSAGE, Entry
from hearth.sealed.core.verdicts import Rejected, Verdict


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    `text` is None when it was deleted, is a poll, is of a kind that this version does not know, or did not
    pass: then `verdict` says why (section 12 of docs/protocol-encryption.md). `keyless` and `unproven` ones
    are given again once they can be opened. `is_encrypted` is true for what was opened or is sealed.
    `reply_to` is the seq of the message that it answers, 0 without; `mentions` are user ids, `everyone` is
    told by who may call everybody in that group. Who reacted
    with which emoji, who voted for which options (`votes`, by user id), whether it was edited or pinned is
    told by `history`: a message that just came has none of it yet.
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
    reply_to: int = 0
    mentions: tuple[int, ...] = ()
    everyone: bool = False
    is_forwarded: bool = False
    poll: Poll | None = None
    is_edited: bool = False
    is_deleted: bool = False
    is_pinned: bool = False
    reactions: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    votes: Mapping[int, tuple[int, ...]] = field(default_factory=dict)


def to_message(state: ConversationState, entry: Entry, judgement: Judgement | None) -> Message:
    """Return an entry of kind message as it was judged; without a judgement this device has no keys."""
    said, verdict = read_message(entry, judgement)
    cards = {card.id: card for card in state.conversation.users}
    unknown = UserCard(id=entry.from_user, username="", display_name="", deleted=True)
    message = Message(
        conversation_id=entry.conversation_id,
        seq=entry.seq,
        sender=cards.get(entry.from_user, unknown),
        text=None,
        timestamp=entry.timestamp,
        is_own=entry.from_user == state.user_id,
        entry=entry,
        is_encrypted=is_sealed(entry),
        verdict=verdict,
        reply_to=entry.target_seq,
    )
    return message if said is None else show(message, Applied(said))


def name_sender(file: DeviceFile, message: Message) -> Message:
    """Return a message with its sender's card as their own devices say it."""
    return replace(message, sender=name_card(file, message.sender))


def show(message: Message, applied: Applied) -> Message:
    """Return a message with what it says now."""
    said = applied.said
    shown = replace(
        message,
        is_edited=applied.is_edited,
        is_pinned=applied.is_pinned,
        reactions={emoji: tuple(users) for emoji, users in applied.reactions.items()},
        votes=applied.votes,
    )
    if isinstance(said, Poll):
        return replace(shown, poll=said)
    return replace(
        shown,
        text=said.text,
        mentions=said.mentions,
        everyone=said.everyone,
        is_forwarded=said.is_forwarded,
    )


def show_messages(
    state: ConversationState,
    entries: Iterable[Entry],
    beside: Iterable[Entry],
    judged: Mapping[int, Judgement],
) -> list[Message]:
    """Return the messages among `entries`, by seq, with what these and those `beside` them do to them."""
    entries = list(entries)
    stood = list_stood([*entries, *beside], judged)
    applied, deleted = apply_all(stood), list_deleted(stood)
    messages = [to_message(state, entry, judged.get(entry.seq)) for entry in entries if is_message(entry)]
    return [
        show(message, applied[message.seq])
        if message.seq in applied
        else replace(message, text=None, poll=None, is_deleted=True)
        if message.seq in deleted
        else message
        for message in sorted(messages, key=lambda message: message.seq)
    ]


def list_stood(entries: Iterable[Entry], judged: Mapping[int, Judgement]) -> list[Stood]:
    """Return what stands of these entries, aimed at what is known if at anything, and says what it may."""
    stood = []
    for entry in {entry.seq: entry for entry in entries}.values():
        judgement = judged.get(entry.seq)
        said = None if judgement is None else read_stood(entry, judgement)
        if judgement is not None and said is not None:
            stood.append(Stood(entry.seq, entry.kind, entry.from_user, judgement.target, said))
    return stood


def read_stood(entry: Entry, judgement: Judgement) -> Said | None:
    """Return what an entry says if it counts."""
    is_applied = entry.kind == KIND_MESSAGE or judgement.aim is not Aim.UNKNOWN
    if judgement.verdict is not None or judgement.content is None or not is_applied:
        return None
    try:
        return _hear(read_said(entry.kind, judgement.content.fields), judgement)
    except Rejected:
        return None


def _hear(said: Said | None, judgement: Judgement) -> Said | None:
    """Return what was said as it counts: who may not call everybody has not."""
    if isinstance(said, Text) and said.everyone:
        return replace(said, everyone=judgement.may_call)
    return said


def is_message(entry: Entry) -> bool:
    return entry.kind == KIND_MESSAGE


def is_sealed(entry: Entry) -> bool:
    """Tell whether a record is sealed, or was before it was emptied."""
    return entry.record[:1] not in (b"", b"\0") or entry.epoch > 0


def read_message(entry: Entry, judgement: Judgement | None) -> tuple[Text | Poll | None, Verdict | None]:
    """Return what stands in a message, or why it does not."""
    if not entry.record:
        return None, None
    if judgement is None:
        if is_sealed(entry):
            return None, Verdict.KEYLESS
    elif judgement.verdict is not None:
        return None, judgement.verdict
    elif judgement.content is not None:
        try:
            said = _hear(read_said(KIND_MESSAGE, judgement.content.fields), judgement)
        except Rejected as rejected:
            return None, rejected.verdict
        return (said, None) if isinstance(said, Text | Poll) else (None, Verdict.UNSUPPORTED)
    try:
        return Text(open_record(entry.record).text), None
    except CannotOpen:
        return None, Verdict.UNSUPPORTED
