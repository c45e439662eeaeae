"""A conversation after a restore: what the server lost is offered, what it has instead is taken (10.10).

An epoch that differs from the one that was known counts only above the place where the logs part: below it,
the server shows another past than before, which no backup explains.
"""

import logging
from dataclasses import replace

import msgspec

from hearth.client.conversations.act import MOVED
from hearth.client.conversations.fetch import fetch_epochs
from hearth.client.conversations.live import Live
from hearth.client.conversations.room import Room
from hearth.client.conversations.rows import to_row
from hearth.client.conversations.seeds import write_seeds
from hearth.client.keys.kept import KeptHead
from hearth.client.problems import may_pass
from hearth.client.replica.places import find_common
from hearth.client.restored.awaiting import can_come_back
from hearth.client.restored.known import Known
from hearth.client.restored.offer import Offer, Refused, offer_all
from hearth.messages.contract import Page, ReadHistory
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.entries import SEALED
from hearth.sealed.group.epoch import NO_HASH, Action, Epoch, Kind

LOG = logging.getLogger(__name__)
MOST_TRIES = 5
MOVED_NOW = MOVED - {"chain_moved"}
"""Tried again at once; a chain comes when its person's device does."""
ROWS_AT_ONCE = 100
WAITS = frozenset({"chain_moved", "limit_reached", "not_signed_in"})
"""It is offered again later."""


async def give_back(room: Room, key: str, known: Known) -> None:
    """Give back what the server lost of a conversation, and know it as it is now.

    What the server must not say stops the conversation. Raises HearthError: what waits, such as chain_moved
    while somebody's chain is not there yet; not_found for who is no member (any more).
    """
    live = room.open(key)
    room.spare |= known.seeds(live.where.conversation)
    try:
        await _try_to_give_back(room, live, known)
    except Rejected as rejected:
        room.stop(live, rejected)


async def _try_to_give_back(room: Room, live: Live, known: Known) -> None:
    tries = 0
    while True:
        tries += 1
        try:
            return await _give_back(room, live, known)
        except Refused as refused:
            error, n = refused.error, refused.n
        if error.code in WAITS or may_pass(error):
            raise error
        if error.code in MOVED_NOW and tries < MOST_TRIES:
            continue
        LOG.warning("what a restored server lost of a conversation stays lost: %s", error.code)
        if n is None:
            raise error
        is_honest = _may_stay_lost(room, live, known.epochs[n].epoch, error.code)
        require(is_honest, Verdict.ROLLBACK, f"an epoch that was known is not taken back: {error.code}")
        known.stays_lost = n


def _may_stay_lost(room: Room, live: Live, epoch: Epoch, code: str) -> bool:
    """Tell whether an honest server may refuse an epoch so: by its record, not by what the server says."""
    record = epoch.record
    if code == "not_friends":
        return record.action in (Action.CREATE, Action.ADD) or record.kind is Kind.DIRECT
    if code == "leave_lost":
        return record.action is Action.REMOVE and any(one.cause != NO_HASH for one in record.targets)
    return code == "not_found" and room.own.user not in live.members()


async def _give_back(room: Room, live: Live, known: Known) -> None:
    state = room.replica.conversations.get(live.key)
    last_seq = 0 if state is None else state.last_seq
    common = await find_common(room.own.ask, live.key, known.places, last_seq) or 0
    set_aside(room, live, known, common)
    if state is not None:
        await fetch_epochs(room, live)
    parted = _find_parting(live, known, common)
    if parted is not None:
        _give_up(room, live)
    known.given_up = await _find_given_up(room, live, known)
    if parted is None and known.given_up is not None:
        _wait_below(room, live, known, known.given_up)
    there = await _list_there(room, live, common, last_seq) if known.entries else set()
    offer = _choose(live, known, common, parted)
    lost = [row for row in offer.rows if (row.user, row.client_id) not in there]
    if lost or offer.epochs:
        await offer_all(room, live, known, replace(offer, rows=lost))
        await fetch_epochs(room, live)
        is_shown = not offer.epochs or live.newest_n >= offer.epochs[-1]
        require(is_shown, Verdict.ROLLBACK, "an epoch was taken back and is not shown")
    await _take_what_is_there(room, live, known)


def set_aside(room: Room, live: Live, known: Known, common: int | None) -> None:
    """The newest epoch that was known may be lost: it is no rollback that it is not shown, for a while.

    `common` is where the logs part, None while the server could not be asked.
    """
    kept = room.kept(live.key)
    removed = known.removed(kept, common)
    after = msgspec.structs.replace(removed, epoch=KeptHead(), lost=known.head, lost_until=known.until)
    if kept != after:
        room.own.keys.conversations[live.key] = after
        room.own.file.save()


def _give_up(room: Room, live: Live) -> None:
    """What was lost does not come back: others have gone on without it, or it rests on what is gone."""
    kept = msgspec.structs.replace(room.kept(live.key), lost=KeptHead(), lost_until=0)
    room.own.keys.conversations[live.key] = kept
    room.own.file.save()


async def _find_given_up(room: Room, live: Live, known: Known) -> int | None:
    """Return the first lost epoch that states a head which is not there and cannot come back.

    Raises Rejected: a member's chain that cannot be.
    """
    lost = [known.epochs[n].epoch for n in _list_in_row(known, live.newest_n + 1)]
    await room.own.met.catch_up({user for epoch in lost for user in epoch.members})
    for epoch in lost:
        for user, line in epoch.members.items():
            before, now = room.chain_before(user), room.own.met.chain(user)
            if not can_come_back(line.chain, before, room.find_reach(user), now):
                return epoch.record.n
    return None


def _wait_below(room: Room, live: Live, known: Known, n: int) -> None:
    """Nothing from epoch n on is waited for; what is below it may come back."""
    below = known.epochs.get(n - 1)
    is_lost = below is not None and n - 1 > live.newest_n
    if below is None or not is_lost:
        _give_up(room, live)
        return
    head = KeptHead(n - 1, below.epoch.hash)
    room.own.keys.conversations[live.key] = msgspec.structs.replace(room.kept(live.key), lost=head)
    room.own.file.save()


def _find_parting(live: Live, known: Known, common: int) -> int | None:
    """Return the first epoch that is another one now, or that stays lost.

    Raises Rejected: fork for another one below where the logs part, rollback when one of there is not shown.
    """
    below = {n for n, one in known.epochs.items() if one.seq <= common}
    is_shown = live.newest_n >= max(below, default=0)
    require(is_shown, Verdict.ROLLBACK, "an epoch is not shown whose entry is there still")
    differing = [
        n
        for n, record_hash in known.hashes().items()
        if n in live.epochs.known and live.epochs.known[n].epoch.hash != record_hash
    ]
    for n in differing:
        is_above = n not in below and live.told[n].seq > common
        require(is_above, Verdict.FORK, "another epoch than was known")
    lost = [] if known.stays_lost is None else [known.stays_lost]
    return min([*differing, *lost], default=None)


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
    epochs = [n for n in epochs if known.given_up is None or n < known.given_up]
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
    """Write the seeds of epochs that are the same, and let go of what was sealed under others."""
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
