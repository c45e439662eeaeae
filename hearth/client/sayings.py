"""What a program does with messages: edit, delete, react, vote, pin.

Each is an entry that is sealed, and kept until it is stored, like a message.
"""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from hearth.client.conversations.opener import Opener
from hearth.client.device_file import OutboxTarget
from hearth.client.messages import Message, list_stood
from hearth.client.said import Deletion, Pin, Poll, Reaction, Said, Text, Vote
from hearth.contract import Command
from hearth.messages.contract import Aimed, Entry, ReadAimed, Sent
from hearth.sealed.core.hashing import sha256
from hearth.sealed.group.entries import EntryKind

R = TypeVar("R")
EMPTY = bytes(32)


class Device(Protocol):
    """What these need of a client."""

    _opener: Opener

    @property
    def user_id(self) -> int: ...

    async def ask(self, command: Command, result: type[R], /) -> R: ...

    async def say(
        self,
        to: str,
        kind: EntryKind,
        said: Said,
        target: OutboxTarget | None = None,
        /,
        *,
        client_id: str | None = None,
        timeout: float | None = None,
        wait: bool = True,
    ) -> Sent: ...


class Sayings:
    """Mixed into Client. All raise what `send` raises; what one may not do, NotReady or HearthError."""

    async def send(
        self: Device,
        to: str,
        text: str,
        *,
        client_id: str | None = None,
        timeout: float | None = None,
        wait: bool = True,
        reply_to: Message | None = None,
        mentions: Iterable[int] = (),
        everyone: bool = False,
    ) -> Sent:
        """Send a text to a friend (by username), to "Notes" or to a conversation id; returns once it is on
        disk.

        It is sealed on this device, and retried over any number of connections. After `timeout` seconds
        TimeoutError is raised and it is still sent later; so it is when the friend has no keys yet. Without
        `wait`, NotReady is raised instead when it cannot be sealed at once. The same `client_id` (32 hex
        digits) is sent once only, however often it is given. `reply_to` is a message of the same conversation
        that it answers; `mentions` are the user ids of those who are to be told. Raises HearthError when the
        server refuses, NotFound for an unknown name, ValueError for an unfit text, NoKeys, and NotReady where
        the server has shown what cannot be.
        """
        said = Text(text, tuple(mentions), everyone)
        target = None if reply_to is None else make_target(reply_to.entry)
        return await self.say(
            to, EntryKind.MESSAGE, said, target, client_id=client_id, timeout=timeout, wait=wait
        )

    async def edit(self: Device, message: Message, text: str, *, mentions: Iterable[int] = ()) -> Sent:
        """Say a message of one's own anew. Raises ValueError for an unfit text."""
        said = Text(text, tuple(mentions), is_forwarded=message.is_forwarded)
        return await self.say(message.conversation_id, EntryKind.EDIT, said, make_target(message.entry))

    async def delete(self: Device, message: Message) -> Sent:
        """Delete a message; its bytes leave the server."""
        target = make_target(message.entry)
        return await self.say(message.conversation_id, EntryKind.DELETION, Deletion(), target)

    async def react(self: Device, message: Message, emoji: str) -> Sent:
        """React with one emoji. Raises ValueError for what is none."""
        target = make_target(message.entry)
        return await self.say(message.conversation_id, EntryKind.REACTION, Reaction(emoji), target)

    async def unreact(self: Device, message: Message, emoji: str) -> None:
        """Take one's own reaction with this emoji back, however often it was sent."""
        found = await self.ask(ReadAimed(conversation_id=message.conversation_id, seqs=[message.seq]), Aimed)
        judged = await self._opener.open_entries(message.conversation_id, [message.entry, *found.entries])
        entries = {entry.seq: entry for entry in found.entries}
        for one in list_stood(found.entries, judged):
            if one.user == self.user_id and one.said == Reaction(emoji):
                target = make_target(entries[one.seq])
                await self.say(message.conversation_id, EntryKind.DELETION, Deletion(), target)

    async def send_poll(
        self: Device, to: str, question: str, options: Iterable[str], *, several: bool = False
    ) -> Sent:
        """Ask a question with 2 to 12 options. Raises ValueError for unfit ones."""
        return await self.say(to, EntryKind.MESSAGE, Poll(question, tuple(options), several))

    async def vote(self: Device, message: Message, *options: int) -> Sent:
        """Choose options of a poll, 0 being the first, instead of those chosen before; none takes it back."""
        said, target = Vote(tuple(sorted(options))), make_target(message.entry)
        return await self.say(message.conversation_id, EntryKind.REACTION, said, target)

    async def close_poll(self: Device, message: Message) -> Sent:
        """End a poll of one's own, for good."""
        if message.poll is None:
            raise ValueError("not a poll")
        poll = message.poll
        said = Poll(poll.question, poll.options, poll.several, is_closed=True)
        return await self.say(message.conversation_id, EntryKind.EDIT, said, make_target(message.entry))

    async def pin(self: Device, message: Message) -> Sent:
        target = make_target(message.entry)
        return await self.say(message.conversation_id, EntryKind.PIN, Pin(True), target)

    async def unpin(self: Device, message: Message) -> Sent:
        target = make_target(message.entry)
        return await self.say(message.conversation_id, EntryKind.PIN, Pin(False), target)


def make_target(entry: Entry) -> OutboxTarget:
    """Return an entry as what another is aimed at."""
    digest = sha256(entry.record) if entry.record else entry.record_hash or EMPTY
    return OutboxTarget(entry.seq, entry.kind, entry.from_user, digest)
