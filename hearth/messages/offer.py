"""Entries that a restored database has lost, offered by members who have them: appended like any others."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from hearth.contract import Context
from hearth.epochs.restored import require_marked
from hearth.errors import Busy, HearthError, InvalidInput
from hearth.messages.append import Draft, Outcome, Place
from hearth.messages.contract import Offered, OfferedPlace, OfferEntries

ENTRIES = "1500/60s"
MOST_EPOCHS = 2
"""Of one request: each is read, and its roster decoded, while everybody's sends wait."""


async def offer_entries(context: Context, command: OfferEntries) -> Offered:
    """Append what is missing, in order.

    Raises NotRestored, NotFound (no member), TooManyRequests, InvalidInput (of too many epochs). No
    transaction is open while what was queued waits: a few such requests would hold all connections.
    """
    if len({entry.epoch for entry in command.entries}) > MOST_EPOCHS:
        raise InvalidInput("Entries of too many epochs", fields={"entries": "of at most two epochs"})
    context.services.limits.take("message.offer.entries", context.user_id, ENTRIES, len(command.entries))
    conversation_id = bytes.fromhex(command.conversation_id)
    async with context.services.database.transaction("read") as transaction:
        await require_marked(replace(context, open_transaction=transaction), conversation_id)
    drafts = list_drafts(context, conversation_id, command)
    return Offered(places=[say_place(outcome) for outcome in await append_all(context, drafts)])


def list_drafts(context: Context, conversation_id: bytes, command: OfferEntries) -> Iterable[Draft]:
    for entry in command.entries:
        yield Draft(
            conversation_id,
            entry.from_user,
            bytes.fromhex(entry.client_id),
            bytes.fromhex(entry.from_device),
            entry.counter,
            entry.kind,
            entry.epoch,
            entry.target_seq,
            entry.record,
            offered_by=context.user_id,
            restored_at=context.services.identity.restored_at,
        )


async def append_all(context: Context, drafts: Iterable[Draft]) -> list[Outcome | BaseException]:
    """Queue all of them at once, so that they keep their order, and wait until each is on disk or refused."""
    log, futures, refusals = context.services.messages, [], list[BaseException]()
    for draft in drafts:
        if refusals:
            refusals.append(refusals[0])
            continue
        try:
            futures.append(log.offer(draft))
        except Busy as busy:
            refusals.append(busy)
    return [*await asyncio.gather(*futures, return_exceptions=True), *refusals]


def say_place(outcome: Outcome | BaseException) -> OfferedPlace:
    if isinstance(outcome, HearthError):
        return OfferedPlace(seq=0, code=outcome.code)
    if isinstance(outcome, BaseException):
        raise outcome
    assert isinstance(outcome, Place)  # what a draft comes to
    return OfferedPlace(seq=outcome.seq)
