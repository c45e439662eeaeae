"""Chains and first epochs written straight into the tables, for tests of records that are about neither.

The rows are those that the server would have written, but for this: the entry of the epoch is left out (its
seq is 0), so that a log begins with what a test sends, and nobody has a vault, generations or receive keys.
Who got a chain here cannot set another up.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from hearth.accounts.tables import DEVICE, USER
from hearth.contract import Actor, Transaction
from hearth.conversations.tables import CONVERSATION, MEMBER
from hearth.directory.rules import decode_state, encode_state
from hearth.directory.tables import USER_CHAIN, USER_STATEMENT
from hearth.epochs.tables import EPOCH
from hearth.sealed.core import ed25519
from hearth.sealed.core.hashing import sha256
from hearth.sealed.group.epoch import EpochRecord, Kind
from hearth.sealed.person.user_chain import Genesis
from hearth.services import Services
from tests.directory.conftest import Home
from tests.directory.kit import Owner
from tests.epochs.kit import Room, make_home


async def begin_epochs(services: Services, *conversation_ids: bytes) -> set[bytes]:
    """Give these conversations their first epoch (without any: all), and their members chains.

    Who has a chain from here already gets the devices listed that are signed in now. Returns the
    conversations that have begun by it.
    """
    async with services.database.transaction("write") as transaction:
        writer = Writer(transaction, services.identity.server_id, services.clock.now())
        await writer.write(conversation_ids)
    for user in writer.homes:
        services.messages.forget_person(user)
    return writer.begun


@dataclass
class Writer:
    """Writes within one transaction; `homes` are the people that it met, by user id."""

    transaction: Transaction
    server: bytes
    now: datetime

    def __post_init__(self) -> None:
        self.homes: dict[int, Home] = {}
        self.begun: set[bytes] = set()

    async def write(self, conversation_ids: Collection[bytes] = ()) -> None:
        """Write what begin_epochs says."""
        query = select(CONVERSATION)
        if conversation_ids:
            query = query.where(CONVERSATION.c.id.in_(sorted(conversation_ids)))
        for row in list(await self.transaction.execute(query)):
            members = (MEMBER.c.conversation_id == row.id, MEMBER.c.left_seq.is_(None))
            living = select(MEMBER.c.user_id).join(USER, USER.c.id == MEMBER.c.user_id)
            users = await self.transaction.execute(living.where(*members, USER.c.deleted_at.is_(None)))
            homes = {user: await self.find_home(user) for user in sorted(users.scalars())}
            kind = Kind[row.kind.upper()]
            if row.epoch == 0 and len(homes) >= (2 if kind is Kind.DIRECT else 1):
                await self.write_epoch(Room(homes, kind, row.id))
                stays = (*members, MEMBER.c.joined_seq == 0)
                await self.transaction.execute(update(MEMBER).where(*stays).values(entered_seq=0))

    async def write_epoch(self, room: Room) -> None:
        """Write the first epoch; in a group the member with the lowest id is the owner."""
        home = next(iter(room.homes.values()))
        command = room.create(home)
        values = {
            "conversation_id": room.conversation,
            "n": 1,
            "hash": EpochRecord.open(command.record).hash,
            "record": command.record,
            "roster": command.roster,
            "roster_n": 1,
            "actor_id": home.owner.user,
            "seq": 0,
            "timestamp": self.now,
        }
        await self.transaction.execute(insert(EPOCH).values(values))
        of_room = CONVERSATION.c.id == room.conversation
        await self.transaction.execute(update(CONVERSATION).where(of_room).values(epoch=1))
        self.begun.add(room.conversation)

    async def find_home(self, user: int) -> Home:
        """Return a person whose chain lists the devices that are signed in."""
        if user not in self.homes:
            owner, devices = await self.load(user)
            is_own = owner.state is None or owner.now.identity_key == ed25519.public_key(owner.identity)
            if is_own and (owner.state is None or owner.now.devices.keys() != set(devices)):
                await self.say_devices(owner, devices)
            self.homes[user] = make_home(owner, *(Actor(user, device) for device in devices))
        return self.homes[user]

    async def load(self, user: int) -> tuple[Owner, list[bytes]]:
        """Return what is stored of a person, with keys that their ids stand for."""
        found = await self.transaction.execute(select(USER.c.username).where(USER.c.id == user))
        living = (DEVICE.c.user_id == user, DEVICE.c.revoked_at.is_(None))
        devices = await self.transaction.execute(select(DEVICE.c.id).where(*living).order_by(DEVICE.c.id))
        owner = Owner(self.server, user, found.scalar_one(), b"")
        owner.identity = sha256(f"identity of {user}".encode())
        stored = await self.transaction.execute(
            select(USER_CHAIN.c.state).where(USER_CHAIN.c.user_id == user)
        )
        state = stored.scalar_one_or_none()
        owner.state = None if state is None else decode_state(state)
        ids = list(devices.scalars()) or [sha256(f"no device of {user}".encode())[:16]]
        owner.seeds = {device: sha256(device) for device in ids}
        return owner, ids

    async def say_devices(self, owner: Owner, devices: Iterable[bytes]) -> None:
        """Write the next statements of a chain: which devices there are, and at first who it is of."""
        is_new = owner.state is None
        if is_new:
            await self.keep(owner, owner.say(Genesis(ed25519.public_key(owner.identity), owner.username)))
        await self.keep(owner, owner.list_devices(list(devices)))
        now = owner.now
        values = {"n": now.n, "hash": now.hash, "state": encode_state(now)}
        if is_new:
            head = insert(USER_CHAIN).values(user_id=owner.user, receive_version=0, **values)
            await self.transaction.execute(head)
        else:
            of_owner = USER_CHAIN.c.user_id == owner.user
            await self.transaction.execute(update(USER_CHAIN).where(of_owner).values(values))

    async def keep(self, owner: Owner, statement: bytes) -> None:
        now = owner.now
        values = {
            "user_id": owner.user,
            "n": now.n,
            "kind": 1 if now.n == 1 else 2,
            "incarnation": now.incarnation,
            "hash": now.hash,
            "statement": statement,
            "timestamp": self.now,
        }
        await self.transaction.execute(insert(USER_STATEMENT).values(values))
