"""People with chains on the stage, and how their devices come and go."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from hearth.accounts.contract import SignIn
from hearth.accounts.reset_sign_in import create_reset_of
from hearth.accounts.sessions import NOBODY
from hearth.accounts.sign_in import sign_in
from hearth.contract import Actor, Command
from hearth.directory.contract import ChainTaken
from hearth.directory.store import list_statements
from hearth.sealed.person.user_state import ChainState, apply_statement
from hearth.work import perform
from tests.directory.kit import Owner
from tests.stage import Stage


@dataclass
class Home:
    """A person on the stage: what their devices know, and the sessions that they have."""

    stage: Stage
    owner: Owner
    devices: list[Actor] = field(default_factory=list)

    @property
    def phone(self) -> Actor:
        return self.devices[0]

    @property
    def id(self) -> bytes:
        """The id of the first device."""
        return self.phone.device_id

    async def run(self, command: Command, actor: Actor | None = None) -> ChainTaken:
        taken: ChainTaken = await self.stage.run(actor or self.phone, command)
        return taken

    async def sets_up(self) -> "Home":
        await self.run(self.owner.set_up(self.id))
        self.stage.clock.advance(3600)
        return self

    async def signs_in(self) -> Actor:
        """Begin a session that is not in the list yet."""
        owner = self.owner
        body = SignIn(username=owner.username, auth_key=owner.auth_key, device_name="Laptop")
        signed_in = await perform(self.stage.services, NOBODY, lambda context: sign_in(context, body))
        return Actor(owner.user, bytes.fromhex(signed_in.device.id))

    async def adds(self) -> Actor:
        """Sign a device in and list it."""
        actor = await self.signs_in()
        await self.run(self.owner.add_device(actor.device_id), actor)
        self.devices.append(actor)
        self.stage.clock.advance(3600)
        return actor

    async def gets_link(self) -> str:
        """An administrator's one-time link."""
        return await perform(
            self.stage.services, NOBODY, lambda context: create_reset_of(context, self.owner.user)
        )

    async def replays(self) -> ChainState | None:
        """Return what hearth.sealed makes of all stored statements."""
        async with self.stage.services.database.transaction("read") as transaction:
            rows = await list_statements(transaction, self.owner.user, after=0, limit=10_001)
        state = None
        for row in rows:
            state = apply_statement(state, self.owner.server, self.owner.user, row.statement)
        return state


MakeHome = Callable[[str], Awaitable[Home]]


async def make_home_on(stage: Stage, username: str) -> Home:
    """Register somebody who has no chain yet."""
    actor = await stage.user(username)
    key = username.encode().ljust(32, b"\0")
    owner = Owner(stage.services.identity.server_id, actor.user_id, username, key)
    return Home(stage, owner, [actor])


@pytest.fixture
def make_home(stage: Stage) -> MakeHome:
    async def make(username: str) -> Home:
        return await make_home_on(stage, username)

    return make


@pytest.fixture
async def alice(make_home: MakeHome) -> Home:
    """Alice, whose phone has set her chain up."""
    return await (await make_home("alice")).sets_up()
