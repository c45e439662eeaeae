"""What a stolen session, a stranger and a broken client try: each is refused, and nothing is written."""

import copy
import dataclasses
import secrets
from collections.abc import Callable

import msgspec
import pytest

from hearth.accounts.rules import LinkInvalid
from hearth.contract import Command
from hearth.directory.contract import (
    AddDevice,
    Renew,
    SetChainProfile,
)
from hearth.directory.rules import ChainMoved, ReceiveMoved
from hearth.errors import HearthError, InvalidInput, TooManyRequests, WrongPassword
from hearth.sealed.core.packed import Head
from hearth.sealed.person.user_chain import Profile
from hearth.vault.contract import AppendRows, NewRow
from hearth.vault.rules import GenerationMoved, NotAccepted, VaultMoved
from tests.directory.conftest import Home, MakeHome
from tests.directory.kit import Owner, make_way
from tests.directory.refusals import change, refuses
from tests.security.conftest import dump


async def test_a_chain_under_another_name(make_home: MakeHome) -> None:
    alice = await make_home("alice")
    alice.owner.username = "bob"
    await refuses(alice, alice.owner.set_up(alice.id), NotAccepted, "not_allowed")


async def test_a_chain_of_somebody_else(make_home: MakeHome, alice: Home) -> None:
    mallory = await make_home("mallory")
    taken = copy.deepcopy(alice.owner)
    taken.auth_key = mallory.owner.auth_key
    await refuses(mallory, taken.set_up(mallory.id), NotAccepted, "wrong_place")
    stranger = Owner(alice.owner.server, alice.owner.user, "mallory", mallory.owner.auth_key)
    await refuses(mallory, stranger.set_up(mallory.id), NotAccepted, "wrong_place")


async def test_a_device_that_is_no_session(make_home: MakeHome) -> None:
    alice, bob = await make_home("alice"), await make_home("bob")
    await refuses(alice, alice.owner.set_up(bob.id), NotAccepted, "not_allowed")


async def test_a_stolen_session_without_the_password(alice: Home) -> None:
    """Everything that the identity key signs asks for the password as well."""
    laptop = await alice.adds()
    makes: list[Callable[[Owner], Command]] = [
        lambda owner: owner.remove(alice.id, laptop.device_id),
        lambda owner: owner.change_password(alice.id, b"n" * 32),
        lambda owner: owner.change_ways(alice.id, make_way(b"p" * 32)),
    ]
    for make in makes:
        owner = copy.deepcopy(alice.owner)
        owner.auth_key = b"w" * 32
        await refuses(alice, make(owner), WrongPassword)
    owner = copy.deepcopy(alice.owner)
    owner.auth_key = b"w" * 32
    new = await alice.signs_in()
    before = await dump(alice.stage.services)
    with pytest.raises(WrongPassword):
        await alice.run(owner.add_device(new.device_id), new)
    assert await dump(alice.stage.services) == before


async def test_adding_adds_oneself_and_nobody_else(alice: Home) -> None:
    new, other = await alice.signs_in(), await alice.signs_in()
    owner = copy.deepcopy(alice.owner)
    command = owner.add_device(other.device_id)
    with pytest.raises(NotAccepted):
        await alice.run(command, new)
    owner = copy.deepcopy(alice.owner)
    owner.kem_keys[alice.id] = secrets.token_bytes(1216)
    with pytest.raises(NotAccepted):
        await alice.run(owner.add_device(new.device_id), new)
    assert await alice.replays() == alice.owner.state


async def test_removing_only_removes(alice: Home) -> None:
    laptop = await alice.adds()
    new = await alice.signs_in()
    owner = copy.deepcopy(alice.owner)
    statement = owner.list_devices([alice.id, new.device_id])
    command = copy.deepcopy(alice.owner).remove(alice.id, laptop.device_id)
    bad = msgspec.structs.replace(
        command, statement=statement, generation=owner.generation(alice.id), receive=owner.receive(alice.id)
    )
    with pytest.raises(NotAccepted):
        await alice.run(bad)


