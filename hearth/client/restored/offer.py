"""Offering epochs and entries to a restored server, in the order in which they stood."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hearth.client.conversations.live import Live
from hearth.client.conversations.room import Room
from hearth.client.crypto.log.rows import Row
from hearth.client.keys.own import now_ms
from hearth.client.restored.known import Known
from hearth.epochs.contract import EpochTaken, MarkRestored, OfferEpoch, RestoredAt
from hearth.errors import HearthError
from hearth.messages.contract import Offered, OfferedEntry, OfferEntries
from hearth.sealed.core.packed import Place
from hearth.sealed.group.entries import Restored
from hearth.sealed.group.epoch import Epoch

MOST_ENTRIES, MOST_EPOCHS = 100, 2
MOST_BYTES = 250_000
"""Of records in one request: half a megabyte is the most, and they travel as base64."""
LATER = frozenset({"busy", "storage_unavailable"})
PAUSE = 2.0


@dataclass(frozen=True, slots=True)
class Offer:
    """What is to be given back: epochs by their number, entries; both in order."""

    epochs: Sequence[int]
    rows: Sequence[Row]


class Refused(Exception):
    """The server refuses epoch `n` or an entry below it; with None an entry above all epochs."""

    def __init__(self, n: int | None, error: HearthError) -> None:
        super().__init__(n, error)
        self.n, self.error = n, error


async def offer_all(room: Room, live: Live, known: Known, offer: Offer) -> None:
    """Offer everything, each entry where it stood between the epochs. Raises Refused."""
    newest = live.epochs.newest
    rows, is_marked = list(offer.rows), False
    for n in (*offer.epochs, None):
        seq = known.epochs[n].seq if n is not None else None
        batch = [row for row in rows if seq is None or row.seq < seq]
        rows = rows[len(batch) :]
        try:
            if batch and newest is not None:
                if not is_marked:
                    await _mark(room, live, newest, known)
                    is_marked = True
                await _offer_rows(room, live, batch)
            if n is not None:
                newest = known.epochs[n].epoch
                await _offer_epoch(room, newest)
        except HearthError as error:
            raise Refused(n, error) from error


async def _offer_epoch(room: Room, epoch: Epoch) -> None:
    record = epoch.signed.unsigned + epoch.signed.signature
    await room.own.ask(OfferEpoch(record=record, roster=epoch.roster.pack()), EpochTaken)


async def _mark(room: Room, live: Live, epoch: Epoch, known: Known) -> None:
    """Say in the log that it goes on after a restore; where somebody did already, nothing comes of it."""
    by, (seq, log_hash) = room.own.by, known.last
    entry = Restored(
        server=room.own.server,
        conversation=live.where.conversation,
        database_generation=bytes.fromhex(room.replica.generation),
        epoch=epoch.record.n,
        record_hash=epoch.hash,
        old=Place(seq, log_hash),
        user=by.user,
        device=by.device,
        time=now_ms(),
        extensions=(),
    )
    await room.own.ask(MarkRestored(entry=entry.sign(by.sign_seed)), RestoredAt)


async def _offer_rows(room: Room, live: Live, rows: Sequence[Row]) -> None:
    """Offer until each is there or refused for good: what another stands for stays on this device."""
    for batch in _split(rows):
        left = batch
        while left:
            entries = [_to_offered(row) for row in left]
            answer: Offered = await room.own.ask(
                OfferEntries(conversation_id=live.key, entries=entries), Offered
            )
            codes = [place.code for place in answer.places]
            waiting = next((at for at, code in enumerate(codes) if code in LATER), len(left))
            left = left[waiting:]  # with those after it, which keep their order
            if left:
                await asyncio.sleep(PAUSE)


def _split(rows: Sequence[Row]) -> Iterator[list[Row]]:
    batch, size, epochs = list[Row](), 0, set[int]()
    for row in rows:
        is_full = len(batch) == MOST_ENTRIES or size + len(row.record) > MOST_BYTES
        if batch and (is_full or len(epochs | {row.epoch}) > MOST_EPOCHS):
            yield batch
            batch, size, epochs = [], 0, set()
        batch.append(row)
        size += len(row.record)
        epochs.add(row.epoch)
    if batch:
        yield batch


def _to_offered(row: Row) -> OfferedEntry:
    kind: Any = int(row.kind)
    return OfferedEntry(
        from_user=row.user,
        from_device=row.device.hex(),
        client_id=row.client_id.hex(),
        counter=row.counter,
        record=row.record,
        kind=kind,
        epoch=row.epoch,
        target_seq=row.target_seq,
    )
