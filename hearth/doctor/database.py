"""The database: is it there, does it keep what it has committed, is its schema ours, are its times past?"""

import asyncio
import ssl
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

from sqlalchemy import text

from hearth.config import Config
from hearth.db.durability import WeakDurability, check_durability
from hearth.db.engine import Database
from hearth.db.migrate import CURRENT, list_revisions
from hearth.doctor.report import Report
from hearth.lock import find_running_server

SKEW = timedelta(minutes=5)
ANSWER_SECONDS = 5.0
NEWEST = "SELECT max(timestamp) FROM message"
DATABASE_CLOCK = "SELECT UTC_TIMESTAMP(3)"


async def examine_database(report: Report, config: Config) -> None:
    database = Database(config.database_url)
    if database.dialect == "sqlite" and not database.path.is_file():
        report.warn(f"There is no database at {database.path} yet; the first start makes it.")
        return
    if config.sqlite_directory is not None:
        running = find_running_server(config.sqlite_directory)
        if running is None:
            report.approve("No server runs here now")
        else:
            await asyncio.to_thread(examine_running, report, running)
    try:
        if await reaches(database, report):
            await examine_durability(report, database)
            await examine_schema(report, database)
            await attempt(examine_times(report, database), report, "The times in it could not be read")
    finally:
        await database.stop()


def examine_running(report: Report, url: str) -> None:
    """Ask the running server itself how it does."""
    parts = urlsplit(url)
    secure = ssl._create_unverified_context() if parts.scheme == "https" else None  # noqa: S323 - only a status
    kind = HTTPConnection if secure is None else partial(HTTPSConnection, context=secure)
    connection = kind(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except OSError as error:
        report.warn(f"A server runs here but does not answer at {url} ({type(error).__name__}).")
        return
    finally:
        connection.close()
    if status == 200:
        report.approve(f"The server at {url} says that it is well")
    else:
        report.object(f"The server at {url} says that it cannot do its work ({status}); its log says why.")


async def reaches(database: Database, report: Report) -> bool:
    """Tell whether the database answers, and which it is."""
    try:
        async with database.transaction("read") as transaction:
            await transaction.execute(text("SELECT 1"))
    except Exception as error:  # a driver may raise anything; the server's start would say no more
        report.object(
            f"The database does not answer ({type(error).__name__}). Is it running, is the address right, "
            "may this user read it?"
        )
        return False
    report.approve(database.describe())
    return True


async def examine_durability(report: Report, database: Database) -> None:
    try:
        doubts = await check_durability(database)
    except WeakDurability as error:
        for line in str(error).splitlines():
            report.object(line)
        return
    for doubt in doubts:
        report.warn(doubt)
    report.approve("What is committed is on disk")


async def examine_schema(report: Report, database: Database) -> None:
    known = list_revisions()
    found = None
    try:
        async with database.transaction("read") as transaction:
            row = (await transaction.execute(CURRENT)).first()
            found = None if row is None else str(row[0])
    except Exception:  # no tables yet: the next start makes them
        found = None
    if found == known[-1]:
        report.approve(f"The schema is {found}, which this version writes")
    elif found is None or found in known:
        report.warn(f"The schema is {found or 'not there'}; the next start upgrades it to {known[-1]}.")
    else:
        report.object(
            f"The schema {found} is of a newer Hearth. Install that version again, or restore a backup."
        )


async def examine_times(report: Report, database: Database) -> None:
    """A clock that was set back shows in messages from the future."""
    now = datetime.now(UTC)
    async with database.transaction("read") as transaction:
        newest = (await transaction.execute(text(NEWEST))).scalar()
        theirs = (
            None
            if database.dialect == "sqlite"
            else (await transaction.execute(text(DATABASE_CLOCK))).scalar()
        )
    if newest is not None and to_moment(newest) > now + SKEW:
        report.object(
            f"The newest message is of {to_moment(newest):%Y-%m-%d %H:%M} UTC, which is to come: the clock "
            "was set back, or was wrong then. Set it right (timedatectl set-ntp true)."
        )
    if theirs is not None and abs(to_moment(theirs) - now) > SKEW:
        report.warn("The database server's clock and this machine's are minutes apart. Set both by NTP.")


async def attempt(look: Awaitable[None], report: Report, sentence: str) -> None:
    try:
        await look
    except Exception as error:  # half a schema, or a value that is no time: worth a word, not a trace
        report.warn(f"{sentence} ({type(error).__name__}).")


def to_moment(value: object) -> datetime:
    """Return a stored moment, UTC; drivers give it as text or as a datetime."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment.replace(tzinfo=UTC)
