"""What can be asked of a conversation's epochs and of the wraps that are for oneself.

An epoch is one transaction: record, roster, wraps, members and the entry of kind 16 in the conversation's log
(docs/protocol-encryption.md, sections 7 and 11). What it is checked for: docs/domain/epochs.md.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, field

from hearth.contract import Command, ConversationId, Event, Hash32, Seq, Shape, UserId
from hearth.vault.contract import Counter, Number, Wrap

KIND_EPOCH: Literal[16] = 16
"""Of a log entry whose record is an epoch's."""
KIND_LEAVE: Literal[17] = 17
"""Of one by which somebody leaves."""
MOST_RECORD_BYTES = 32_768
MOST_ROSTER_BYTES = 2 + 200 * 121
MOST_HISTORY_BYTES = 33 + 4 + 8192 * 40
RecordBytes = Annotated[bytes, Meta(min_length=66, max_length=MOST_RECORD_BYTES)]
RosterBytes = Annotated[bytes, Meta(min_length=2, max_length=MOST_ROSTER_BYTES)]
HistoryBytes = Annotated[bytes, Meta(min_length=37, max_length=MOST_HISTORY_BYTES)]


class MemberWrap(Shape, forbid_unknown_fields=True):
    """32 bytes sealed to a member's newest receive key: the seed of the epoch, or the key of a history."""

    user_id: UserId
    wrap: Wrap


MemberWraps = Annotated[list[MemberWrap], Meta(max_length=200)]


class NewHistory(Shape, forbid_unknown_fields=True):
    """What newcomers are given of earlier epochs (section 7.8): the list, and its key for each of them."""

    sealed: HistoryBytes
    wraps: MemberWraps


class EpochMade(Event, name="epoch.made"):
    """To the members as of then: the conversation is in epoch `n`, whose entry has this seq. A hint."""

    conversation_id: ConversationId
    n: Number
    seq: Seq


class EpochTaken(Shape):
    """The epoch is on disk, now or since before; `timestamp` is the server's, by which its age counts."""

    conversation_id: ConversationId
    n: Number
    seq: Seq
    timestamp: datetime


class MakeEpoch(Command, name="epoch.make", limit="60/60s", per="device", large=True):
    """Make the next epoch of a conversation; create makes a group's conversation, add and remove its stays.

    `roster` is left out when its hash is that of the epoch before. `wraps`: one for each member of the roster
    with a receive version above 0, oneself included, and no other. `history` exactly when the record has a
    `history from`, with a wrap for each target that has a receive version.
    A record that is stored already, byte for byte, is answered as before. After these conflicts (409) fetch
    and make it anew: `epoch_moved` (another epoch was first), `receive_outdated` (a member's newest receive
    key is another one), `chain_moved` (a roster line states neither what the epoch before did nor its
    person's newest head; the actor's own states the newest). `not_accepted` (422): the verdict of section 12
    is in `fields`. `not_found`: no member. `not_friends`: who is brought in, or the other of a direct one, is
    no friend. `limit_reached`: somebody is in 500 groups.
    """

    record: RecordBytes
    roster: RosterBytes | None = None
    wraps: MemberWraps = field(default_factory=list)
    history: NewHistory | None = None


class Epoch(Shape):
    """A stored epoch. `roster` is null where it is that of the one before it on the same page."""

    n: Number
    record: RecordBytes
    roster: RosterBytes | None
    seq: Seq
    timestamp: datetime


class Epochs(Shape):
    """Ascending, without gaps within a stay, at most 384 KiB; there is more when the last is below `n`.

    `n` is the newest epoch that the asker may know of, 0 before the first.
    """

    conversation_id: ConversationId
    n: Counter
    epochs: list[Epoch]


class ListEpochs(Command, name="epoch.list", limit="300/60s"):
    """A page of a conversation's epochs from n = `first` on: those of one's stays, and the one before each.

    `not_found` for who never was a member.
    """

    conversation_id: ConversationId
    first: Number = 1
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


class EpochHead(Shape):
    """The newest epoch of a conversation that the asker may know of."""

    conversation_id: ConversationId
    n: Number
    record_hash: Hash32
    seq: Seq
    timestamp: datetime


class EpochHeads(Shape):
    heads: list[EpochHead]


class ListEpochHeads(Command, name="epoch.heads", limit="120/60s"):
    """The newest epochs of these conversations. What is not the asker's or has no epoch is left out."""

    conversation_ids: Annotated[list[ConversationId], Meta(min_length=1, max_length=500)]


class WrapName(Shape, forbid_unknown_fields=True):
    """Which epoch a wrap is of."""

    conversation_id: ConversationId
    n: Number


class OwnWrap(Shape):
    """A seed for the asker; `has_history`: `epoch.history` has more, until the wrap is dropped."""

    conversation_id: ConversationId
    n: Number
    record_hash: Hash32
    wrap: Wrap
    has_history: bool