async def test_one_device_does_not_sign_for_another(alice: Home) -> None:
    laptop = await alice.adds()
    owner = copy.deepcopy(alice.owner)
    command = owner.set_profile(laptop.device_id)
    await refuses(alice, command, NotAccepted, "not_allowed")
    makes: list[Callable[[Owner], Command]] = [
        lambda one: one.retire(laptop.device_id),
        lambda one: one.renew(laptop.device_id),
    ]
    for make in makes:
        await refuses(alice, make(copy.deepcopy(alice.owner)), NotAccepted, "not_allowed")


async def test_a_removed_device_says_nothing_more(alice: Home) -> None:
    """Not by what it names, and not with a head from before its removal."""
    laptop = await alice.adds()
    old = copy.deepcopy(alice.owner)
    await alice.run(alice.owner.remove(alice.id, laptop.device_id))
    for command in (old.set_profile(laptop.device_id), old.renew(laptop.device_id)):
        with pytest.raises((ChainMoved, GenerationMoved)):
            await alice.run(command, laptop)
    now = copy.deepcopy(alice.owner)
    now.seeds[laptop.device_id] = old.seeds[laptop.device_id]
    with pytest.raises(NotAccepted) as caught:
        await alice.run(now.renew(laptop.device_id), laptop)
    assert caught.value.fields == {"verdict": "not_listed"}


async def test_theft_leaves_no_way_in(alice: Home) -> None:
    await alice.run(alice.owner.change_ways(alice.id, make_way(b"p" * 32)))
    owner = copy.deepcopy(alice.owner)
    command = owner.change_password(alice.id, b"n" * 32, is_theft=True)
    vault = msgspec.structs.replace(command.change.vault, ways=[make_way(None)])
    await refuses(alice, change(command, vault=vault), NotAccepted, "not_allowed")


async def test_conflicts_are_told_apart(alice: Home) -> None:
    """What an offline device made on an older state is told which part has moved."""
    old = copy.deepcopy(alice.owner)
    await alice.run(alice.owner.set_profile(alice.id))
    await refuses(alice, copy.deepcopy(old).set_profile(alice.id, "Other"), ChainMoved)
    await alice.run(alice.owner.renew(alice.id))
    late = copy.deepcopy(alice.owner)
    late.g, late.g_hash = old.g, old.g_hash
    await refuses(alice, Renew(generation=late.generation(alice.id)), GenerationMoved)
    late = copy.deepcopy(alice.owner)
    late.receive_version = old.receive_version
    await refuses(alice, Renew(receive=late.receive(alice.id)), ReceiveMoved)
    skipping = copy.deepcopy(alice.owner)
    skipping.receive_version += 1
    await refuses(alice, Renew(receive=skipping.receive(alice.id)), ReceiveMoved)
    skipping.g += 1
    await refuses(alice, Renew(generation=skipping.generation(alice.id)), GenerationMoved)


async def test_a_vault_version_is_not_left_out(alice: Home) -> None:
    await refuses(alice, jump_version(alice.owner, alice.id), VaultMoved)


def jump_version(owner: Owner, device: bytes) -> Command:
    """A change of ways that names the version after the next one."""
    honest = copy.deepcopy(owner)
    state = honest.now
    assert state.vault is not None
    honest.state = dataclasses.replace(
        state, vault=dataclasses.replace(state.vault, version=state.vault.version + 1)
    )
    return honest.change_ways(device)


async def test_a_head_that_never_was(alice: Home) -> None:
    for head, error in ((Head(4, b"x" * 32), NotAccepted), (Head(9, b"x" * 32), ChainMoved)):
        owner = copy.deepcopy(alice.owner)
        await refuses(alice, Renew(receive=owner.receive(alice.id, head=head)), error)


