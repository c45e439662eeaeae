"""Generators of what people do with chains: honest requests, of which many come too late or twice."""

import copy
from collections.abc import Callable

from hearth.contract import Command
from hearth.directory import contract as directory
from hearth.private import contract as private
from hearth.vault import contract as vault
from tests.directory.kit import Owner
from tests.properties.world import Person, World


def find_owner(world: World, person: Person) -> Owner:
    """Return what a person's first device knows of the chain; one that is not begun is made up."""
    owner = world.owners.get(person.user_id)
    if owner is None:
        server_id = world.stage.services.identity.server_id
        owner = Owner(server_id, person.user_id, person.name, person.auth_key)
        owner.set_up(first(person))
    else:
        owner = copy.deepcopy(owner)
    owner.auth_key = person.auth_key
    return owner


def first(person: Person) -> bytes:
    return person.devices[0].device_id


def set_up_chain(world: World, person: Person) -> Command:
    server_id = world.stage.services.identity.server_id
    owner = Owner(server_id, person.user_id, person.name, person.auth_key)
    command = owner.set_up(first(person))
    world.owners.setdefault(person.user_id, owner)
    return command


def add_device(world: World, person: Person) -> Command:
    return find_owner(world, person).add_device(person.devices[-1].device_id)


def retire_device(world: World, person: Person) -> Command:
    owner = find_owner(world, person)
    return directory.RetireDevice(statement=owner.profile(next(iter(owner.now.devices))))


def set_profile(world: World, person: Person) -> Command:
    owner = find_owner(world, person)
    return owner.set_profile(next(iter(owner.now.devices)))


def remove_devices(world: World, person: Person) -> Command:
    owner = find_owner(world, person)
    return owner.remove(next(iter(owner.now.devices)))


def change_password(world: World, person: Person) -> Command:
    owner = find_owner(world, person)
    owner.auth_key = b"w" * 32
    return owner.change_password(next(iter(owner.now.devices)), world.dice.randbytes(32))


def change_ways(world: World, person: Person) -> Command:
    owner = find_owner(world, person)
    return owner.change_ways(next(iter(owner.now.devices)))


def reset_chain(world: World, person: Person) -> Command:
    owner = find_owner(world, person)
    return owner.reset(next(iter(owner.now.devices)), "guess", b"r" * 32)


def renew(world: World, person: Person) -> Command:
    owner = find_owner(world, person)
    return owner.renew(next(iter(owner.now.devices)))


def offer_lost(world: World, person: Person) -> Command:
    owner = find_owner(world, person)
    return directory.OfferChain(statements=[owner.profile(next(iter(owner.now.devices)))])


def append_rows(world: World, person: Person) -> Command:
    return vault.AppendRows(rows=[find_owner(world, person).receive_row()])


def put_private_rows(world: World, person: Person) -> Command:
    """A first version or a second one, of a few places; often not the next."""
    before = world.dice.randint(0, 1)
    row = private.NewPrivateRow(
        kind=2,
        place=f"{world.dice.randint(1, 3):032x}",
        before=before,
        version=before + 1,
        g=find_owner(world, person).g,
        sealed=b"\1" + world.dice.randbytes(288),
    )
    return private.PutPrivateRows(rows=[row])


def read_chain(world: World, person: Person) -> Command:
    return directory.ReadChain(user_id=world.dice.choice(world.people).user_id)


def list_heads(world: World, person: Person) -> Command:
    return directory.ListChainHeads(user_ids=[one.user_id for one in world.people])


def read_receive(world: World, person: Person) -> Command:
    return directory.ReadReceive(user_id=world.dice.choice(world.people).user_id)


CHAIN_GENERATORS: dict[type[Command], Callable[[World, Person], Command]] = {
    directory.SetUpChain: set_up_chain,
    directory.AddDevice: add_device,
    directory.RetireDevice: retire_device,
    directory.SetChainProfile: set_profile,
    directory.RemoveDevices: remove_devices,
    directory.ChangeSealedPassword: change_password,
    directory.ChangeWays: change_ways,
    directory.ResetChain: reset_chain,
    directory.Renew: renew,
    directory.OfferChain: offer_lost,
    directory.ReadChain: read_chain,
    directory.ListChainHeads: list_heads,
    directory.ReadReceive: read_receive,
    vault.AppendRows: append_rows,
    private.PutPrivateRows: put_private_rows,
    private.ListPrivateRows: lambda world, person: private.ListPrivateRows(after=world.dice.randint(0, 3)),
    vault.GetVault: lambda world, person: vault.GetVault(),
    vault.ListGenerations: lambda world, person: vault.ListGenerations(),
    vault.ListDeviceKeys: lambda world, person: vault.ListDeviceKeys(),
    vault.ListRows: lambda world, person: vault.ListRows(after=world.dice.randint(0, 3)),
}
