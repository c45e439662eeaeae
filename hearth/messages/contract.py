"""What can be asked of a conversation's log, and what its members are told.

`record` is opaque: sealed on devices, bounded and stored here, never looked into.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from hearth.contract import ClientId, Command, ConversationId, DeviceId, Event, Hash32, Seq, Shape, UserId
from hearth.conversations.contract import Member

MAX_RECORD_BYTES = 64 * 1024
Record = Annotated[bytes, Meta(min_length=1, max_length=MAX_RECORD_BYTES)]
Counter = Annotated[int, Meta(ge=1, le=2**53 - 1)]
KIND_VOID: Literal[0] = 0
KIND_MESSAGE: Literal[1] = 1
KIND_EDIT: Literal[2] = 2
KIND_REACTION: Literal[3] = 3
KIND_DELETION: Literal[4] = 4
KIND_STATE: Literal[6] = 6
KIND_PIN: Literal[7] = 7
SealedKind = Literal[0, 1, 2, 3, 4, 5, 6, 7]


class Entry(Shape, omit_defaults=True):
    """One entry of a conversation's log.

    `ordinal` counts the entries of kind message up to and with this one. `log_hash` is H(seq), chained as
    docs/domain/messages.md says: H(s) = SHA-256(H(s-1) ‖ s u64 ‖ kind u16 ‖ from_user u64 ‖ SHA-256(record)).
    Kind 16 is an epoch record (hearth/epochs); such entries have counter 0. A deletion (kind 4) empties its
    target, with the edits and reactions of that: `record` is empty then, and `record_hash` is what it had.
    """

    conversation_id: ConversationId
    seq: Seq
    ordinal: Seq
    kind: int
    from_user: UserId
    from_device: DeviceId
    client_id: ClientId
    counter: Seq
    epoch: Seq
    target_seq: Seq
    record: bytes
    log_hash: Hash32
    timestamp: datetime
    record_hash: Hash32 | None = None


class Sent(Shape):
    """A send is on disk at this place. A retry with the same client_id gets the same answer."""

    seq: Seq
    ordinal: Seq
    log_hash: Hash32
    timestamp: datetime


class LeftOut(Shape):
    """Of what is aimed at the entry `seq` at least `count` entries did not come: `message.aimed` has them."""

    seq: Seq
    count: Seq


class Page(Shape):
    """A contiguous stretch of the log, oldest first, and what it takes to check and show it.

    What belongs to its entries and stands elsewhere comes along, by seq, as far as the asker may read it and
    as it fits. In `answered` is what they reply to, in `aimed` what is aimed at them as `message.aimed` says,
    and of edits and deletions also what is aimed at those in `answered`. `left_out` is of `aimed` alone.

    `hash_before` is H(first seq − 1), or H(last_seq) for an empty page; `first_seq` is the lowest seq that
    the asker may read and `last_seq` the head. `members` carries everybody's cursors as of now; in a closed
    conversation those of the others as they stood when it closed.
    """

    conversation_id: ConversationId
    entries: list[Entry]
    aimed: list[Entry]
    answered: list[Entry]
    left_out: list[LeftOut]
    hash_before: Hash32
    first_seq: Seq
    last_seq: Seq
    last_ordinal: Seq
    members: list[Member]


class SendMessage(Command, name="message.send", limit="60/10s"):
    """Append a record to a conversation one is a member of; answered only after it is durably stored.

    It is sealed under an epoch of the conversation, whatever its kind, and judged as
    docs/protocol-encryption.md says in sections 8.3 and 11: `not_sealed` (422: it names no epoch),
    `epoch_too_old` (409: seal again under the newest), `not_accepted` (422, with the verdict in `fields`).
    """

    conversation_id: ConversationId
    client_id: ClientId
    counter: Counter
    record: Record
    kind: SealedKind = KIND_MESSAGE
    epoch: Seq = 0
    target_seq: Seq = 0


class OfferedEntry(Shape, forbid_unknown_fields=True):
    """A sealed entry as a client has it from before a restore, whoever wrote it."""

    from_user: UserId
    from_device: DeviceId
    client_id: ClientId
    counter: Counter
    record: Record
    kind: SealedKind
    epoch: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    target_seq: Seq = 0


class OfferedPlace(Shape):
    """Where an offered entry stands now, or (0) the code of what stands against it."""

    seq: Seq
    code: str | None = None


class Offered(Shape):
    """What became of each entry, in order."""

    places: list[OfferedPlace]


class OfferEntries(Command, name="message.offer", limit="60/60s", large=True):
    """After a restore: entries that the log has lost, oldest first, above its entry of kind 18.

    Each takes the next place under the rules of `message.send`, but for ages: 14 days and 2,000 entries do
    not count, nor does what it is aimed at, which stands elsewhere now. Author and asker are members, and the
    device was listed since the backup. What is there already (author, client id and bytes) is answered with
    its place; other bytes are a `conflict`. `not_restored` (409): no restore of late, or the log was not
    marked by `epoch.restored`. Offer epochs where they stood between. Entries of at most two epochs in one
    request, and 1,500 in a minute.
    """

    conversation_id: ConversationId
    entries: Annotated[list[OfferedEntry], Meta(min_length=1, max_length=100)]


class ReadHistory(Command, name="message.history", limit="300/60s"):
    """A page of at most `limit` messages: around, before (exclusive) or after (exclusive) `seq`.

    Seq 0 with "before" means the newest page. What lies between the messages comes with them, so a page has
    fewer than `limit` only where 384 KiB are full or the log ends.
    """

    conversation_id: ConversationId
    seq: Seq
    direction: Literal["before", "after", "around"] = "before"
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


class ReadAimed(Command, name="message.aimed", limit="300/60s"):
    """What is aimed at these entries: for a device that has them and may have missed what came above.

    It is only what stands between `after` and `before` (both exclusive; before 0: up to the head). Of each
    entry come the deletions, the newest two and the oldest of its author's edits, the newest two pins, and
    the newest 200 of reactions and votes; not what was emptied, but the deletions of that. Replies are no
    part of it. With what was left out one goes on below the lowest that came.
    """

    conversation_id: ConversationId
    seqs: Annotated[list[Seq], Meta(min_length=1, max_length=100)]
    after: Seq = 0
    before: Seq = 0


class Aimed(Shape):
    """By seq, at most 384 KiB."""

    entries: list[Entry]
    left_out: list[LeftOut]


class ReadStates(Command, name="message.states", limit="120/60s"):
    """The entries of kind 6 by which these groups' title, description and picture are known.

    They are of the stay that one is in, or was in last: the newest three by who may change the settings, the
    first three by others, who repeat what was in force, and the newest of all (`state_seq` of an inbox row).
    """

    conversations: Annotated[list[ConversationId], Meta(min_length=1, max_length=50)]


class States(Shape):
    """By conversation and seq, at most 384 KiB; `left_out` names the conversations that did not fit."""

    entries: list[Entry]
    left_out: list[ConversationId]


class ReadPins(Command, name="message.pins", limit="120/60s"):
    """Of each target the newest entry of kind 7 of the stay that one is in, or was in last, and the target.

    Of these the newest 100.
    """

    conversation_id: ConversationId


class Pins(Shape):
    """By seq, at most 384 KiB, of which `entries` take up to half. `pinned`: as far as one may read it; the
    newest pins' first. `left_out`: there is more of either, or older entries were not looked at.
    """

    entries: list[Entry]
    pinned: list[Entry]
    left_out: bool = False


class MarkReceived(Command, name="receipt.mark", limit="200/10s"):
    """Move one's own cursors forward. A seq beyond the head counts as the head; a lower one is ignored."""

    conversation_id: ConversationId
    delivered_seq: Seq = 0
    read_seq: Seq = 0


class StartTyping(Command, name="typing.start", limit="60/60s"):
    """Tell the other members that one is writing; it lapses after 6 s, so repeat while it goes on."""

    conversation_id: ConversationId


class StopTyping(Command, name="typing.stop", limit="60/60s"):
    conversation_id: ConversationId


class MessageSent(Event, name="message.sent"):
    """To all members, the sender's devices included. A hint: what counts is `entry.seq`."""

    entry: Entry


class Cursor(Shape):
    user_id: UserId
    delivered_seq: Seq
    read_seq: Seq


class ReceiptsAdvanced(Event, name="receipts.advanced"):
    """To all members, coalesced over a short while. Cursors only grow."""

    conversation_id: ConversationId
    cursors: list[Cursor]


class TypingStarted(Event, name="typing.started"):
    """To the other members."""

    conversation_id: ConversationId
    user_id: UserId


class TypingStopped(Event, name="typing.stopped"):
    """To the other members."""

    conversation_id: ConversationId
    user_id: UserId
