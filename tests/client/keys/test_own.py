"""A device speaks for the person who listed it, whatever the server says of that person since."""

import copy
import secrets
from collections.abc import Awaitable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hearth.client.conversations.act import act
from hearth.client.crypto.making import acts
from hearth.client.derive import DerivedKeys
from hearth.client.device_file import DeviceFile
from hearth.client.keys import set_up
from hearth.client.keys.connect import Place, connect
from hearth.client.keys.own import Own
from hearth.directory.contract import ReadChain, UserChain
from hearth.sealed.core.verdicts import Rejected, Verdict
from tests.client.alice import DEVICE, make_file, make_owner
from tests.directory.kit import Owner

GHOST = b"g" * 16


class Stop(Exception):
    """Here the device goes on to its generations."""


class Server:
    def __init__(self, owner: Owner) -> None:
        self.owner = owner

    async def ask(self, command: Any, _result: Any) -> Any:
        if not isinstance(command, ReadChain):
            raise Stop
        said = self.owner.statements
        return UserChain(user_id=1, statements=said[command.after :], n=len(said))


@pytest.fixture
def file() -> DeviceFile:
    return make_file()


@pytest.fixture
def owner(file: DeviceFile) -> Owner:
    """Alice, as her device has known her."""
    owner = make_owner(file)
    assert file.state.keys is not None
    file.state.keys.identity = owner.now.identity_key
    return owner


async def is_fork(doing: Awaitable[object]) -> bool:
    with pytest.raises(Rejected) as rejected:
        await doing
    return rejected.value.verdict is Verdict.FORK


async def test_control_a_new_identity_that_the_old_one_signs_is_the_same_person(
    file: DeviceFile, owner: Owner
) -> None:
    owner.renew_identity()
    owner.list_devices([DEVICE, GHOST])
    with pytest.raises(Stop):
        await connect(Own(file, Server(owner).ask))


async def test_control_who_is_reset_elsewhere_has_nothing_to_do_here(file: DeviceFile, owner: Owner) -> None:
    owner.genesis()
    owner.list_devices([GHOST])
    assert await connect(Own(file, Server(owner).ask)) is Place.REMOVED


async def test_a_reset_that_lists_this_device_is_the_servers(file: DeviceFile, owner: Owner) -> None:
    """It needs nothing but public keys, and what the device has would go to whoever else is listed."""
    owner.genesis()
    owner.list_devices([DEVICE, GHOST])
    assert await is_fork(connect(Own(file, Server(owner).ask)))


async def test_another_beginning_of_the_chain_is_the_servers(file: DeviceFile, owner: Owner) -> None:
    """After a restore nothing else is known of it."""
    other = copy.deepcopy(owner)
    other.state, other.statements = None, []
    other.identity = secrets.token_bytes(32)
    other.genesis()
    other.list_devices([DEVICE, GHOST])
    assert await is_fork(connect(Own(file, Server(other).ask)))


async def test_a_device_knows_whose_it_is_before_it_is_listed(
    file: DeviceFile, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it sends to be listed is enough for the server to list it under a reset instead."""

    async def open_vault(*_: object) -> None:
        return

    monkeypatch.setattr(set_up, "fetch_vault", open_vault)
    assert file.state.keys is not None
    file.state.keys.identity = b""
    owner.list_devices([GHOST])
    with pytest.raises(Stop):
        await set_up.enter(Own(file, Server(owner).ask), DerivedKeys(b"", b""), "Alice")
    owner.genesis()
    owner.list_devices([DEVICE, GHOST])
    assert await is_fork(connect(Own(file, Server(owner).ask)))


async def test_no_epoch_is_made_on_such_a_reset_however_it_is_learnt_of(
    file: DeviceFile, owner: Owner
) -> None:
    """Chains of members grow between two connections, too."""
    own = Own(file, Server(owner).ask)
    await own.met.fetch_chain(1)
    owner.genesis()
    owner.list_devices([DEVICE, GHOST])
    await own.met.fetch_chain(1)
    room = cast(Any, SimpleNamespace(own=own))
    assert await is_fork(act(room, cast(Any, None), acts.create_self(1)))
