"""One unit of work: run a verb in a transaction, let what follows follow, commit, then deliver.

Nothing is delivered before the commit, and what lost a deadlock is run again as a whole.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from hearth.contract import Actor, Audience, Context, Event, Mode, Users
from hearth.services import LoggedEvent, Services, WrittenEntry

R = TypeVar("R")
ATTEMPTS = 5
ENCODER = msgspec.json.Encoder()


async def perform(
    services: Services, actor: Actor, verb: Callable[[Context], Awaitable[R]], *, mode: Mode = "write"
) -> R:
    """Run `verb` with a fresh context and return its result, once everything it wrote is on disk.

    Raises what the verb raises; then nothing was written and nothing is delivered.
    """
    for attempt in range(1, ATTEMPTS + 1):
        context = Context(services, actor, services.clock.now())
        try:
            result, entries = await _run(context, verb, mode)
        except Exception as error:  # any storage error may be a lost race; everything else is raised again
            if attempt == ATTEMPTS or not services.database.is_retryable(error):
                raise
            await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - jitter, not a secret
            continue
        deliver(services, context.published, entries)
        await services.reactions.after_commit(context)
        return result
    raise AssertionError("unreachable: the last attempt returns or raises")


async def _run(
    context: Context, verb: Callable[[Context], Awaitable[R]], mode: Mode
) -> tuple[R, list[WrittenEntry]]:
    if mode == "none":
        return await verb(context), []
    try:
        async with context.services.database.transaction(mode) as transaction:
            context.open_transaction = transaction
            try:
                result = await verb(context)
                await context.services.reactions.in_transaction(context)
                entries = await _write_logs(context)
            finally:
                context.open_transaction = None
    except BaseException:  # a commit whose answer was lost, or waited for by nobody, is on disk all the same
        await context.services.reactions.in_doubt(context)
        raise
    return result, entries


async def _write_logs(context: Context) -> list[WrittenEntry]:
    logged = [
        LoggedEvent(type(event).wire_name, ENCODER.encode(event), audience.ids)
        for event, audience in context.published
        if type(event).is_logged and isinstance(audience, Users) and audience.ids
    ]
    if not logged:
        return []
    return await context.services.write_logs(context.transaction, logged, context.now)


def deliver(services: Services, published: list[tuple[Event, Audience]], entries: list[WrittenEntry]) -> None:
    """Hand committed events to the bus: log entries to each user, all others to their audience."""
    for entry in entries:
        services.bus.publish(Users((entry.user_id,)), "log", entry.payload)
    for event, audience in published:
        kind = type(event)
        if kind.wire_name and not kind.is_logged and audience.ids:
            services.bus.publish(audience, kind.wire_name, ENCODER.encode(event))
