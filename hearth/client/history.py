"""Messages of before, as they are now: with their last edits, reactions, votes and pins."""

from typing import Protocol, TypeVar

from hearth.client.conversations.opener import Opener
from hearth.client.device_file import DeviceFile
from hearth.client.messages import Message, list_stood, name_sender, show_messages
from hearth.client.replica.conversation import ConversationState
from hearth.contract import Command
from hearth.messages.contract import Aimed, Page, Pins, ReadAimed, ReadHistory, ReadPins

MOST_PINS = 50
R = TypeVar("R")


class Device(Protocol):
    """What these need of a client."""

    _opener: Opener
    file: DeviceFile

    async def ask(self, command: Command, result: type[R], /) -> R: ...

    def find_conversation(self, to: str) -> ConversationState: ...


class History:
    """Mixed into Client."""

    async def history(self: Device, to: str, *, before: int = 0, limit: int = 50) -> list[Message]:
        """Return at most `limit` (≤ 100) messages before a seq (0: the newest), oldest first."""
        state = self.find_conversation(to)
        page = await self.ask(
            ReadHistory(conversation_id=state.conversation.id, seq=before, direction="before", limit=limit),
            Page,
        )
        judged = await self._opener.open_page(page)
        shown = show_messages(state, page.entries, [*page.aimed, *page.answered], judged)
        return [name_sender(self.file, message) for message in shown]

    async def pins(self: Device, to: str) -> list[Message]:
        """Return the messages that are pinned, at most 50, the newest pin first."""
        state = self.find_conversation(to)
        key = state.conversation.id
        found = await self.ask(ReadPins(conversation_id=key), Pins)
        beside = found.entries
        if found.pinned:
            seqs = [entry.seq for entry in found.pinned]
            beside = [*beside, *(await self.ask(ReadAimed(conversation_id=key, seqs=seqs), Aimed)).entries]
        judged = await self._opener.open_entries(key, [*found.pinned, *beside])
        newest = {one.target: one.seq for one in list_stood(found.entries, judged)}
        shown = show_messages(state, found.pinned, beside, judged)
        pinned = [name_sender(self.file, message) for message in shown if message.is_pinned]
        return sorted(pinned, key=lambda message: newest[message.seq], reverse=True)[:MOST_PINS]
