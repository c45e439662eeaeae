"""Alice and everybody who might want something of hers: the actors of the authorization matrix.

Each call makes a set of people of its own on a running server, so that rows do not disturb each other.
"""

import copy
import itertools
import secrets
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import update

from hearth.accounts.contract import KdfParameters, Registration, RevokeDevice, SignedIn, SignIn
from hearth.accounts.invite import create_invite
from hearth.accounts.register import register
from hearth.accounts.reset_sign_in import create_reset_of
from hearth.accounts.sessions import NOBODY
from hearth.accounts.sign_in import sign_in
from hearth.contract import Actor, Command, Context
from hearth.conversations import store as conversations
from hearth.conversations.ids import make_direct_id, make_first_hash, make_self_id
from hearth.conversations.tables import MEMBER
from hearth.friends.contract import BlockUser, RemoveFriend, RequestFriend
from hearth.services import Services
from hearth.work import perform
from tests.directory.kit import Owner
from tests.epochs.kit import Room, make_home, make_self
from tests.messages.unsealed import write_unsealed
from tests.stage import carry_out

ACTORS = ("self", "friend", "member", "former", "left", "strange", "blocked", "admin", "revoked", "nobody")
"""Alice; a friend; one in a group with her; a former friend; one who left the group; one she never met; one
she blocks; an administrator she never met; a device of her friend's that was signed out; no session."""
KDF = KdfParameters(salt=b"s" * 16, memory=8, iterations=1, parallelism=1)
NUMBERS = itertools.count(1)


@dataclass
class Somebody:
    """A person's signed-in device with its token."""

    username: str
    token: str
    actor: Actor

    @property
    def auth_key(self) -> bytes:
        return make_key(self.username)


@dataclass
class People:
    """`by_role` maps ACTORS (without "nobody") to devices; the rest is what of alice's there is to want."""

    services: Services
    suffix: str
    by_role: dict[str, Somebody] = field(default_factory=dict)
    others: dict[str, Somebody] = field(default_factory=dict)
    group: bytes = b""
    requests: dict[str, int] = field(default_factory=dict)
    owners: dict[str, Owner] = field(default_factory=dict)
    link: str = ""
    notes_room: Room | None = None

    def owner(self, role: str) -> Owner:
        """What the devices of somebody know who may or may not have a chain yet; nobody's are alice's."""
        somebody = self.alice if role == "nobody" else self.by_role[role]
        if role not in self.owners:
            server_id = self.services.identity.server_id
            self.owners[role] = Owner(server_id, somebody.actor.user_id, somebody.username, somebody.auth_key)
        return copy.deepcopy(self.owners[role])

    async def seal(self, *, is_listed: bool) -> None:
        """Set alice's chain up on her phone, list her first device too if asked to, and get her a link."""
        alice, phone = self.alice.actor, self.others["phone"].actor
        owner = self.owner("self")
        await self.run(phone, owner.set_up(phone.device_id))
        if is_listed:
            await self.run(alice, owner.add_device(alice.device_id))
        self.owners["self"] = owner
        self.link = await perform(
            self.services, NOBODY, lambda context: create_reset_of(context, alice.user_id)
        )

    async def begin_notes(self) -> None:
        """Let alice make the first epoch of her notes."""
        home = make_home(self.owners["self"], self.alice.actor)
        self.notes_room = make_self(home)
        command = self.notes_room.create(home)
        self.notes_room.keep(command, await self.run(self.alice.actor, command))

    @property
    def alice(self) -> Somebody:
        return self.by_role["self"]

    def pair(self, role: str) -> str:
        """The direct conversation that alice has, or had, with somebody."""
        other = self.by_role[role].actor.user_id
        server_id = self.services.identity.server_id
        return make_direct_id(server_id, self.alice.actor.user_id, other).hex()

    @property
    def notes(self) -> str:
        return make_self_id(self.services.identity.server_id, self.alice.actor.user_id).hex()

    def shared(self, role: str) -> str:
        """The conversation somebody shares or shared with alice; hers with her friend for who shares none."""
        if role in ("member", "left"):
            return self.group.hex()
        return self.pair(role if role in ("former", "blocked") else "friend")

    async def run(self, actor: Actor, command: Command) -> Any:
        return await carry_out(self.services, actor, command)

    async def join(self, name: str, *, makes_admin: bool = False) -> Somebody:
        """Register somebody."""
        username = f"{name}.{self.suffix}"
        invite = None
        if makes_admin:
            invite = await perform(
                self.services, NOBODY, lambda context: create_invite(context, makes_admin=True)
            )
        body = Registration(
            username=username,
            display_name="",
            auth_key=make_key(username),
            kdf=KDF,
            device_name="One",
            invite=invite,
        )
        return to_somebody(await perform(self.services, NOBODY, lambda context: register(context, body)))

    async def sign_in(self, somebody: Somebody) -> Somebody:
        """Sign another device of theirs in."""
        body = SignIn(username=somebody.username, auth_key=somebody.auth_key, device_name="Two")

        async def begin(context: Context) -> SignedIn:
            return await sign_in(context, body)

        return to_somebody(await perform(self.services, NOBODY, begin))

    async def befriend(self, one: Somebody, other: Somebody) -> None:
        await self.run(one.actor, RequestFriend(username=other.username))
        await self.run(other.actor, RequestFriend(username=one.username))

    async def say(self, somebody: Somebody, conversation_id: str) -> None:
        """Write as people did before there were epochs."""
        await write_unsealed(self.services, somebody.actor, bytes.fromhex(conversation_id))

    async def make_group(self, founder: Somebody, *members: Somebody) -> None:
        """There is no command for it yet; rules for members are there already."""
        self.group = secrets.token_bytes(16)
        async with self.services.database.transaction("write") as transaction:
            await conversations.insert_conversation(
                transaction,
                self.group,
                "group",
                log_hash=make_first_hash(self.group),
                created_by=founder.actor.user_id,
                roles={who.actor.user_id: "member" for who in (founder, *members)},
                now=self.services.clock.now(),
            )

    async def leave(self, somebody: Somebody) -> None:
        async with self.services.database.transaction("write") as transaction:
            stay = (MEMBER.c.conversation_id == self.group, MEMBER.c.user_id == somebody.actor.user_id)
            await transaction.execute(update(MEMBER).where(*stay).values(left_seq=1))


