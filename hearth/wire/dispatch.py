"""From a command's name and raw JSON to its result: decode, limit, perform. The same for socket and HTTP."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from hearth.contract import Actor, Command, Handler
from hearth.errors import HearthError, Internal, InvalidInput, NotFound
from hearth.figures import CallFigures
from hearth.services import Services
from hearth.wire.turns import Turns
from hearth.work import perform

ENCODER = msgspec.json.Encoder()


@dataclass(slots=True)
class Dispatcher:
    """Carries out commands by name. `report` is told of errors that are nobody's fault but ours."""

    services: Services
    handlers: dict[str, Handler]
    report: Callable[[str, Exception], None]
    decoders: dict[str, msgspec.json.Decoder[Any]]
    figures: CallFigures = field(default_factory=CallFigures)
    turns: dict[str, Turns] = field(default_factory=dict)
    """Names of heavy commands, and how many of each are worked on at a time."""

    @classmethod
    def of(
        cls, services: Services, handlers: dict[str, Handler], report: Callable[[str, Exception], None]
    ) -> "Dispatcher":
        decoders = {name: msgspec.json.Decoder(handler.command) for name, handler in handlers.items()}
        return cls(services, handlers, report, decoders)

    async def run(self, actor: Actor, name: str, raw: bytes | msgspec.Raw) -> Any:
        """Carry out one command and return its result; raises HearthError for all the caller may know."""
        outcome = Internal.code
        try:
            result = await self._run(actor, name, raw)
            outcome = "ok"
            return result
        except HearthError as error:
            outcome = error.code
            raise
        finally:
            self.figures.commands[name if name in self.handlers else "unknown", outcome] += 1

    async def _run(self, actor: Actor, name: str, raw: bytes | msgspec.Raw) -> Any:
        handler = self.handlers.get(name)
        if handler is None:
            raise NotFound(f"There is no command {name[:64]!r}.")
        if handler.command.rate_limit:
            self.services.limits.take(name, str(actor.user_id), handler.command.rate_limit)
        command = decode(self.decoders[name], raw)
        if name not in self.turns:
            return await self._perform(actor, handler, command)
        async with self.turns[name].take():
            return await self._perform(actor, handler, command)

    def _perform(self, actor: Actor, handler: Handler, command: Command) -> Awaitable[Any]:
        return perform(
            self.services, actor, lambda context: handler.function(context, command), mode=handler.mode
        )

    async def answer(self, actor: Actor, name: str, raw: bytes | msgspec.Raw) -> bytes:
        """Carry out one command and return the JSON of its ack: {"ok": result} or {"error": problem}."""
        try:
            return b'{"ok":' + ENCODER.encode(await self.run(actor, name, raw)) + b"}"
        except HearthError as error:
            return ENCODER.encode({"error": error.to_problem()})
        except Exception as error:  # a defect of ours: the caller learns that much and nothing more
            self.report(name, error)
            return b'{"error":' + INTERNAL + b"}"


def decode(decoder: msgspec.json.Decoder[Any], raw: bytes | msgspec.Raw) -> Any:
    """Decode and validate in one step; raises InvalidInput that names the place, never a value."""
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise InvalidInput(str(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise InvalidInput("This is not the JSON that was expected.") from None


INTERNAL = ENCODER.encode(
    {
        "type": "urn:hearth:problem:internal",
        "title": "Something went wrong on the server",
        "status": 500,
        "code": "internal",
    }
)
