"""A stage for verb tests: the real application on a real database, a fixed clock, a bus that remembers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import event

from hearth.accounts.contract import KdfParameters, Registration
from hearth.accounts.register import register
from hearth.app import HANDLERS, close_services, open_services
from hearth.config import Config
from hearth.contract import Actor, Audience, Command, Context, Event, Later
from hearth.services import Services
from hearth.wire.answers import Pending
from hearth.wire.dispatch import Dispatcher
from hearth.work import perform

KDF = KdfParameters(salt=b"s" * 16, memory=8, iterations=1, parallelism=1)


@dataclass
class FixedClock:
    """Both clocks stand still until a test moves them."""

    moment: datetime = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
    seconds: float = 1000.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        self.seconds += seconds


@dataclass
class RememberingBus:
    """Keeps what was published instead of sending it: (audience, name, decoded payload)."""

    sent: list[tuple[Audience, str, Any]] = field(default_factory=list)
    disconnected: list[tuple[Audience, str]] = field(default_factory=list)

    def publish(self, audience: Audience, name: str, *payloads: bytes) -> None:
        self.sent += [(audience, name, msgspec.json.decode(payload)) for payload in payloads]

    def disconnect(self, audience: Audience, reason: str) -> None:
        self.disconnected.append((audience, reason))


@dataclass
class Stage:
    """What verb tests play on. `published` and `queries` are those of the runs since the last `clear`."""

    services: Services
    clock: FixedClock
    bus: RememberingBus
    published: list[tuple[Event, Audience]] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)

    @property
    def queries(self) -> int:
        """How many SQL statements ran since the last `clear`, without BEGIN and COMMIT."""
        return len(self.statements)

    def __post_init__(self) -> None:
        self.listen()

    def listen(self) -> None:
        event.listen(self.services.database.engine.sync_engine, "before_cursor_execute", self.remember)

    def remember(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        self.statements.append(statement)

    async def start_again(self) -> None:
        """Stop the services and start others on the same database."""
        await close_services(self.services)
        self.services = await open_services(self.services.config, clock=self.clock, bus=self.bus)
        self.listen()

    def clear(self) -> None:
        self.published.clear()
        self.statements.clear()
        self.bus.sent.clear()
        self.bus.disconnected.clear()

    async def user(self, username: str, *, display_name: str = "") -> Actor:
        """Register a user and return their first device; what that published is forgotten."""
        body = Registration(
            username=username,
            display_name=display_name or username.title(),
            auth_key=username.encode().ljust(32, b"\0"),
            kdf=KDF,
            device_name="Test browser",
        )
        nobody = Actor(0, b"\0" * 16)
        session = await perform(self.services, nobody, lambda context: register(context, body, mode="open"))
        self.clear()
        return Actor(session.user.id, bytes.fromhex(session.device.id))

    async def run(self, actor: Actor, command: Command) -> Any:
        """Carry out a command as the dispatcher does, without limits; remember what it published."""
        contexts: list[Context] = []
        result = await carry_out(self.services, actor, command, contexts.append)
        if contexts:
            self.published += contexts[-1].published
        return result


async def carry_out(
    services: Services, actor: Actor, command: Command, remember: Callable[[Context], None] = lambda _: None
) -> Any:
    """Carry out a command as the dispatcher does, without limits; `remember` gets each attempt's context."""
    handler = HANDLERS[command.wire_name]
    if handler.mode is None:
        answer = handler.function(services, actor, command)
        return await answer if isinstance(answer, Later) else answer

    async def verb(context: Context) -> Any:
        result = await handler.function(context, command)
        remember(context)
        return result

    return await perform(services, actor, verb, mode=handler.mode)


async def acknowledge(dispatcher: Dispatcher, actor: Actor, name: str, raw: bytes) -> bytes:
    """Let a dispatcher carry out a command as it does for a socket; return the whole acknowledgement."""
    answer = dispatcher.acknowledge(actor, name, raw)
    if isinstance(answer, Pending):
        await asyncio.wait([answer.future])
        read = answer.read()
        assert isinstance(read, bytes)
        return read
    return answer if isinstance(answer, bytes) else await answer


@asynccontextmanager
async def open_stage(database_url: str, data: Path) -> AsyncIterator[Stage]:
    """Set up a stage on an empty or migrated database and take it down again."""
    clock, bus = FixedClock(), RememberingBus()
    config = Config(data=data, database=database_url, insecure_test_kdf=True)
    services = await open_services(config, clock=clock, bus=bus)
    stage = Stage(services, clock, bus)
    try:
        yield stage
    finally:
        await close_services(stage.services)
