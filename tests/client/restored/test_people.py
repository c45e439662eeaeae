"""One's own chain after a restore: it is given back, and not let go of because a server denies it."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hearth.client.device_file import DeviceFile
from hearth.client.keys.kept import KeptHead, KeptPerson
from hearth.client.keys.own import Own
from hearth.client.problems import Problem, to_error
from hearth.client.restored.people import look_at_people, return_pins
from hearth.directory.contract import (
    ChainHead,
    ChainHeads,
    ChainTaken,
    ListChainHeads,
    OfferChain,
    ReadChain,
    UserChain,
)
from hearth.errors import HearthError
from hearth.sealed.core import hpke
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.person.keyring import How, OpenRow, PinRow, UserId
from hearth.sealed.person.pins import Pins
from hearth.sealed.person.receive import Receive
from tests.client.alice import DEVICE, SERVER, make_file, make_owner
from tests.directory.kit import Owner

THIEF = b"t" * 16


class Server:
    """Has the first `n` statements of alice's chain, and takes back what follows unless it refuses."""

    def __init__(self, owner: Owner, n: int) -> None:
        self.owner, self.n, self.kept = owner, n, 0
        self.keeps_receives = True
        self.refuses: str | None = None
        self.offers, self.listings = list[int](), list[bytes | None]()
        self.others = dict[int, ChainHead]()

    async def ask(self, command: Any, _result: Any) -> Any:
        if isinstance(command, ListChainHeads):
            own = ChainHead(user_id=1, n=self.n, hash=self.states[self.n - 1].hash, receive_version=self.kept)
            return ChainHeads(heads=[own, *self.others.values()])
        if isinstance(command, ReadChain):
            said = self.owner.statements[: self.n]
            return UserChain(user_id=1, statements=said[command.after :], n=len(said))
        assert isinstance(command, OfferChain)
        self.offers.append(len(command.statements))
        self.listings.append(command.listing)
        if self.refuses is not None:
            raise to_error(Problem(code=self.refuses))
        assert command.statements[:1] == self.owner.statements[self.n :][: len(command.statements[:1])]
        self.n += len(command.statements)
        for one in command.receives if self.keeps_receives else ():
            self.kept += 1
            assert Receive.open(one.statement).body.version == self.kept
        return cast(ChainTaken, None)

    @property
    def states(self) -> Any:
        chain = self.known.chain
        return chain.states

    known: Own


@pytest.fixture
def file() -> DeviceFile:
    return make_file()


@pytest.fixture
def server(file: DeviceFile) -> Server:
    """A backup from before the thief's device was removed."""
    owner = make_owner(file, THIEF)
    owner.list_devices([DEVICE])
    server = Server(owner, 2)
    server.known = Own(file, server.ask)
    return learn(server)


def learn(server: Server) -> Server:
    server.known.take_statements(server.owner.statements[len(server.known.chain.states) :])
    return server


async def look(file: DeviceFile, server: Server, *, is_anew: bool = False) -> Own:
    """What a device does first in another database; `is_anew`: its program was started since."""
    own = Own(file, server.ask)
    before = None if is_anew else SimpleNamespace(own=server.known)
    await look_at_people(cast(Any, SimpleNamespace(own=own)), cast(Any, before))
    return own


async def test_control_it_is_given_back(file: DeviceFile, server: Server) -> None:
    own = await look(file, server)
    assert server.n == 3 and server.offers == [1]
    assert own.keys.people["1"].chain.n == 3 and own.keys.lost == {}


@pytest.mark.parametrize("code", ["not_restored", "not_accepted", "chain_moved", "not_found"])
async def test_a_server_that_denies_it_shows_a_rollback(file: DeviceFile, server: Server, code: str) -> None:
    """Else the thief's device would be one of alice's again, and be given what was made since."""
    server.refuses = code
    for _ in range(2):
        with pytest.raises(Rejected) as rejected:
            await look(file, server)
        assert rejected.value.verdict is Verdict.ROLLBACK
    assert server.known.keys.people["1"].chain.n == 3
    server.refuses = None
    assert (await look(file, server)).keys.people["1"].chain.n == 3


async def test_what_may_pass_is_no_denial(file: DeviceFile, server: Server) -> None:
    server.refuses = "limit_reached"
    with pytest.raises(HearthError):
        await look(file, server)


async def test_a_vault_of_a_lost_password_does_not_come_back_and_stops_nothing(
    file: DeviceFile, server: Server
) -> None:
    server.n = 3
    server.owner.seal_vault()
    own = await look(file, learn(server))
    assert server.offers == [] and own.keys.people["1"].chain.n == 0 and own.keys.lost == {}


