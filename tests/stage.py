"""A stage for verb tests: the real application on a real database, a fixed clock, a bus that remembers."""

from collections.abc import AsyncIterator
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
from hearth.contract import Actor, Audience, Command, Context, Event, Handler
from hearth.services import Services
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

    def publish(self, audience: Audience, name: str, payload: bytes) -> None:
        self.sent.append((audience, name, msgspec.json.decode(payload)))

    def disconnect(self, audience: Audience, reason: str) -> None:
        self.disconnected.append((audience, reason))


@dataclass
class Stage:
    """What verb tests play on. `published` and `queries` are those of the runs since the last `clear`."""

    services: Services
    clock: FixedClock
    bus: RememberingBus
    handlers: dict[str, Handler]
    published: list[tuple[Event, Audience]] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)

    @property
    def queries(self) -> int:
        """How many SQL statements ran since the last `clear`, without BEGIN and COMMIT."""
        return len(self.statements)

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
        handler = self.handlers[command.wire_name]

        async def verb(context: Context) -> Any:
            result = await handler.function(context, command)
            contexts.append(context)
            return result

        contexts: list[Context] = []
        result = await perform(self.services, actor, verb, mode=handler.mode)
        self.published += contexts[-1].published
        return result


@asynccontextmanager
async def open_stage(database_url: str, data: Path) -> AsyncIterator[Stage]:
    """Set up a stage on an empty or migrated database and take it down again."""
    clock, bus = FixedClock(), RememberingBus()
    config = Config(data=data, database=database_url, insecure_test_kdf=True)
    services = await open_services(config, clock=clock, bus=bus)
    stage = Stage(services, clock, bus, HANDLERS)

    def remember(conn: object, cursor: object, statement: str, *rest: object) -> None:
        stage.statements.append(statement)

    event.listen(services.database.engine.sync_engine, "before_cursor_execute", remember)
    try:
        yield stage
    finally:
        await close_services(services)
