"""How a device gets up to date: from its cursors, or from a snapshot when they are of no use."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw

from hearth.accounts.contract import Device, OwnProfile, UserCard
from hearth.contract import Command, ConversationId, DeviceId, Id, Seq, Shape, UserId
from hearth.friends.contract import Friend, FriendRequest
from hearth.inbox.contract import InboxItem
from hearth.messages.contract import Cursor
from hearth.presence.contract import Presence

MAX_HEADS = 2000
"""Of conversations in one frame: as many as fit into a request (128 KiB), whatever their numbers."""
KnownHeads = Annotated[dict[ConversationId, Seq], Meta(max_length=3000)]


class LogEntry(Shape):
    """One entry of the user's own log: `kind` is an event's name, `payload` the event. Live it is "log"."""

    seq: Seq
    kind: str
    payload: Raw
    timestamp: datetime


Part = Literal["friends", "requests", "blocked"]


class Rest(Shape):
    """Where a list of the snapshot goes on: `sync.rest` gives what comes after this id."""

    part: Part
    after: Seq


class Snapshot(Shape):
    """Everything that a user's log tells, as it stands at `Opened.log_seq`, up to what fits into one answer.

    `rest` names the lists that are longer; fetch them, then apply what the log has told meanwhile.
    """

    profile: OwnProfile
    devices: list[Device]
    friends: list[Friend]
    requests: list[FriendRequest]
    blocked: list[UserCard]
    rest: list[Rest]


class SnapshotPart(Shape):
    """More of one list of the snapshot, by id; the other lists are empty. `rest` as in the snapshot."""

    friends: list[Friend]
    requests: list[FriendRequest]
    blocked: list[UserCard]
    rest: list[Rest]


class KnownCursors(Shape):
    """How far everybody has received and read in a conversation whose head the device has already."""

    conversation_id: ConversationId
    cursors: list[Cursor]


class Restore(Shape):
    """A backup took the database's place at `at`. It is of `backup_at`, null for one that does not say."""

    at: datetime
    backup_at: datetime | None


class Opened(Shape):
    """The answer to `sync.open`.

    Either `snapshot` is given, or `log` holds what came after the cursor (with `more`, ask `sync.log` for the
    rest). `items` are the conversations whose head differs from the device's, newest first, at most 50;
    `heads` names the head of the others that differ, to be fetched with `inbox.get`: the newest 2,000. With
    `more_heads` there are still others: `sync.heads` names all there are. With a snapshot all conversations
    differ. `receipts` holds the cursors of the 100 newest conversations that do
    not differ: receipts are in no log, and may have been missed. Presence covers friends who are not offline
    or were seen before. `restored` says when the database was last restored, if ever: passwords are those of
    the backup then. `private_position` is that of the newest private row (`private.list`).
    """

    server_id: Id
    generation: Id
    contract: int
    user_id: UserId
    device_id: DeviceId
    now: datetime
    log_seq: Seq
    log: list[LogEntry]
    more: bool
    snapshot: Snapshot | None
    items: list[InboxItem]
    heads: dict[ConversationId, Seq]
    more_heads: bool
    receipts: list[KnownCursors]
    presence: list[Presence]
    restored: Restore | None = None
    private_position: Seq = 0


class HeadsPage(Shape):
    """Heads of conversations by id, ascending; with `more`, ask for those after the last."""

    heads: dict[ConversationId, Seq]
    more: bool


class LogPage(Shape):
    """Entries after the cursor, oldest first; `gone` when the cursor is too old and a snapshot is needed."""

    entries: list[LogEntry]
    more: bool
    gone: bool


class OpenSync(Command, name="sync.open", limit="30/60s"):
    """First command on every connection. An unknown generation or log_seq 0 leads to a snapshot.

    Name the newest 2,000 conversations at most; those left out count as differing.
    """

    generation: Id | None = None
    log_seq: Seq = 0
    conversations: KnownHeads = msgspec.field(default_factory=dict)


class ReadLog(Command, name="sync.log", limit="120/60s"):
    after: Seq
    limit: Annotated[int, Meta(ge=1, le=500)] = 200


class ReadRest(Command, name="sync.rest", limit="300/60s"):
    """What comes after an id in one list of the snapshot. It is as of now, later than the snapshot."""

    part: Part
    after: Seq


class ReadHeads(Command, name="sync.heads", limit="60/60s"):
    """The heads of all one's conversations after an id, whether they differ or not, 2,000 at a time."""

    after: ConversationId | None = None
