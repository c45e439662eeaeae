"""The log of messages as verbs see it: append and mark; durable when answered, told to members after commit.

Per conversation, members are told in the order of seq. Whoever misses an event finds the gap by seq and asks.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import msgspec

from hearth.clock import Clock
from hearth.contract import Actor, Later, Members
from hearth.db.bulk import Steps, Syntax
from hearth.db.committer import Committer
from hearth.errors import HearthError, StorageUnavailable
from hearth.figures import BatchFigures
from hearth.messages.append import Draft, Item, Key, Mark, Marks, Moved, Outcome, Place, TimeCodec, append
from hearth.messages.contract import (
    Cursor,
    Entry,
    MarkReceived,
    MessageSent,
    ReceiptsAdvanced,
    SendMessage,
    Sent,
)
from hearth.messages.known_epochs import KnownEpochs
from hearth.messages.receipts import ReceiptBuffer
from hearth.messages.tables import MESSAGE

if TYPE_CHECKING:
    from hearth.bus.local import Bus
    from hearth.db.engine import Database

LOG = logging.getLogger(__name__)
ENCODER = msgspec.json.Encoder()
OVERHEAD_BYTES = 256
"""What a row weighs beside its record."""
MAX_DOUBTFUL = 10_000


class MessageLog:
    """One per process; `append` and `mark` may be called from any number of tasks."""

    def __init__(self, database: "Database", bus: "Bus", clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._codec = make_time_codec(database)
        self._committer: Committer[Item, Outcome] = Committer(database, self._plan, self._tell)
        self._receipts = ReceiptBuffer(self._submit_marks)
        self._known_epochs = KnownEpochs()
        self._doubtful: set[Key] = set()

    async def start(self) -> None:
        await self._committer.start()

    async def stop(self) -> None:
        """Write what was accepted, receipts included; then refuse."""
        self._receipts.close()
        await self._committer.stop()

    @property
    def depth(self) -> int:
        """How many items wait for the committer."""
        return self._committer.depth

    @property
    def receipts_depth(self) -> int:
        """How many cursors wait to be handed to the committer."""
        return len(self._receipts)

    @property
    def figures(self) -> BatchFigures:
        """What the committer counts."""
        return self._committer.figures

    def is_alive(self, stalled_seconds: float, crowded: float) -> bool:
        """Whether messages are being written; see Committer.is_alive."""
        return self._committer.is_alive(stalled_seconds, crowded)

    def append(self, actor: Actor, command: SendMessage) -> Later[Sent]:
        """Append to a conversation's log; the entry's place comes once it is on disk.

        Then raises NotFound (no member), ConversationClosed, NotSealed, EpochTooOld, NotAccepted, Conflict
        (client_id stands for another record) or StorageUnavailable; at once Busy, when the queue is full. The
        same command may be sent again.
        """
        draft = Draft(
            bytes.fromhex(command.conversation_id),
            actor.user_id,
            bytes.fromhex(command.client_id),
            actor.device_id,
            command.counter,
            command.kind,
            command.epoch,
            command.target_seq,
            command.record,
        )
        return Later(self._committer.submit(draft, len(draft.record) + OVERHEAD_BYTES), make_answer)

    def offer(self, draft: Draft) -> "asyncio.Future[Outcome]":
        """Append an entry from before a restore: as `append`, without its making an answer. Raises Busy."""
        return self._committer.submit(draft, len(draft.record) + OVERHEAD_BYTES)

    def forget_person(self, user_id: int) -> None:
        """Somebody's chain grows, or may have: which devices may write under which epoch is read again."""
        self._known_epochs.forget_person(user_id)

    def mark(self, actor: Actor, command: MarkReceived) -> None:
        """Note one's cursors; they are written within a second, if one is a member. Raises Busy."""
        self._receipts.add(
            Mark(
                bytes.fromhex(command.conversation_id),
                actor.user_id,
                command.delivered_seq,
                command.read_seq,
            )
        )

    def _plan(self, items: Sequence[Item], syntax: Syntax) -> Steps[list[Outcome | HearthError]]:
        return append(items, syntax, self._clock.now(), self._codec, self._known_epochs)

    def _submit_marks(self, marks: Marks) -> None:
        future = self._committer.submit(marks, OVERHEAD_BYTES)

        def settle(done: "asyncio.Future[Outcome]") -> None:
            if not done.cancelled() and isinstance(done.exception(), StorageUnavailable):
                self._receipts.give_back(marks)

        future.add_done_callback(settle)

    def _tell(self, items: Sequence[Item], outcomes: Sequence[Outcome | HearthError]) -> None:
        sent: dict[bytes, list[tuple[Draft, Place]]] = {}
        all_moved: list[Moved] = []
        for item, outcome in zip(items, outcomes, strict=True):
            if isinstance(outcome, Place):
                draft = cast(Draft, item)
                if self._is_news(draft, outcome):
                    sent.setdefault(draft.conversation_id, []).append((draft, outcome))
            elif isinstance(outcome, list):
                all_moved += outcome
            elif isinstance(outcome, StorageUnavailable) and isinstance(item, Draft):
                self._note_doubt(item)
        for conversation_id, entries in sent.items():
            self._tell_sent(conversation_id, entries)
        for moved in all_moved:
            self._tell_moved(moved)

    def _note_doubt(self, draft: Draft) -> None:
        """A commit whose answer was lost may be on disk all the same: then its retry tells the members."""
        if len(self._doubtful) < MAX_DOUBTFUL:
            self._doubtful.add(draft[:3])

    def _is_news(self, draft: Draft, placed: Place) -> bool:
        """Whether members have not been told of this entry yet."""
        if self._doubtful and draft[:3] in self._doubtful:
            self._doubtful.discard(draft[:3])
            return True
        return placed.is_new

    def _tell_sent(self, conversation_id: bytes, entries: list[tuple[Draft, Place]]) -> None:
        """Tell the members of one conversation, who are the same in the whole batch, of its new entries."""
        audience = Members(conversation_id, entries[0][1].members)
        payloads = [ENCODER.encode(make_event(draft, placed)) for draft, placed in entries]
        self._bus.publish(audience, "message.sent", *payloads)

    def _tell_moved(self, moved: Moved) -> None:
        """In a closed conversation everybody's cursors are news to their own devices only."""
        conversation_id = moved.conversation_id.hex()
        cursors = [Cursor(user_id=u, delivered_seq=d, read_seq=r) for u, d, r in moved.cursors]
        groups = [(moved.members, cursors)]
        if not moved.is_open:
            groups = [((cursor.user_id,), [cursor]) for cursor in cursors]
        for members, of_group in groups:
            event = ReceiptsAdvanced(conversation_id=conversation_id, cursors=of_group)
            self._bus.publish(
                Members(moved.conversation_id, members), "receipts.advanced", ENCODER.encode(event)
            )


