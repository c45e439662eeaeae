"""From a command's name and raw JSON to its result: decode, limit, perform. The same for socket and HTTP."""

import functools
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import msgspec

from hearth.contract import Actor, Command, Handler, Later, Mode
from hearth.errors import HearthError, Internal, InvalidInput, NotFound, out_of_memory
from hearth.figures import CallFigures
from hearth.services import Services
from hearth.wire.answers import Pending
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
    """Names of heavy commands; those that share turns are counted together."""

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
            result = self._begin(actor, name, raw)
            if isinstance(result, Awaitable):
                result = await result
            outcome = "ok"
            return result
        except HearthError as error:
            outcome = error.code
            raise
        finally:
            self._count(name, outcome)

    def acknowledge(
        self, actor: Actor, name: str, raw: bytes | msgspec.Raw
    ) -> bytes | Pending | Coroutine[Any, Any, bytes]:
        """Carry out one command; its ack, now or later, is [{"ok": result}] or [{"error": problem}].

        What has nothing to wait for, or only for a batch to be on disk, costs no task.
        """
        try:
            result = self._begin(actor, name, raw)
        except Exception as error:  # sorted in `_refuse`
            return self._refuse(name, error)
        if isinstance(result, Later):
            return Pending(result.future, functools.partial(self._settle, name, result.read))
        if isinstance(result, Coroutine):
            return self._answer(name, result)
        return self._succeed(name, result)

    def _begin(self, actor: Actor, name: str, raw: bytes | msgspec.Raw) -> Any:
        """Return the command's result, or an awaitable of it; raises what refuses it at once."""
        handler = self.handlers.get(name)
        if handler is None:
            raise NotFound(f"There is no command {name[:64]!r}.")
        if handler.command.rate_limit:
            is_per_user = handler.command.limited_per == "user"
            key = actor.user_id if is_per_user else actor.device_id.hex()
            self.services.limits.take(name, key, handler.command.rate_limit)
        command = decode(self.decoders[name], raw)
        if handler.mode is None:
            return handler.function(self.services, actor, command)
        return self._perform(actor, handler.function, command, handler.mode, self.turns.get(name))

    async def _perform(
        self, actor: Actor, function: Callable[..., Any], command: Command, mode: Mode, turns: Turns | None
    ) -> Any:
        async with turns.take(actor.user_id) if turns else nullcontext():
            return await perform(self.services, actor, lambda context: function(context, command), mode=mode)

    async def _answer(self, name: str, work: Coroutine[Any, Any, Any]) -> bytes:
        try:
            result = await work
        except Exception as error:  # sorted in `_refuse`
            return self._refuse(name, error)
        return self._succeed(name, result)

    def _settle(self, name: str, read: Callable[[], Any]) -> bytes:
        try:
            result = read()
        except Exception as error:  # sorted in `_refuse`
            return self._refuse(name, error)
        return self._succeed(name, result)

    def _succeed(self, name: str, result: Any) -> bytes:
        self._count(name, "ok")
        return b'[{"ok":' + ENCODER.encode(result) + b"}]"

    def _refuse(self, name: str, error: Exception) -> bytes:
        """Tell what the caller may know; of a defect of ours that is hardly anything."""
        if isinstance(error, HearthError):
            self._count(name, error.code)
            return b"[" + ENCODER.encode({"error": error.to_problem()}) + b"]"
        self._count(name, Internal.code)
        self.report(name, error)
        return OUT_OF_MEMORY if isinstance(error, MemoryError) else DEFECT

    def _count(self, name: str, outcome: str) -> None:
        self.figures.commands[name if name in self.handlers else "unknown", outcome] += 1


def decode(decoder: msgspec.json.Decoder[Any], raw: bytes | msgspec.Raw) -> Any:
    """Decode and validate in one step; raises InvalidInput that names the place, never a value."""
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise InvalidInput(str(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise InvalidInput("This is not the JSON that was expected.") from None


# Encoded beforehand: where there is no memory, none is to be had for saying so.
DEFECT = ENCODER.encode([{"error": Internal().to_problem()}])
OUT_OF_MEMORY = ENCODER.encode([{"error": out_of_memory().to_problem()}])
