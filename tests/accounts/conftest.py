"""The house that accounts' tests play in: the noun alone on a real database, with the real unit of work."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Browser
from sqlalchemy import event

import hearth.accounts.handlers
from hearth.accounts.contract import KdfParameters, Registration, SignedIn, SignIn
from hearth.accounts.find_session import SessionFinder
from hearth.accounts.register import register
from hearth.accounts.routes import ROUTES
from hearth.accounts.sessions import NOBODY
from hearth.accounts.sign_in import sign_in
from hearth.accounts.tables import USER
from hearth.accounts.user_log import append_to_logs
from hearth.config import Config
from hearth.contract import Actor, Audience, Command, Context, Event, collect_handlers
from hearth.db.engine import Database
from hearth.db.migrate import migrate
from hearth.db.server import load_identity
from hearth.reactions import Reactions
from hearth.services import Services
from hearth.wire.dispatch import Dispatcher
from hearth.wire.http import Face, prepare
from hearth.wire.limits import Limits
from hearth.wire.pages import make_pages
from hearth.work import perform

R = TypeVar("R")
KDF = KdfParameters(salt=b"s" * 16, memory=8, iterations=1, parallelism=1)
COSTLY = KdfParameters(salt=b"s" * 16, memory=65536, iterations=3, parallelism=1)
HANDLERS = collect_handlers(hearth.accounts.handlers)


def make_key(password: str) -> bytes:
    """Return what a browser would derive from this password, only much cheaper."""
    return password.encode().ljust(32, b"\0")


@dataclass
class FixedClock:
    moment: datetime = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
    seconds: float = 1000.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.seconds

    def advance(self, **by: float) -> None:
        self.moment += timedelta(**by)
        self.seconds += timedelta(**by).total_seconds()


@dataclass
class RememberingBus:
    sent: list[tuple[Audience, str, Any]] = field(default_factory=list)

    def publish(self, audience: Audience, name: str, *payloads: bytes) -> None:
        self.sent += [(audience, name, msgspec.json.decode(payload)) for payload in payloads]

    def disconnect(self, audience: Audience, reason: str) -> None:
        raise AssertionError("accounts end sessions by event; closing sockets is a reaction")


@dataclass
class House:
    """`published`, `statements` and `bus.sent` are those since the last `clear`."""

    services: Services
    clock: FixedClock
    bus: RememberingBus
    published: list[tuple[Event, Audience]] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)

    @property
    def queries(self) -> int:
        return len(self.statements)

    def clear(self) -> None:
        self.published.clear()
        self.statements.clear()
        self.bus.sent.clear()

    async def do(self, verb: Callable[[Context], Awaitable[R]], actor: Actor = NOBODY) -> R:
        """Perform a verb and remember what it published."""
        contexts: list[Context] = []

        async def remembering(context: Context) -> R:
            contexts.append(context)
            return await verb(context)

        try:
            return await perform(self.services, actor, remembering)
        finally:
            self.published += contexts[-1].published

    async def run(self, actor: Actor, command: Command) -> Any:
        handler = HANDLERS[command.wire_name]
        return await self.do(lambda context: handler.function(context, command), actor)

    async def registers(self, username: str, **other: Any) -> SignedIn:
        body = make_registration(username, **other)
        return await self.do(lambda context: register(context, body))

    async def signs_in(self, username: str, password: str = "right", device: str = "Phone") -> SignedIn:
        body = SignIn(username=username, auth_key=make_key(password), device_name=device)
        return await self.do(lambda context: sign_in(context, body))

    async def user(self, username: str) -> Actor:
        """Register a user with the password "right" and forget what that published."""
        actor = to_actor(await self.registers(username))
        self.clear()
        return actor

    async def finds(self, token: str | None) -> Actor | None:
        return await SessionFinder(self.services.database, self.clock).find(token or "")

    async def opens_all_connections(self) -> None:
        """Fill the pool, so that what then starts together runs together."""
        await asyncio.gather(*(self.rows(USER) for _ in range(32)))

    async def rows(self, table: Any) -> list[Any]:
        async with self.services.database.transaction("read") as transaction:
            return list(await transaction.execute(table.select()))


def make_registration(username: str, **other: Any) -> Registration:
    values: dict[str, Any] = {
        "display_name": "",
        "auth_key": make_key("right"),
        "kdf": KDF,
        "device_name": "Laptop",
        **other,
    }
    return Registration(username=username, **values)


def to_actor(signed_in: SignedIn) -> Actor:
    return Actor(signed_in.user.id, bytes.fromhex(signed_in.device.id))


@pytest.fixture
def config(tmp_path: Path, database_url: str) -> Config:
    return Config(data=tmp_path, database=database_url, insecure_test_kdf=True)


@pytest.fixture
async def house(config: Config) -> AsyncIterator[House]:
    database = Database(config.database_url)
    await database.start()
    await migrate(database)
    identity, secret = await load_identity(database)
    clock, bus = FixedClock(), RememberingBus()
    services = Services(
        config=config,
        clock=clock,
        database=database,
        identity=identity,
        secret=secret,
        bus=bus,
        limits=Limits(clock),
        reactions=Reactions({}, {}),
        write_logs=append_to_logs,
        list_visible=cast(Any, None),
        messages=cast(Any, None),
        presence=cast(Any, None),
        watch=cast(Any, None),
    )
    house = House(services, clock, bus)

    def remember(conn: object, cursor: object, statement: str, *rest: object) -> None:
        house.statements.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", remember)
    yield house
    await database.stop()


@pytest.fixture
def browser(house: House) -> Browser:
    """A browser at the server's own address: cookies are kept, the Origin is right."""
    app = Quart("hearth", static_folder=None)
    dispatcher = Dispatcher.of(house.services, HANDLERS, raise_defect)
    prepare(app, Face(house.services, dispatcher, house.finds))
    app.register_blueprint(ROUTES)
    app.register_blueprint(make_pages({}))
    return app.test_client()


def raise_defect(name: str, error: Exception) -> None:
    raise error