def make_key(username: str) -> bytes:
    return username.encode().ljust(32, b"\0")[:32]


def to_somebody(signed_in: SignedIn) -> Somebody:
    assert signed_in.token is not None
    actor = Actor(signed_in.user.id, bytes.fromhex(signed_in.device.id))
    return Somebody(signed_in.user.username, signed_in.token, actor)


async def gather_people(services: Services) -> People:
    """Make all actors and what is between them and alice: the former friend and the blocked one alike."""
    number = next(NUMBERS)
    people = People(services, "k" + "".join(chr(97 + int(digit)) for digit in str(number)))
    roles = people.by_role
    for role in ACTORS[:7]:
        roles[role] = await people.join(f"the.{role}")
    roles["admin"] = await people.join("chief", makes_admin=True)
    alice = roles["self"]
    for role in ("friend", "former", "blocked"):
        await people.befriend(alice, roles[role])
        await people.say(alice, people.pair(role))
    await people.make_group(alice, roles["member"], roles["left"])
    await people.say(alice, people.group.hex())
    await people.say(alice, people.notes)
    await people.leave(roles["left"])
    await people.run(alice.actor, RemoveFriend(user_id=roles["former"].actor.user_id))
    await people.run(alice.actor, BlockUser(username=roles["blocked"].username))
    roles["revoked"] = await people.sign_in(roles["friend"])
    revoke = RevokeDevice(device_id=roles["revoked"].actor.device_id.hex())
    await people.run(roles["revoked"].actor, revoke)
    people.others["phone"] = await people.sign_in(alice)
    asker, asked = [await people.join(name) for name in ("asker", "asked")]
    for name, by, to in (("asker", asker, alice), ("asked", alice, asked)):
        outcome = await people.run(by.actor, RequestFriend(username=to.username))
        people.requests[name] = outcome.request.id
    return people