class OwnWraps(Shape):
    """By conversation and n; there is more after the last when `more`."""

    wraps: list[OwnWrap]
    more: bool


class ListWraps(Command, name="epoch.wraps", limit="300/60s"):
    """A page of all wraps that wait for oneself, after one of them. For listed devices only."""

    after: WrapName | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 100


class DropWraps(Command, name="epoch.drop_wraps", limit="60/60s"):
    """The seeds of these are in the keyring: their wraps go, and with each what it had of history.

    For listed devices only. A wrap that is gone already is passed over.
    """

    wraps: Annotated[list[WrapName], Meta(min_length=1, max_length=500)]


class History(Shape):
    """Earlier seeds for oneself as a newcomer: the list, sealed under the key in `wrap`."""

    wrap: Wrap
    sealed: HistoryBytes


class ReadEpochHistory(Command, name="epoch.history", limit="60/60s"):
    """What came with the epoch that added oneself, if its wrap is still there. For listed devices only."""

    conversation_id: ConversationId
    n: Number


LeaveBytes = Annotated[bytes, Meta(min_length=66, max_length=16_384)]
RewrapBytes = Annotated[bytes, Meta(min_length=66, max_length=16_384)]


class Left(Shape):
    """The leave entry is on disk, now or since before."""

    conversation_id: ConversationId
    n: Number
    seq: Seq


class LeaveGroup(Command, name="epoch.leave", limit="30/60s"):
    """Leave a group by a signed entry of kind 17, in its newest epoch (section 8.6).

    From then on nothing is taken under that epoch; who left is a member until an epoch without them. Errors:
    `epoch_moved` (make the entry anew), `not_accepted` (422, the verdict in `fields`), `not_found`.
    """

    entry: LeaveBytes


class OfferEpoch(Command, name="epoch.offer", limit="20/60s", large=True):
    """After a restore: the next epoch of a conversation as it was made before, byte for byte, by any member.

    The server has checked it once and does so again, by the chains that it has now: `chain_moved` (409) means
    that somebody has not offered theirs yet. It comes without wraps: seeds are asked for again (7.7).
    `not_restored` (409): there was no restore of late. It stays lost after `not_friends` (403): somebody whom
    it brings in is no friend of its actor now; and after `leave_lost` (409): the entry by which a removed
    person left is not there. Otherwise as `epoch.make`.
    """

    record: RecordBytes
    roster: RosterBytes | None = None


class MarkRestored(Command, name="epoch.restored", limit="60/60s"):
    """Append the signed entry of kind 18 (section 8.6), above which a log's lost entries are offered.

    The first one counts: a later one is answered with its place. Errors: `not_restored`, `epoch_moved`,
    `not_accepted`, `not_found`.
    """

    entry: LeaveBytes


class RestoredAt(Shape):
    """Where the log goes on. `is_own` tells whether the asker's entry is the one that stands there."""

    conversation_id: ConversationId
    seq: Seq
    is_own: bool


class RewrapAsked(Event, name="rewrap.asked"):
    """To the other members: somebody has no seed of epoch `n`. A hint; `rewrap.list` has the request."""

    conversation_id: ConversationId
    n: Number
    user_id: UserId


class RewrapAnswered(Event, name="rewrap.answered"):
    """To all members: nobody else needs to answer this person's request."""

    conversation_id: ConversationId
    n: Number
    user_id: UserId


class AskRewrap(Command, name="rewrap.ask", limit="60/3600s", per="device"):
    """Ask co-members for the seed of an epoch whose roster one is in (section 7.7).

    One request of a member for an epoch is kept, the newest; a new one has no answer yet. Errors:
    `epoch_moved` (there is no such epoch), `not_accepted` (422, the verdict in `fields`), `not_found`.
    """

    request: RewrapBytes


class AnswerRewrap(Command, name="rewrap.answer", limit="600/3600s"):
    """Answer a co-member's request that names this receive key. The first answer is kept.

    `not_found`: no member, no device that is listed, no such request, or one's own.
    """

    conversation_id: ConversationId
    n: Number
    user_id: UserId
    receive_hash: Hash32
    answer: Wrap


class RewrapAnswer(Shape):
    """The seed of an epoch, sealed to the receive key that one's request named. It may be a wrong one."""

    conversation_id: ConversationId
    n: Number
    receive_hash: Hash32
    answer: Wrap


class OpenRewrap(Shape):
    """A co-member's request that nobody has answered, for an epoch that one may know of."""

    conversation_id: ConversationId
    n: Number
    request: RewrapBytes


class Rewraps(Shape):
    """Each the newest first. An answer stays until its wrap is dropped (`epoch.drop_wraps`) or asked anew."""

    answers: list[RewrapAnswer]
    requests: list[OpenRewrap]


class ListRewraps(Command, name="rewrap.list", limit="120/60s"):
    """The answers that wait for oneself, and what co-members ask for. For listed devices only."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 50
