"""The one call shape: a typed command comes in, a typed result goes back, typed events go out after commit.

Faces (socket, HTTP) decode a `Command`, the noun's handler runs it with a `Context`, and what it publishes is
delivered to an explicit `Audience` once the transaction is on disk. Knows no noun and no transport.
"""

import asyncio
import inspect
import typing
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Literal, TypeVar

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

if TYPE_CHECKING:
    from hearth.services import Services

CONTRACT_VERSION = 1
"""Rises whenever an older web client can no longer talk to this server; such a client reloads itself once."""

Id = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
"""Sixteen bytes as 32 lower-case hex digits."""
ConversationId = Id
DeviceId = Id
ClientId = Id
UserId = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
Seq = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Hash32 = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]

Transaction = AsyncConnection
"""What stores take: a connection inside one open transaction."""
Mode = Literal["write", "read", "none"]
"""Which transaction a verb gets; with "none" it opens what it needs, for it waits for something else."""


@typing.dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class ShapeType(msgspec.StructMeta):
    """Tells type checkers what every struct here is: frozen, and made by keyword."""


@typing.dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class CallType(msgspec.StructMeta):
    """Gives commands and events their wire name and rate limit as class arguments.

    They are kept under names that no field has: a command may well have a field called `limit`.
    """

    def __new__(
        mcls,
        class_name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        name: str = "",
        limit: str = "",
        per: Literal["user", "device"] = "user",
        logged: bool = False,
        large: bool = False,
        **config: Any,
    ) -> "CallType":
        cls = super().__new__(mcls, class_name, bases, namespace, **config)
        given = {
            "wire_name": name,
            "rate_limit": limit,
            "limited_per": per,
            "is_logged": logged,
            "is_large": large,
        }
        for key, value in given.items():
            type.__setattr__(cls, key, value)
        return cls


class Command(msgspec.Struct, metaclass=CallType, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Something a device asks for, in the imperative. `limit` is per user: "20/10s" is 20 in ten seconds.

    Per device are those that get rid of a stolen one: its flood must not keep the others from asking.
    `large` ones may have a body of 512 KiB over HTTP; everything else ends at 128 KiB.
    """

    wire_name: ClassVar[str]
    rate_limit: ClassVar[str]
    limited_per: ClassVar[Literal["user", "device"]]
    is_logged: ClassVar[bool]
    is_large: ClassVar[bool]


class Event(msgspec.Struct, metaclass=CallType, frozen=True, kw_only=True):
    """Something that happened, in the past tense. `logged` ones become rows of each recipient's user log."""

    wire_name: ClassVar[str]
    rate_limit: ClassVar[str]
    is_logged: ClassVar[bool]


class Shape(msgspec.Struct, metaclass=ShapeType, frozen=True, kw_only=True):
    """A part of a result or an event."""


class Nothing(Shape):
    """The result of a command that has nothing to say but "done"."""


@dataclass(frozen=True, slots=True)
class Users:
    """An audience: every device of these users."""

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Members:
    """An audience: every device of a conversation's members, as of the transaction that wrote the event."""

    conversation_id: bytes
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Devices:
    """An audience: single devices (16-byte ids)."""

    ids: tuple[bytes, ...]


Audience = Users | Members | Devices


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a signed-in device of a user. `connection` numbers the socket it came by; 0 means HTTP."""

    user_id: int
    device_id: bytes
    is_admin: bool = False
    connection: int = 0


@dataclass(slots=True)
class Context:
    """What a verb gets: who asks, when, the open transaction, and where to publish."""

    services: "Services"
    actor: Actor
    now: datetime
    open_transaction: Transaction | None = None
    published: list[tuple[Event, Audience]] = field(default_factory=list)

    @property
    def user_id(self) -> int:
        return self.actor.user_id

    @property
    def transaction(self) -> Transaction:
        """The open transaction; there is none after it was committed."""
        if self.open_transaction is None:
            raise RuntimeError("no transaction is open")
        return self.open_transaction

    def publish(self, event: Event, *, to: Audience) -> None:
        """Collect an event; it is logged in this transaction and delivered after its commit."""
        self.published.append((event, to))


C = TypeVar("C", bound=Command)
R = TypeVar("R")


class Later(Generic[R]):
    """A result on its way: `read` makes it of what `future` holds. Costs no task until it is awaited."""

    __slots__ = ("_read", "future")

    def __init__(self, future: "asyncio.Future[Any]", read: Callable[[Any], R]) -> None:
        self.future = future
        self._read = read

    def read(self) -> R:
        """Return the result, or raise what became of it; the future must be done."""
        return self._read(self.future.result())

    def __await__(self) -> Generator[Any, None, R]:
        return self._read((yield from self.future.__await__()))


@dataclass(frozen=True, slots=True)
class Handler:
    """A command bound to the function that carries it out, in a transaction of this mode or `direct`ly."""

    command: type[Command]
    result: Any
    function: Callable[..., Any]
    mode: Mode | None
    is_later: bool = False
    """Whether it is direct and its result a `Later`."""


def command(
    command_type: type[C], *, mode: Mode = "write"
) -> Callable[[Callable[[Context, C], Awaitable[R]]], Handler]:
    """Bind a handler to its command; it runs in a transaction that may write, or only read, or in none."""

    def bind(function: Callable[[Context, C], Awaitable[R]]) -> Handler:
        return Handler(command_type, typing.get_type_hints(function)["return"], function, mode)

    return bind


def direct(
    command_type: type[C],
) -> Callable[[Callable[["Services", Actor, C], Any]], Handler]:
    """Bind a handler that only hands its command on: no transaction, no task, nothing to publish.

    It is a plain function that answers at once, or with a `Later` when something has to be waited for.
    """

    def bind(function: Callable[["Services", Actor, C], Any]) -> Handler:
        result = typing.get_type_hints(function)["return"]
        is_later = typing.get_origin(result) is Later
        if is_later:
            (result,) = typing.get_args(result)
        return Handler(command_type, result, function, None, is_later)

    return bind


def collect_handlers(*modules: ModuleType) -> dict[str, Handler]:
    """Return the handlers of the given modules by command name; a name used twice is a mistake."""
    handlers: dict[str, Handler] = {}
    for module in modules:
        for _, handler in inspect.getmembers(module, lambda member: isinstance(member, Handler)):
            if handler.command.wire_name in handlers:
                raise ValueError(f"two handlers for {handler.command.wire_name}")
            handlers[handler.command.wire_name] = handler
    return handlers