async def test_a_head_below_a_removal(alice: Home) -> None:
    """Whom it would list is not listed any more; a head with only a profile above it is good."""
    laptop = await alice.adds()
    before = alice.owner.now.head
    await alice.run(alice.owner.remove(alice.id, laptop.device_id))
    owner = copy.deepcopy(alice.owner)
    await refuses(alice, Renew(receive=owner.receive(alice.id, head=before)), ChainMoved)
    stated = alice.owner.now.head
    await alice.run(alice.owner.set_profile(alice.id))
    await alice.run(Renew(receive=alice.owner.receive(alice.id, head=stated)))


async def test_rows_are_under_the_newest_generation(alice: Home) -> None:
    await alice.run(alice.owner.renew(alice.id))
    old = NewRow(g=1, kind=2, id=bytes(8), sealed=b"\1" * 40)
    await refuses(alice, AppendRows(rows=[old]), GenerationMoved)
    seed = NewRow(g=1, kind=1, id=bytes(24), sealed=b"\1" * 41)
    await alice.run(AppendRows(rows=[seed]))


async def test_somebody_elses_link_resets_nothing(alice: Home, make_home: MakeHome) -> None:
    bob = await (await make_home("bob")).sets_up()
    link = await bob.gets_link()
    await refuses(alice, copy.deepcopy(alice.owner).reset(alice.id, link, b"r" * 32), LinkInvalid)
    await refuses(alice, copy.deepcopy(alice.owner).reset(alice.id, "guess", b"r" * 32), LinkInvalid)


async def test_no_genesis_without_a_link(alice: Home) -> None:
    """A second genesis inside any other request is not one of its statements."""
    owner = copy.deepcopy(alice.owner)
    await refuses(alice, SetChainProfile(statement=owner.genesis()), NotAccepted, "not_allowed")
    reset = copy.deepcopy(alice.owner).reset(alice.id, "-", b"r" * 32)
    password = copy.deepcopy(alice.owner).change_password(alice.id, b"n" * 32)
    await refuses(alice, msgspec.structs.replace(password, change=reset.change), NotAccepted, "not_allowed")


async def test_renewing_nothing_is_no_request(alice: Home) -> None:
    await refuses(alice, Renew(), InvalidInput)


async def test_generations_are_one_a_minute(alice: Home) -> None:
    refused = 0
    for _ in range(9):
        owner = copy.deepcopy(alice.owner)
        try:
            await alice.run(Renew(generation=owner.generation(alice.id)))
        except TooManyRequests as error:
            assert error.retry_after is not None
            refused += 1
        else:
            alice.owner = owner
    assert refused == 4
    alice.stage.clock.advance(60)
    await alice.run(Renew(generation=alice.owner.generation(alice.id)))


async def test_a_chain_that_is_long_enough(alice: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hearth.directory.rules.MOST_STATEMENTS", 4)
    with pytest.raises(HearthError, match="as long as it can be"):
        await alice.run(copy.deepcopy(alice.owner).set_profile(alice.id))
    monkeypatch.setattr("hearth.vault.rules.MOST_GENERATIONS", 1)
    with pytest.raises(HearthError, match="as many generations"):
        await alice.run(copy.deepcopy(alice.owner).renew(alice.id))
    monkeypatch.setattr("hearth.vault.keyring.MOST_ROWS", 1)
    with pytest.raises(HearthError, match="full"):
        await alice.run(AppendRows(rows=[alice.owner.receive_row()]))


async def test_a_command_with_a_foreign_signature_format(alice: Home) -> None:
    """A receive statement is no statement of the chain, whoever signed it."""
    owner = copy.deepcopy(alice.owner)
    receive = owner.receive(alice.id)
    await refuses(alice, SetChainProfile(statement=receive.statement), NotAccepted)
    said = copy.deepcopy(alice.owner).say(Profile("x", bytes(32)), alice.id)
    mixed = msgspec.structs.replace(receive, statement=said)
    await refuses(alice, Renew(receive=mixed), NotAccepted)
    new = await alice.signs_in()
    command = AddDevice(
        auth_key=alice.owner.auth_key, statement=said, device_key=bytes(1216), g=1, wrap=bytes(1168)
    )
    with pytest.raises(NotAccepted):
        await alice.run(command, new)
