"""A file that was a device once binds the device that takes its place, whatever the server shows then."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hearth.accounts.contract import Device as NamedDevice
from hearth.accounts.contract import RegistrationInfo, SignedIn, UserCard
from hearth.client import sign_in
from hearth.client.account import give_keys
from hearth.client.device_file import DeviceFile
from hearth.client.keys.kept import KeptHead, KeptPerson
from hearth.client.wire.http import Http
from hearth.directory.contract import ReadChain, UserChain
from hearth.sealed.core.verdicts import Rejected
from tests.client.alice import DEVICE, SERVER, make_file, make_owner
from tests.directory.kit import Owner

FIRST, SECOND = "da" * 16, "ab" * 16
PASSWORD = cast(Any, SimpleNamespace(auth_key=b"a" * 32, kek=b"k" * 32))
LAPTOP = NamedDevice(id="e" * 32, name="laptop", created_at=datetime.now(UTC), last_seen=datetime.now(UTC))
ALICE = UserCard(id=1, username="alice", display_name="Alice")


class Going(Exception):
    """Here the device would go on: to its vault, or to a chain of its own making."""


class Server:
    """Shows the first `n` statements of a chain."""

    url, token = "http://localhost", None

    def __init__(self, owner: Owner, n: int) -> None:
        self.owner, self.n, self.generation, self.server = owner, n, FIRST, SERVER

    async def send(self, *_: object, **__: object) -> RegistrationInfo:
        return RegistrationInfo("open", True, False, self.server.hex(), self.generation)

    async def call(self, command: Any, _result: object) -> UserChain:
        if not isinstance(command, ReadChain):
            raise Going(type(command).wire_name)
        return UserChain(user_id=1, statements=self.owner.statements[: self.n][command.after :], n=self.n)

    async def goes_on_at(self, path: Path | None) -> str:
        """Sign in, and say what the device would ask for next."""
        signed_in = SignedIn(user=ALICE, device=LAPTOP, token="u")
        file = sign_in._to_file(cast(Http, self), signed_in, path)
        with pytest.raises(Going) as going:
            await give_keys(cast(Http, self), file, PASSWORD, ALICE)
        return str(going.value)

    async def is_refused_at(self, path: Path) -> str:
        with pytest.raises(Rejected) as rejected:
            await self.goes_on_at(path)
        return rejected.value.verdict.value


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alice.json"


@pytest.fixture
def owner(path: Path) -> Owner:
    """Alice, whose device knew all of her chain; the file of it is there."""
    file = make_file()
    owner = make_owner(file)
    assert file.state.keys is not None
    file.state.keys.people["1"] = KeptPerson(chain=KeptHead(owner.now.n, owner.now.hash), pin=b"p")
    file.state.keys.databases = [FIRST]
    DeviceFile(file.state, path).save()
    return owner


async def test_control_an_honest_server_is_asked_for_the_vault(owner: Owner, path: Path) -> None:
    assert await Server(owner, 2).goes_on_at(path) == "vault.get"
    after = DeviceFile.load(path).state
    assert after.keys is not None
    assert after.keys.sign_seed != owner.seeds[DEVICE]


async def test_control_a_file_of_its_own_begins_with_what_the_server_says(owner: Owner, path: Path) -> None:
    assert await Server(owner, 0).goes_on_at(path.with_name("another.json")) == "chain.set_up"
    assert await Server(owner, 0).goes_on_at(None) == "chain.set_up"


async def test_no_chain_where_there_was_one_is_a_rollback(owner: Owner, path: Path) -> None:
    for _ in range(2):
        assert await Server(owner, 0).is_refused_at(path) == "rollback"
    assert await Server(owner, 1).is_refused_at(path) == "rollback"


async def test_another_chain_and_another_server_are_forks(owner: Owner, path: Path) -> None:
    other = Server(make_owner(make_file()), 2)
    assert await other.is_refused_at(path) == "fork"
    other.server = b"o" * 16
    assert await other.is_refused_at(path) == "fork"


async def test_a_restore_that_is_told_has_less_but_not_nothing(owner: Owner, path: Path) -> None:
    server = Server(owner, 1)
    server.generation = SECOND
    assert await server.goes_on_at(path) == "vault.get"
    server.n = 0
    assert await server.is_refused_at(path) == "rollback"
