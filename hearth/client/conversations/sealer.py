"""Sealing what somebody wrote, for the outbox (docs/protocol-encryption.md, 8.2)."""

from hearth.client.content import read_kept
from hearth.client.conversations.act import seen_place
from hearth.client.conversations.bond import require_bond
from hearth.client.conversations.gossip import list_heads
from hearth.client.conversations.live import Live
from hearth.client.conversations.ready import is_ready, look_for_leaves, make_ready
from hearth.client.conversations.room import Room
from hearth.client.conversations.rows import make_target
from hearth.client.crypto.log.body import write_body
from hearth.client.crypto.making.device import Moment
from hearth.client.crypto.making.entry import Draft, seal_entry
from hearth.client.device_file import OutboxRow
from hearth.client.keys.keeper import Keeper
from hearth.client.keys.own import now_ms
from hearth.client.pauses import Pauses
from hearth.client.problems import NotReady, Problem, Waits, may_pass, to_error
from hearth.client.replica.conversation import ConversationState
from hearth.client.replica.state import Replica
from hearth.errors import HearthError, NotFound
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group.entries import EntryKind

FIRST_PAUSE = 0.5
MAX_PAUSE = 15.0


class Sealer:
    """Seals rows of an outbox; makes the first epoch of a conversation that has none."""

    def __init__(self, keeper: Keeper, replica: Replica) -> None:
        self._keeper, self._replica = keeper, replica

    async def seal(self, row: OutboxRow) -> None:
        """Seal a row under the newest epoch, for however long that has to wait.

        Raises HearthError; NoKeys; NotReady for a conversation that was stopped.
        """
        pauses = Pauses(FIRST_PAUSE, MAX_PAUSE)
        while True:
            try:
                await self._seal_now(row)
            except NotReady as reason:
                if reason.waits is Waits.STOPPED:
                    raise
                await self._keeper.wait_for_news(pauses.next())
            except HearthError as error:
                if not may_pass(error):
                    raise
                await self._keeper.wait_for_news(pauses.next(error.retry_after))
            else:
                return

    async def require_ready(self, key: str) -> None:
        """Raise NotReady, NoKeys or HearthError when something written now would have to wait."""
        state = self._find(key)
        async with self._keeper.hold() as room:
            await make_ready(room, room.open(key), state.conversation, state.last_seq)

    async def look_again(self, key: str) -> None:
        """The server takes nothing more under the epoch that a row was sealed under."""
        state = self._find(key)
        pauses = Pauses(FIRST_PAUSE, MAX_PAUSE)
        while True:
            try:
                async with self._keeper.hold() as room:
                    await look_for_leaves(room, room.open(key), state.last_seq)
            except HearthError as error:
                if not may_pass(error):
                    raise
                await self._keeper.wait_for_news(pauses.next(error.retry_after))
            else:
                return

    async def _seal_now(self, row: OutboxRow) -> None:
        state = self._find(row.conversation_id)
        if self._seal_at_once(row, state):
            return
        try:
            async with self._keeper.hold() as room:
                live = room.open(row.conversation_id)
                await make_ready(room, live, state.conversation, state.last_seq)
                _seal(room, live, row)
        except Rejected as rejected:
            raise NotReady(Waits.UNCONFIRMED, verdict=rejected.verdict) from rejected

    def _seal_at_once(self, row: OutboxRow, state: ConversationState) -> bool:
        """Seal without waiting for what else the keys are busy with, if there is nothing to be asked
        before.
        """
        room = self._keeper.at_hand()
        live = None if room is None else room.lives.get(row.conversation_id)
        if room is None or live is None or not is_ready(room, live, state.last_seq):
            return False
        require_bond(live, state.conversation)
        _seal(room, live, row)
        return True

    def _find(self, key: str) -> ConversationState:
        state = self._replica.conversations.get(key)
        if state is None:
            raise NotFound(f"no conversation {key}")
        return state


def _seal(room: Room, live: Live, row: OutboxRow) -> None:
    kind = EntryKind(row.kind)
    body = b""
    if kind is not EntryKind.VOID:
        heads = list_heads(room, live)
        body = write_body(read_kept(row.record), () if heads is None else (heads,))
    draft = Draft(
        kind=kind,
        body=body,
        client_id=bytes.fromhex(row.client_id),
        counter=row.counter,
        target=None if row.target is None else make_target(row.target),
    )
    try:
        sealed = seal_entry(live.epochs, room.own.by, draft, Moment(now_ms(), seen_place(room, live)))
    except Rejected as rejected:
        if rejected.verdict is not Verdict.NOT_ALLOWED:
            raise
        raise to_error(  # as the server would say it
            Problem("not_accepted", 422, rejected.why, fields={"verdict": rejected.verdict.value})
        ) from rejected
    row.sealed, row.epoch = sealed.record, sealed.place.epoch
