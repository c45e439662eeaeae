"""Seeds that are asked of co-members, and given to them (docs/protocol-encryption.md, 7.7)."""

import asyncio
import random
from collections import deque
from dataclasses import dataclass, field

from hearth.client.conversations.fetch import fetch_epochs
from hearth.client.conversations.live import Asked, Live
from hearth.client.conversations.room import Room
from hearth.client.conversations.seeds import drop_wraps, find_seed, place_of, write_seeds
from hearth.client.crypto.making.rewrap import make_answer, make_request
from hearth.client.keys.own import now_ms
from hearth.contract import Nothing
from hearth.epochs.contract import (
    AnswerRewrap,
    AskRewrap,
    ListRewraps,
    OpenRewrap,
    RewrapAnswer,
    Rewraps,
    WrapName,
)
from hearth.errors import HearthError
from hearth.sealed.core.verdicts import Rejected
from hearth.sealed.group.rewrap import RewrapRequest
from hearth.sealed.group.seeds import open_rewrap

ANSWER_WITHIN = 10.0
"""Seconds of which an answerer waits a random part: not everybody answers at once."""
MOST_ANSWERS = 100
HOUR = 3600.0
FIRST_MINUTES, MOST_MINUTES = 1, 60


@dataclass
class Answers:
    """When requests of a conversation were answered: at most a hundred in an hour."""

    times: dict[str, deque[float]] = field(default_factory=dict)

    def may(self, key: str, now: float) -> bool:
        times = self.times.setdefault(key, deque())
        while times and now - times[0] > HOUR:
            times.popleft()
        return len(times) < MOST_ANSWERS

    def note(self, key: str, now: float) -> None:
        self.times.setdefault(key, deque()).append(now)


async def ask_for_seeds(room: Room, live: Live, *, anew: bool = False) -> None:
    """Ask for every seed that is missing, after 1, 2, 4 … 60 minutes again; `anew` at each connection."""
    now = asyncio.get_running_loop().time()
    for n in live.list_keyless():
        asked = live.asked.setdefault(n, Asked())
        if now < asked.next_at and not anew:
            continue
        try:
            request = make_request(live.epochs, room.own.by, n, now_ms())
            await room.own.ask(AskRewrap(request=request), Nothing)
        except Rejected:
            continue  # nobody would answer it now
        except HearthError as error:
            if error.code not in ("not_found", "epoch_moved", "not_accepted"):
                raise
        asked.times += 1
        asked.next_at = now + 60 * min(FIRST_MINUTES * 2 ** (asked.times - 1), MOST_MINUTES)


async def take_answers(room: Room) -> list[Live]:
    """Take the answers that wait; gives the conversations that have a new key. A wrong answer is asked
    for again.
    """
    waiting: Rewraps = await room.own.ask(ListRewraps(), Rewraps)
    touched: dict[str, Live] = {}
    for answer in waiting.answers:
        live = room.open(answer.conversation_id)
        if answer.n not in live.epochs.known:
            await fetch_epochs(room, live)
        known = live.epochs.known.get(answer.n)
        if known is None:
            continue
        is_new = known.key is None
        if not is_new or _open(room, live, answer):
            await write_seeds(room, live)
            await drop_wraps(room, [WrapName(conversation_id=answer.conversation_id, n=answer.n)])
            if is_new:
                touched[live.key] = live
    return list(touched.values())


def _open(room: Room, live: Live, answer: RewrapAnswer) -> bool:
    """Try an answer with the receive key that was named."""
    for signed in room.own.chain.receive_statements:
        seed = room.own.receive_seeds.get(signed.body.version)
        if signed.hash != answer.receive_hash or seed is None:
            continue
        try:
            place = place_of(live, answer.n)
            live.take_seed(answer.n, open_rewrap(seed, place, answer.receive_hash, answer.answer))
        except Rejected:
            return False
        return True
    return False


async def list_requests(room: Room) -> list[OpenRewrap]:
    """Return what co-members ask for and nobody has answered."""
    waiting: Rewraps = await room.own.ask(ListRewraps(), Rewraps)
    return waiting.requests


async def answer(room: Room, answers: Answers, request: OpenRewrap) -> bool:
    """Answer a co-member's request if it is to be answered; silence otherwise."""
    live, now = room.open(request.conversation_id), asyncio.get_running_loop().time()
    if not answers.may(live.key, now):
        return False
    try:
        asked = RewrapRequest.open(request.request).body
        if asked.n not in live.epochs.known:
            await fetch_epochs(room, live)
        await room.own.met.catch_up([asked.user])
        if live.stopped is not None or room.may_come_back(live, now_ms()):
            return False
        if asked.n not in live.epochs.known or not await find_seed(room, live, asked.n):
            return False
        receive = room.own.met.chain(asked.user).receive_at(asked.receive_version, asked.receive_hash)
        public = room.own.met.receive_keys.get(receive.kem_hash, b"")
        seed = live.seeds[asked.n]
        _, sealed = make_answer(request.request, live.epochs, room.own.pins, public, seed)
    except Rejected:
        return False
    command = AnswerRewrap(
        conversation_id=live.key,
        n=asked.n,
        user_id=asked.user,
        receive_hash=asked.receive_hash,
        answer=sealed,
    )
    try:
        await room.own.ask(command, Nothing)
    except HearthError as error:
        if error.code != "not_found":
            raise
        return False
    answers.note(live.key, now)
    return True


async def wait_before_answering() -> None:
    """Let others be quicker now and then."""
    await asyncio.sleep(random.uniform(0, ANSWER_WITHIN))  # noqa: S311 - jitter, not a secret
