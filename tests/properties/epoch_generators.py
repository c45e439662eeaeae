"""Generators of what people do with epochs: conversations begin, people come and go, some of it too late."""

from collections.abc import Callable
from typing import Any

from hearth.contract import Command
from hearth.epochs import contract as epochs
from hearth.sealed.group.epoch import Kind, Role
from tests.directory.conftest import Home
from tests.directory.kit import NOW
from tests.epochs.kit import Room, make_direct, make_group, make_home, make_self, sign_leave, sign_request
from tests.properties.chain_generators import find_owner
from tests.properties.world import Person, World


def find_home(world: World, person: Person) -> Home:
    """Return a person as their first device knows them, with the devices that their chain lists first."""
    owner = find_owner(world, person)
    listed = [device for device in person.devices if device.device_id in owner.now.devices]
    return make_home(owner, *(listed or person.devices[:1]))


def make_epoch(world: World, person: Person) -> Command:
    homes = {one.user_id: find_home(world, one) for one in world.people}
    home = homes[person.user_id]
    if home.id not in home.owner.seeds:  # every device of theirs was signed out
        home.owner.seeds[home.id] = next(iter(home.owner.seeds.values()))
    known = [room for room in world.rooms if person.user_id in {m.user for m in room.rosters[-1].members}]
    begins = not known or world.dice.random() < 0.3
    room = begin(world, home, homes) if begins else world.dice.choice(known)
    room.homes |= {user: homes[user] for user in room.homes.keys() & homes.keys()}
    room.time += 1
    command = room.create(home) if begins else go_on(world, room, home, homes)

    def keep(taken: epochs.EpochTaken) -> None:
        room.keep(command, taken)
        if room not in world.rooms:
            world.rooms.append(room)

    world.then = keep
    return command


def begin(world: World, home: Home, homes: dict[int, Home]) -> Room:
    """Return a conversation that does not exist, or that has no epoch as far as this device knows."""
    others = [other for other in homes.values() if other is not home]
    chance = world.dice.random()
    if chance < 0.2 or not others:
        return make_self(home)
    if chance < 0.5:
        return make_direct(home, world.dice.choice(others))
    chosen = world.dice.sample(others, world.dice.randint(0, len(others)))
    return make_group(home, *chosen, time=NOW + len(world.rooms) * 1000 + world.dice.randint(0, 999))


def go_on(world: World, room: Room, home: Home, homes: dict[int, Home]) -> epochs.MakeEpoch:
    """Return the next epoch of a conversation that there is; not everything is allowed to everybody."""
    present = {member.user for member in room.rosters[-1].members}
    outside = [other for user, other in homes.items() if user not in present]
    inside = [other for user, other in homes.items() if user in present and other is not home]
    chance = world.dice.random()
    if room.kind is not Kind.GROUP or chance < 0.2:
        return room.rotate(home)
    if outside and chance < 0.6:
        history = world.dice.choice((0, 0, 1, room.n))
        return room.add(home, world.dice.choice(outside), history=history)
    if inside and chance < 0.85:
        return room.remove(home, world.dice.choice(inside))
    if inside:
        return room.set_role(home, world.dice.choice(inside), world.dice.choice((Role.ADMIN, Role.OWNER)))
    return room.rotate(home)


def some_room(world: World) -> str:
    return world.dice.choice(world.rooms).id if world.rooms else "00" * 16


def some_name(world: World) -> epochs.WrapName:
    return epochs.WrapName(conversation_id=some_room(world), n=world.dice.randint(1, 4))


def list_epochs(world: World, person: Person) -> Command:
    return epochs.ListEpochs(conversation_id=some_room(world), first=world.dice.randint(1, 3))


def read_history(world: World, person: Person) -> Command:
    name = some_name(world)
    return epochs.ReadEpochHistory(conversation_id=name.conversation_id, n=name.n)


def find_signer(world: World, person: Person) -> tuple[Home, Room]:
    """Return a person who has a key to sign with, and a room that may be of any kind and anybody's."""
    home = find_home(world, person)
    if home.id not in home.owner.seeds:
        home.owner.seeds[home.id] = next(iter(home.owner.seeds.values()))
    if not world.rooms:
        room = make_self(home)
        room.create(home)
        return home, room
    return home, world.dice.choice(world.rooms)


def leave_group(world: World, person: Person) -> Command:
    home, room = find_signer(world, person)
    return sign_leave(room, home)


def ask_rewrap(world: World, person: Person) -> Command:
    home, room = find_signer(world, person)
    return sign_request(room, home, time=NOW + world.dice.randint(0, 3))


def answer_rewrap(world: World, person: Person) -> Command:
    name, asker = some_name(world), world.dice.choice(world.people)
    return epochs.AnswerRewrap(
        conversation_id=name.conversation_id,
        n=name.n,
        user_id=asker.user_id,
        receive_hash=find_owner(world, asker).receive_hash,
        answer=b"a" * 1168,
    )


def offer_epoch(world: World, person: Person) -> Command:
    home, room = find_signer(world, person)
    command = room.rotate(home) if room.rosters else room.create(home)
    return epochs.OfferEpoch(record=command.record, roster=command.roster)


def mark_restored(world: World, person: Person) -> Command:
    return epochs.MarkRestored(entry=leave_group(world, person).entry)  # type: ignore[attr-defined]  # refused anyway


EPOCH_GENERATORS: dict[type[Any], Callable[[World, Person], Command]] = {
    epochs.MakeEpoch: make_epoch,
    epochs.ListEpochs: list_epochs,
    epochs.ListEpochHeads: lambda world, _: epochs.ListEpochHeads(conversation_ids=[some_room(world)]),
    epochs.ListWraps: lambda world, _: epochs.ListWraps(limit=world.dice.randint(1, 5)),
    epochs.DropWraps: lambda world, _: epochs.DropWraps(wraps=[some_name(world)]),
    epochs.ReadEpochHistory: read_history,
    epochs.LeaveGroup: leave_group,
    epochs.OfferEpoch: offer_epoch,
    epochs.MarkRestored: mark_restored,
    epochs.AskRewrap: ask_rewrap,
    epochs.AnswerRewrap: answer_rewrap,
    epochs.ListRewraps: lambda world, _: epochs.ListRewraps(limit=world.dice.randint(1, 5)),
}
