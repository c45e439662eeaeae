"""A small world for random histories: people with devices on the stage, and replicas fed from the bus."""

import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from hearth.accounts.avatar import set_avatar
from hearth.accounts.contract import ChangePassword, SignIn
from hearth.accounts.sessions import NOBODY
from hearth.accounts.sign_in import sign_in
from hearth.client.replica.catch_up import open_replica, repair
from hearth.client.replica.state import Replica
from hearth.contract import Actor, Command, Devices
from hearth.errors import HearthError
from hearth.work import perform
from tests.directory.kit import Owner
from tests.epochs.kit import Room
from tests.epochs.written import begin_epochs
from tests.stage import Stage

Hint = tuple[str, bytes]
ORDERED = ("presence.changed", "typing.started", "typing.stopped")
"""What is in no log and has no cursor: a socket keeps its order, so the tests do."""


@dataclass
class Person:
    """A user with devices. `live` misses nothing but order; `lossy` loses hints as a bad line does."""

    name: str
    user_id: int
    auth_key: bytes
    devices: list[Actor]
    live: Replica
    lossy: Replica
    waiting: dict[str, list[Hint]] = field(default_factory=lambda: {"live": [], "lossy": []})


@dataclass
class World:
    """Everybody who still has an account. What happens is drawn from `dice` alone."""

    stage: Stage
    dice: random.Random
    people: list[Person] = field(default_factory=list)
    owners: dict[int, Owner] = field(default_factory=dict)
    rooms: list[Room] = field(default_factory=list)
    then: Callable[[Any], None] | None = None
    """What the device that asks notes when its command is carried out, given the answer."""
    begun: set[str] = field(default_factory=set)
    """Conversations that had their first epoch written: these are no rooms."""
    next_connection: int = 1
    heard: int = 0

    async def add_person(self, name: str) -> None:
        actor = await self.stage.user(name)
        self.heard = 0
        person = Person(
            name,
            actor.user_id,
            name.encode().ljust(32, b"\0"),
            [actor],
            Replica(actor.user_id),
            Replica(actor.user_id),
        )
        self.people.append(person)
        for replica in (person.live, person.lossy):
            await open_replica(replica, self.asker(person))
        self.listen()

    def asker(self, person: Person) -> Any:
        """Return how a device of this person asks: every answer goes through JSON as on the wire."""

        async def ask(command: Command, result: type[Any]) -> Any:
            answer = await self.stage.run(person.devices[0], command)
            return msgspec.json.decode(msgspec.json.encode(answer), type=result)

        return ask

    async def act(self, actor: Actor, command: Command) -> bool:
        """Carry out a command; False when it was refused. A refused one tells nobody anything."""
        self.listen()
        then, self.then = self.then, None
        try:
            answer = await self.stage.run(actor, command)
            if then is not None:
                then(answer)
        except HearthError:
            logged = [name for _, name, _ in self.stage.bus.sent[self.heard :] if name == "log"]
            assert not logged, f"{type(command).__name__} was refused and published"
            return False
        finally:
            self.listen()
        if isinstance(command, ChangePassword):
            (person,) = (person for person in self.people if person.user_id == actor.user_id)
            person.auth_key = command.auth_key
        return True

    def listen(self) -> None:
        """Put what was published since the last time before the replicas of its audience."""
        for audience, name, payload in self.stage.bus.sent[self.heard :]:
            hint = (name, msgspec.json.encode(payload))
            for person in self.people:
                is_meant = (
                    any(device.device_id in audience.ids for device in person.devices)
                    if isinstance(audience, Devices)
                    else person.user_id in audience.ids
                )
                if is_meant:
                    person.waiting["live"].append(hint)
                    person.waiting["lossy"].append(hint)
        self.heard = len(self.stage.bus.sent)

    async def deliver(self, *, everything: bool = False) -> None:
        """Let hints arrive: doubled and out of order everywhere, and some of them never at the lossy ones."""
        for person in self.people:
            for kind, replica in (("live", person.live), ("lossy", person.lossy)):
                if not everything and self.dice.random() < 0.4:
                    continue
                hints, person.waiting[kind] = person.waiting[kind], []
                for name, payload in self.disturb(hints, is_lossy=kind == "lossy"):
                    replica.apply_event(name, msgspec.Raw(payload))
                if everything or self.dice.random() < 0.7:
                    await repair(replica, self.asker(person))

    def disturb(self, hints: list[Hint], *, is_lossy: bool) -> list[Hint]:
        dice = self.dice
        kept = [hint for hint in hints if not is_lossy or dice.random() > 0.2]
        doubled = [hint for hint in kept for _ in range(2 if dice.random() < 0.15 else 1)]
        if dice.random() < 0.5:
            free = [hint for hint in doubled if hint[0] not in ORDERED]
            dice.shuffle(free)
            doubled = [hint if hint[0] in ORDERED else free.pop() for hint in doubled]
        return doubled

    async def begin_epochs(self) -> None:
        """Write a first epoch of what has none, which nobody hears of, so that people can write there."""
        self.begun |= {key.hex() for key in await begin_epochs(self.stage.services)}

    async def sign_in_somewhere(self, person: Person) -> None:
        """What is no command but is logged too: a new device…"""
        body = SignIn(username=person.name, auth_key=person.auth_key, device_name="Another")
        session = await perform(self.stage.services, NOBODY, lambda context: sign_in(context, body))
        person.devices.append(Actor(person.user_id, bytes.fromhex(session.device.id)))
        self.listen()

    async def show_new_picture(self, person: Person) -> None:
        """… and a new picture."""
        picture = make_png(self.dice.randbytes(3))
        await perform(
            self.stage.services,
            person.devices[0],
            lambda context: set_avatar(context, "image/png", picture),
        )
        self.listen()

    def connect(self, person: Person) -> None:
        actor = at_socket(self.dice.choice(person.devices), self.next_connection)
        self.next_connection += 1
        self.stage.services.presence.connected(actor)
        if self.dice.random() < 0.5:
            self.stage.services.presence.disconnected(actor)


def at_socket(actor: Actor, connection: int) -> Actor:
    return Actor(actor.user_id, actor.device_id, actor.is_admin, connection)


def make_png(colour: bytes) -> bytes:
    """Return a picture of one pixel."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(b"\0" + colour)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")
