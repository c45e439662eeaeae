"""What is done for conversations without anybody asking: wraps taken, seeds asked for and given,
entries healed.
"""

import asyncio
from typing import TYPE_CHECKING

from hearth.client.conversations.fetch import fetch_epochs
from hearth.client.conversations.gossip import hear_heads
from hearth.client.conversations.live import Live
from hearth.client.conversations.open import heal
from hearth.client.conversations.rewrap import (
    Answers,
    answer,
    ask_for_seeds,
    list_requests,
    take_answers,
    wait_before_answering,
)
from hearth.client.conversations.room import Room
from hearth.client.conversations.seeds import find_seed, take_wraps
from hearth.client.problems import Disconnected, NoKeys, Unreachable
from hearth.contract import Event
from hearth.epochs.contract import OpenRewrap, RewrapAnswered, RewrapAsked
from hearth.errors import HearthError
from hearth.private.contract import PrivateRowsChanged
from hearth.sealed.core.verdicts import Rejected
from hearth.tasks import end_task
from hearth.vault.contract import GenerationMade

if TYPE_CHECKING:
    from hearth.client.keys.keeper import Keeper

RETRY_SECONDS = 30.0


class Chores:
    """The chores of one device. `begin` at each connection, `note` for what events say, `do` when it
    is their turn.
    """

    def __init__(self, keeper: "Keeper") -> None:
        self._keeper = keeper
        self._is_new = True
        self._are_requests = True
        self._are_rows = True
        self._answers = Answers()
        self._answering: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._is_new = self._are_requests = self._are_rows = True

    def note(self, event: Event) -> None:
        if isinstance(event, RewrapAsked):
            self._are_requests = True
        elif isinstance(event, RewrapAnswered):
            self._is_new = True
        elif isinstance(event, PrivateRowsChanged | GenerationMade):
            self._are_rows = True

    def next_in(self) -> float | None:
        """Return after how many seconds something is to be done again, None while nothing waits."""
        room = self._keeper.room
        waits = room is not None and any(_waits(live) for live in room.lives.values())
        return RETRY_SECONDS if waits else None

    async def do(self, room: Room) -> None:
        """Take what waits for this device, ask for what lacks, see who else lacks something."""
        is_new, self._is_new = self._is_new, False
        if is_new:
            await take_wraps(room)
            await take_answers(room)
        while room.said:
            await hear_heads(room, *room.said[0])
            room.said.popleft()
        for live in [live for live in room.lives.values() if _waits(live)]:
            await self._mend(room, live, is_new)
        if self._are_requests:
            self._are_requests = False
            requests = await list_requests(room)
            if requests and (self._answering is None or self._answering.done()):
                self._answering = asyncio.create_task(self._answer_all(requests))

        if self._are_rows and (room.replica.private_position > 0 or room.own.keys.private):
            await settle_rows(room)
        self._are_rows = False

    async def _mend(self, room: Room, live: Live, is_new: bool) -> None:
        """Look for what a conversation lacks, then judge again what waits for it."""
        try:
            await fetch_epochs(room, live)
            await room.catch_up_members(live)
        except Rejected as rejected:
            room.stop(live, rejected)
        except HearthError as error:
            if error.code != "not_found":
                raise
        for n in live.list_keyless():
            await find_seed(room, live, n)
        await ask_for_seeds(room, live, anew=is_new)
        await heal(room, live)

    async def _answer_all(self, requests: list[OpenRewrap]) -> None:
        """Answer after a while what nobody else has answered by then."""
        await wait_before_answering()
        wanted = {(one.conversation_id, one.n, one.request) for one in requests}
        try:
            async with self._keeper.hold() as room:
                for one in await list_requests(room):
                    if (one.conversation_id, one.n, one.request) in wanted:
                        await answer(room, self._answers, one)
        except (HearthError, Rejected, NoKeys, Disconnected, Unreachable):
            return  # at the next connection, or when they ask again

    async def stop(self) -> None:
        if self._answering is not None:
            await end_task(self._answering)


async def settle_rows(room: Room) -> None:
    """Read the private rows on, and seal again what is under an older generation, or got lost."""
    try:
        await room.private.settle()
    except HearthError as error:
        if error.code not in ("limit_reached", "generation_moved"):  # no room; at the next look
            raise


def _waits(live: Live) -> bool:
    return (live.follower is not None and bool(live.follower.waiting)) or bool(live.list_keyless())
