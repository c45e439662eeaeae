"""Runs one verb on the database from the command line, also while a server is running on it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from hearth.accounts.sessions import NOBODY
from hearth.app import prepare_services
from hearth.bus.local import LocalBus
from hearth.clock import SystemClock
from hearth.config import Config
from hearth.contract import Context
from hearth.db.durability import WeakDurability
from hearth.db.failures import explain_start_failure
from hearth.db.migrate import SchemaRefused
from hearth.errors import HearthError
from hearth.lock import find_running_server
from hearth.refusal import Refusal
from hearth.safety import take_own_certificate
from hearth.work import perform

R = TypeVar("R")


@contextmanager
def refusals_explained() -> Iterator[None]:
    """Turn what the application refuses into a Refusal, which the command line prints as a sentence."""
    try:
        yield
    except (WeakDurability, SchemaRefused) as error:
        raise Refusal(str(error)) from error
    except Exception as error:
        if reason := explain_start_failure(error):
            raise Refusal(reason) from error
        if isinstance(error, HearthError):
            raise Refusal(error.detail or error.title) from error
        raise


def run_verb(config: Config, verb: Callable[[Context], Awaitable[R]]) -> R:
    """Open the database, run `verb` in one transaction, close it again. Raises Refusal."""

    async def run() -> R:
        services = await prepare_services(config, clock=SystemClock(), bus=LocalBus())
        try:
            return await perform(services, NOBODY, verb)
        finally:
            await services.database.stop()

    with refusals_explained():
        return asyncio.run(run())


def find_public_url(config: Config) -> str:
    """Return the address for links: the one that was set, else that of the server now running on the data,
    else that of the next start with these settings."""
    directory = config.sqlite_directory
    running = find_running_server(directory) if directory is not None else None
    return config.url or running or take_own_certificate(config).public_url
