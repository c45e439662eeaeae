"""What a client lets others see besides messages: what was read, that somebody writes, that they are away."""

from typing import Protocol, TypeVar

from hearth.client.messages import Message
from hearth.client.replica.conversation import ConversationState
from hearth.contract import Command, Nothing
from hearth.messages.contract import MarkReceived, StartTyping, StopTyping
from hearth.presence.contract import SetPresence

R = TypeVar("R")


class Device(Protocol):
    """What these need of a client."""

    async def call(self, command: Command, result: type[R], /) -> R: ...

    async def ask(self, command: Command, result: type[R], /) -> R: ...

    def find_conversation(self, to: str) -> ConversationState: ...


class Signs:
    """Mixed into Client."""

    async def mark_read(self: Device, message: Message) -> None:
        """Say that the user has read up to this message."""
        command = MarkReceived(
            conversation_id=message.conversation_id, delivered_seq=message.seq, read_seq=message.seq
        )
        await self.ask(command, Nothing)

    async def start_typing(self: Device, to: str) -> None:
        """Show the others that one writes; it lapses after 6 s."""
        key = self.find_conversation(to).conversation.id
        await self.call(StartTyping(conversation_id=key), Nothing)

    async def stop_typing(self: Device, to: str) -> None:
        key = self.find_conversation(to).conversation.id
        await self.call(StopTyping(conversation_id=key), Nothing)

    async def set_away(self: Device, away: bool) -> None:
        """Say whether this device is in use."""
        await self.call(SetPresence(away=away), Nothing)