def make_answer(placed: Place) -> Sent:
    """Return what a sender is told of an entry that is on disk."""
    return Sent(seq=placed.seq, ordinal=placed.ordinal, log_hash=placed.log_hash, timestamp=placed.timestamp)


def make_event(draft: Draft, placed: Place) -> MessageSent:
    """Return what members are told of a new entry."""
    return MessageSent(
        entry=Entry(
            conversation_id=draft.conversation_id.hex(),
            seq=placed.seq,
            ordinal=placed.ordinal,
            kind=draft.kind,
            from_user=draft.from_user,
            from_device=draft.from_device.hex(),
            client_id=draft.client_id.hex(),
            counter=draft.counter,
            epoch=draft.epoch,
            target_seq=draft.target_seq,
            record=draft.record,
            log_hash=placed.log_hash,
            timestamp=placed.timestamp,
        )
    )


def make_time_codec(database: "Database") -> TimeCodec:
    """Return how this database's driver takes and gives the column `message.timestamp`."""
    dialect = database.engine.dialect
    column_type = MESSAGE.c.timestamp.type.dialect_impl(dialect)
    write, read = column_type.bind_processor(dialect), column_type.result_processor(dialect, None)
    if write is None or read is None:
        raise RuntimeError("moments are always converted")
    return TimeCodec(write, cast(Callable[[Any], datetime], read))