async def test_all_of_a_long_chain_is_given_back(file: DeviceFile, server: Server) -> None:
    """Else what stands above the fiftieth statement is let go of: a removal, as it may be."""
    for number in range(120):
        server.owner.profile(DEVICE, f"Alice {number}")
    own = await look(file, learn(server))
    assert server.offers == [50, 50, 21] and own.keys.people["1"].chain.n == 123


def publish(server: Server, count: int) -> None:
    """Have her device say that many receive statements, at the end of her chain."""
    for _ in range(count):
        receive = server.owner.receive(DEVICE)
        server.known.met.receive_keys[hpke.kem_hash(receive.public_key)] = receive.public_key
        server.known.chain.take_receive(receive.statement)


async def test_all_of_many_receive_statements_are_given_back(file: DeviceFile, server: Server) -> None:
    """Also where no statement of the chain is lost with them, or with the last of them."""
    server.n = 3
    publish(server, 120)
    await look(file, server)
    assert server.kept == 120 and server.offers == [0, 0, 0]


async def test_a_server_that_only_says_that_it_takes_receive_statements_is_asked_once(
    file: DeviceFile, server: Server
) -> None:
    server.n, server.keeps_receives = 3, False
    publish(server, 1)
    await look(file, server)
    assert server.offers == [0]


async def test_a_device_that_is_listed_far_above_shows_where(file: DeviceFile) -> None:
    """More stands below its list than a request has room for, and nobody else may have what was lost."""
    other, owner = b"o" * 16, Owner(SERVER, 1, "alice", b"a" * 32)
    owner.genesis()
    owner.list_devices([other])
    for number in range(60):
        owner.profile(other, str(number))
    assert file.state.keys is not None
    owner.seeds[DEVICE] = file.state.keys.sign_seed
    owner.list_devices([DEVICE, other])
    server = Server(owner, 2)
    server.known = Own(file, server.ask)
    assert (await look(file, learn(server))).keys.people["1"].chain.n == 63
    assert server.offers == [50, 11] and server.listings == [owner.statements[-1], None]


async def test_who_knows_only_how_long_it_was_waits_for_the_others(file: DeviceFile, server: Server) -> None:
    own = await look(file, server, is_anew=True)
    assert own.keys.lost == {"1": 3} and own.keys.lost_until > 1


async def test_a_person_who_is_not_shown_is_waited_for_like_one_who_is_shown_shorter(
    file: DeviceFile, server: Server
) -> None:
    assert file.state.keys is not None
    for user in ("2", "3"):
        file.state.keys.people[user] = KeptPerson(KeptHead(7, b"h" * 32))
    server.others = {2: ChainHead(user_id=2, n=5, hash=b"o" * 32, receive_version=0)}
    assert (await look(file, server)).keys.lost == {"2": 7, "3": 7}


async def test_after_another_restore_the_patience_begins_anew(file: DeviceFile, server: Server) -> None:
    assert file.state.keys is not None
    keys = file.state.keys
    keys.people["2"] = KeptPerson(KeptHead(7, b"h" * 32))
    keys.lost, keys.lost_until = {"9": 4}, 1
    own = await look(file, server)
    assert own.keys.lost == {"2": 7} and own.keys.lost_until > 1


def make_pin(how: How, n: int = 2) -> PinRow:
    return PinRow("bob", b"i" * 32, 1, n, b"h" * 32, how, 0, 1)


class Keyring(Own):
    """A device's own, with a keyring that takes rows and shows those that it has not lost."""

    def __init__(self, file: DeviceFile, *shown: PinRow) -> None:
        super().__init__(file, lambda *_: asyncio.sleep(0))
        self.appended = list[PinRow]()
        for pin in shown:
            self.stored.append(OpenRow(1, UserId(2), pin, False))

    async def append(self, rows: Any) -> None:
        self.appended += [body for _, body in rows]


@pytest.mark.parametrize("is_anew", [False, True])
async def test_whom_somebody_compared_since_the_backup_stays_verified(
    file: DeviceFile, is_anew: bool
) -> None:
    """The keyring of the backup has bob as a friend, not yet compared; his chain is as long as it was."""
    friend, compared = make_pin(How.REQUEST), make_pin(How.COMPARED)
    before = Keyring(file, friend)
    before.set_pins(Pins({2: compared}))
    own = Keyring(file, friend)
    await return_pins(own, None if is_anew else before)
    assert own.appended == [compared] and own.pins.by_user[2] == compared
    again = Keyring(file, friend, compared)
    await return_pins(again, None if is_anew else before)
    assert again.appended == []


async def test_what_another_device_said_later_counts(file: DeviceFile) -> None:
    before = Keyring(file)
    before.set_pins(Pins({2: make_pin(How.COMPARED)}))
    own = Keyring(file, make_pin(How.REQUEST, 3))
    own.pins = Pins({2: make_pin(How.REQUEST, 3)})
    await return_pins(own, before)
    assert own.appended == [make_pin(How.COMPARED)] and own.pins.by_user[2].n == 3
