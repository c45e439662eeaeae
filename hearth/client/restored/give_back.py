"""A conversation after a restore: what the server lost is offered, what it has instead is taken (10.10).

An epoch that differs from the one that was known counts only above the place where the logs part: below it,
the server shows another past than before, which no backup explains.
"""

from dataclasses import replace

import msgspec

from hearth.client.conversations.act import MOVED
from hearth.client.conversations.fetch import fetch_epochs
from hearth.client.conversations.live import Live
from hearth.client.conversations.room import Room
from hearth.client.conversations.rows import to_row
from hearth.client.conversations.seeds import write_seeds
from hearth.client.keys.kept import KeptConversation, KeptHead
from hearth.client.replica.places import find_common
from hearth.client.restored import patience
from hearth.client.restored.known import Known
from hearth.client.restored.offer import Offer, offer_all
from hearth.errors import HearthError
from hearth.messages.contract import Page, ReadHistory
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.entries import SEALED

MOST_TRIES = 5
MOVED_NOW = MOVED - {"chain_moved"}
"""Tried again at once; a chain comes when its person's device does."""
ROWS_AT_ONCE = 100
DENIED = frozenset({"not_restored", "not_accepted"})
STAYS_LOST = frozenset({"not_friends", "leave_lost"})
"""Who was brought in is no friend any more, or the entry by which somebody left is lost: it stays so."""


async def give_back(room: Room, key: str, known: Known) -> None:
    """Give back what the server lost of a conversation, and know it as it is now.

    What the server must not say stops the conversation. Raises HearthError: chain_moved while somebody's
    chain is not there yet; not_found for who is no member (any more).
    """
    live = room.open(key)
    try:
        await _try_to_give_back(room, live, known)
    except Rejected as rejected:
        room.stop(live, rejected)
    except HearthError as error:
        if error.code not in DENIED:
            raise
        if live.newest_n < known.head.n:  # it says that it was restored, and takes nothing back
            room.stop(live, Rejected(Verdict.ROLLBACK, "an older epoch than is known"))


async def _try_to_give_back(room: Room, live: Live, known: Known) -> None:
    for tries in range(MOST_TRIES):
        try:
            await _give_back(room, live, known)
        except HearthError as error:
            if error.code in STAYS_LOST:
                await _go_on_without(room, live, known)
                return
            if error.code not in MOVED_NOW or tries + 1 == MOST_TRIES:
                raise
        else:
            return


async def _go_on_without(room: Room, live: Live, known: Known) -> None:
    """Wait for nothing, and take what came back of it before."""
    _give_up(room, live)
    if live.key in room.replica.conversations:
        await fetch_epochs(room, live)
        await _take_what_is_there(room, live, known)


async def _give_back(room: Room, live: Live, known: Known) -> None:
    state = room.replica.conversations.get(live.key)
    last_seq = 0 if state is None else state.last_seq
    common = await find_common(room.own.ask, live.key, known.places, last_seq) or 0
    set_aside(room, live, known)
    if state is not None:
        await fetch_epochs(room, live)
    parted = _find_parting(live, known, common)
    if parted is not None:
        _give_up(room, live)
    there = await _list_there(room, live, common, last_seq) if known.entries else set()
    offer = _choose(live, known, common, parted)
    lost = [row for row in offer.rows if (row.user, row.client_id) not in there]
    if lost or offer.epochs:
        await offer_all(room, live, known, replace(offer, rows=lost))
        await fetch_epochs(room, live)
    await _take_what_is_there(room, live, known)


def set_aside(room: Room, live: Live, known: Known) -> None:
    """The newest epoch that was known may be lost: it is no rollback that it is not shown, for a while."""
    kept = room.kept(live.key)
    until = kept.lost_until or patience.end()
    after = KeptConversation(KeptHead(), kept.pending, kept.stopped, known.head, until)
    if kept.epoch.n or kept.lost != known.head:
        room.own.keys.conversations[live.key] = after
        room.own.file.save()


def _give_up(room: Room, live: Live) -> None:
    """Others have gone on without what was lost: it does not come back."""
    kept = msgspec.structs.replace(room.kept(live.key), lost=KeptHead(), lost_until=0)
    room.own.keys.conversations[live.key] = kept
    room.own.file.save()


def _find_parting(live: Live, known: Known, common: int) -> int | None:
    """Return the first epoch that is another one now. Raises Rejected(fork): below where the logs part."""
    differing = [
        n
        for n, record_hash in known.hashes().items()
        if n in live.epochs.known and live.epochs.known[n].epoch.hash != record_hash
    ]
    for n in differing:
        require(live.told[n].seq > common, Verdict.FORK, "another epoch than was known")
    return min(differing, default=None)


async def _list_there(room: Room, live: Live, after: int, last_seq: int) -> set[tuple[int, bytes]]:
    """Return the entries above a place that the server has, by author and client id."""
    there: set[tuple[int, bytes]] = set()
    while after < last_seq:
        command = ReadHistory(conversation_id=live.key, seq=after, direction="after", limit=ROWS_AT_ONCE)
        page: Page = await room.own.ask(command, Page)
        if not page.entries:
            break
        there |= {(row.user, row.client_id) for row in map(to_row, page.entries)}
        after = page.entries[-1].seq
    return there


def _choose(live: Live, known: Known, common: int, parted: int | None) -> Offer:
    """Choose what may be given back: nothing under epochs that are others now."""
    newest = live.newest_n
    epochs = [] if parted is not None else _list_in_row(known, newest + 1)
    reached = parted - 1 if parted is not None else newest + len(epochs)
    rows = [
        row
        for seq, row in sorted(known.entries.items())
        if seq > common and row.kind in SEALED and row.record and not row.is_unsealed and row.epoch <= reached
    ]
    return Offer(epochs, rows)


def _list_in_row(known: Known, n: int) -> list[int]:
    found = []
    while n in known.epochs:
        found.append(n)
        n += 1
    return found


async def _take_what_is_there(room: Room, live: Live, known: Known) -> None:
    """Take the seeds of epochs that are the same, and let go of what was sealed under others."""
    for n, one in known.epochs.items():
        there = live.epochs.known.get(n)
        if one.seed is not None and there is not None and there.epoch.hash == one.epoch.hash:
            live.take_seed(n, one.seed)
    await write_seeds(room, live)
    newest = live.epochs.known.get(known.head.n)
    if known.head.n and (newest is None or newest.epoch.hash != known.head.hash):
        _seal_again(room, live.key)
    if live.newest_n >= known.head.n:
        room.keep(live)


def _seal_again(room: Room, key: str) -> None:
    """What is unsent may be sealed under an epoch that is gone."""
    rows = [row for row in room.own.file.state.outbox if row.conversation_id == key and row.sealed]
    for row in rows:
        row.sealed, row.epoch = b"", 0
    if rows:
        room.own.file.save()
