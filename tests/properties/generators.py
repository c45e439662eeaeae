"""One generator for every command: something that a device of this person might well, or wrongly, ask for."""

from collections.abc import Callable

from hearth.accounts import contract as accounts
from hearth.admin import contract as admin
from hearth.contract import Actor, Command
from hearth.friends import contract as friends
from hearth.inbox.contract import GetInboxItems
from hearth.messages import contract as messages
from hearth.presence.contract import SetPresence
from hearth.sync.contract import OpenSync, Part, ReadHeads, ReadLog, ReadRest
from tests.epochs.kit import make_record_of
from tests.properties.chain_generators import CHAIN_GENERATORS
from tests.properties.epoch_generators import EPOCH_GENERATORS
from tests.properties.world import Person, World
from tests.stage import KDF

Make = Callable[[World, Person], Command]
GENERATORS: dict[type[Command], Make] = {**CHAIN_GENERATORS, **EPOCH_GENERATORS}


def generates(command: type[Command]) -> Callable[[Make], Make]:
    def enter(make: Make) -> Make:
        GENERATORS[command] = make
        return make

    return enter


def somebody(world: World, person: Person) -> Person:
    """Mostly another; oneself now and then, as people do."""
    return world.dice.choice(world.people)


def received(person: Person) -> list[int]:
    requests = person.live.users.requests.values()
    return [request.id for request in requests if request.receiver.id == person.user_id]


def sent(person: Person) -> list[int]:
    requests = person.live.users.requests.values()
    return [request.id for request in requests if request.sender.id == person.user_id]


def some_request(world: World, known: list[int]) -> int:
    """One of these requests, or any number."""
    return world.dice.choice(known) if known and world.dice.random() < 0.85 else world.dice.randint(1, 9)


def some_conversation(world: World, person: Person) -> str:
    """One of the person's own, rarely one of somebody else's."""
    owner = person if world.dice.random() < 0.9 else somebody(world, person)
    known = sorted(owner.live.conversations)
    return world.dice.choice(known) if known else "00" * 16


def some_seq(world: World) -> int:
    return world.dice.choice((0, 1, 2, 3, world.dice.randint(1, 30), 10_000))


@generates(accounts.UpdateProfile)
def update_profile(world: World, person: Person) -> Command:
    name = f"{person.name.title()} {world.dice.randint(1, 99)}"
    return accounts.UpdateProfile(
        display_name=world.dice.choice((None, name, "")), about=world.dice.choice((None, "", f"About {name}"))
    )


@generates(accounts.UpdateSettings)
def update_settings(world: World, person: Person) -> Command:
    return accounts.UpdateSettings(share_presence=world.dice.random() < 0.5)


@generates(accounts.ListDevices)
def list_devices(world: World, person: Person) -> Command:
    return accounts.ListDevices()


@generates(accounts.RenameDevice)
def rename_device(world: World, person: Person) -> Command:
    owner = person if world.dice.random() < 0.8 else somebody(world, person)
    name = world.dice.choice(("The old phone", "Kitchen", "\u202e"))
    return accounts.RenameDevice(device_id=world.dice.choice(owner.devices).device_id.hex(), name=name)


@generates(accounts.RevokeDevice)
def revoke_device(world: World, person: Person) -> Command:
    owner = person if world.dice.random() < 0.8 else somebody(world, person)
    others = [device for device in owner.devices if device != person.devices[0]]
    chosen = world.dice.choice(others).device_id if others else world.dice.randbytes(16)
    key = person.auth_key if world.dice.random() < 0.9 else None
    return accounts.RevokeDevice(device_id=chosen.hex(), auth_key=key)


@generates(accounts.RevokeOtherDevices)
def revoke_other_devices(world: World, person: Person) -> Command:
    return accounts.RevokeOtherDevices(auth_key=person.auth_key if world.dice.random() < 0.8 else b"w" * 32)


@generates(accounts.ChangePassword)
def change_password(world: World, person: Person) -> Command:
    right = world.dice.random() < 0.7
    return accounts.ChangePassword(
        old_auth_key=person.auth_key if right else b"w" * 32, auth_key=world.dice.randbytes(32), kdf=KDF
    )


@generates(accounts.DeleteAccount)
def delete_account(world: World, person: Person) -> Command:
    is_meant = len(world.people) > 2 and world.dice.random() < 0.5
    return accounts.DeleteAccount(auth_key=person.auth_key if is_meant else b"w" * 32)


@generates(friends.FindUser)
def find_user(world: World, person: Person) -> Command:
    return friends.FindUser(username=world.dice.choice((somebody(world, person).name, "nobody")))


@generates(friends.RequestFriend)
def request_friend(world: World, person: Person) -> Command:
    return friends.RequestFriend(username=somebody(world, person).name)


@generates(friends.AcceptRequest)
def accept_request(world: World, person: Person) -> Command:
    return friends.AcceptRequest(request_id=some_request(world, received(person)))


@generates(friends.DeclineRequest)
def decline_request(world: World, person: Person) -> Command:
    return friends.DeclineRequest(request_id=some_request(world, received(person)))


@generates(friends.CancelRequest)
def cancel_request(world: World, person: Person) -> Command:
    return friends.CancelRequest(request_id=some_request(world, sent(person)))


@generates(friends.RemoveFriend)
def remove_friend(world: World, person: Person) -> Command:
    known = list(person.live.users.friends) or [somebody(world, person).user_id]
    return friends.RemoveFriend(user_id=world.dice.choice(known))


@generates(friends.BlockUser)
def block_user(world: World, person: Person) -> Command:
    return friends.BlockUser(username=somebody(world, person).name)


@generates(friends.UnblockUser)
def unblock_user(world: World, person: Person) -> Command:
    known = list(person.live.users.blocked) or [somebody(world, person).user_id]
    return friends.UnblockUser(user_id=world.dice.choice(known))


@generates(GetInboxItems)
def get_inbox_items(world: World, person: Person) -> Command:
    return GetInboxItems(conversations=[some_conversation(world, person) for _ in range(3)])


@generates(messages.SendMessage)
def send_message(world: World, person: Person) -> Command:
    conversation_id = some_conversation(world, person)
    n = next((room.n for room in world.rooms if room.id == conversation_id), 1)
    letter = world.dice.choice((b"a", b"b", b"c"))
    return messages.SendMessage(
        conversation_id=conversation_id,
        client_id=f"{world.dice.randint(1, 40):032x}",  # few, so that retries and mistaken reuse happen
        counter=world.dice.randint(1, 1000),
        record=make_record_of(letter * world.dice.choice((256, 512, 1024))),
        kind=world.dice.choice((0, 1, 1, 1, 2, 3, 4, 6, 7)),
        epoch=max(0, n - world.dice.choice((0, 0, 0, 1))),
        target_seq=world.dice.choice((0, 0, 0, 1, 2, 3)),
    )


@generates(messages.OfferEntries)
def offer_entries(world: World, person: Person) -> Command:
    entry = messages.OfferedEntry(
        from_user=somebody(world, person).user_id,
        from_device=person.devices[0].device_id.hex(),
        client_id=f"{world.dice.randint(1, 40):032x}",
        counter=1,
        record=make_record_of(b"a"),
        kind=1,
        epoch=1,
    )
    return messages.OfferEntries(conversation_id=some_conversation(world, person), entries=[entry])


@generates(messages.ReadHistory)
def read_history(world: World, person: Person) -> Command:
    return messages.ReadHistory(
        conversation_id=some_conversation(world, person),
        seq=some_seq(world),
        direction=world.dice.choice(("before", "after", "around")),
        limit=world.dice.randint(1, 100),
    )


@generates(messages.ReadAimed)
def read_aimed(world: World, person: Person) -> Command:
    return messages.ReadAimed(
        conversation_id=some_conversation(world, person), seqs=[some_seq(world) for _ in range(3)]
    )


@generates(messages.ReadStates)
def read_states(world: World, person: Person) -> Command:
    return messages.ReadStates(conversations=[some_conversation(world, person) for _ in range(2)])


@generates(messages.ReadPins)
def read_pins(world: World, person: Person) -> Command:
    return messages.ReadPins(conversation_id=some_conversation(world, person))


@generates(messages.MarkReceived)
def mark_received(world: World, person: Person) -> Command:
    return messages.MarkReceived(
        conversation_id=some_conversation(world, person),
        delivered_seq=some_seq(world),
        read_seq=some_seq(world),
    )


@generates(messages.StartTyping)
def start_typing(world: World, person: Person) -> Command:
    return messages.StartTyping(conversation_id=some_conversation(world, person))


@generates(messages.StopTyping)
def stop_typing(world: World, person: Person) -> Command:
    return messages.StopTyping(conversation_id=some_conversation(world, person))


@generates(SetPresence)
def set_presence(world: World, person: Person) -> Command:
    return SetPresence(away=world.dice.random() < 0.5)


@generates(OpenSync)
def open_sync(world: World, person: Person) -> Command:
    return OpenSync(
        generation=world.dice.choice((None, person.live.generation, "ab" * 16)),
        log_seq=some_seq(world),
        conversations=person.lossy.heads(),
    )


@generates(ReadLog)
def read_log(world: World, person: Person) -> Command:
    return ReadLog(after=some_seq(world), limit=world.dice.randint(1, 500))


@generates(ReadRest)
def read_rest(world: World, person: Person) -> Command:
    part: Part = world.dice.choice(("friends", "requests", "blocked"))
    return ReadRest(part=part, after=world.dice.randint(0, 5))


@generates(ReadHeads)
def read_heads(world: World, person: Person) -> Command:
    return ReadHeads(after=world.dice.choice((None, "80" * 16)))


@generates(admin.ListUsers)
def list_users(world: World, person: Person) -> Command:
    return admin.ListUsers(search=world.dice.choice(("", "a")))


@generates(admin.DisableUser)
def disable_user(world: World, person: Person) -> Command:
    return admin.DisableUser(user_id=somebody(world, person).user_id)


@generates(admin.EnableUser)
def enable_user(world: World, person: Person) -> Command:
    return admin.EnableUser(user_id=somebody(world, person).user_id)


@generates(admin.ResetSignIn)
def reset_sign_in(world: World, person: Person) -> Command:
    key = person.auth_key if world.dice.random() < 0.8 else b"w" * 32
    return admin.ResetSignIn(user_id=somebody(world, person).user_id, auth_key=key)


@generates(admin.ListInvites)
def list_invites(world: World, person: Person) -> Command:
    return admin.ListInvites()


@generates(admin.CreateInvite)
def create_invite(world: World, person: Person) -> Command:
    return admin.CreateInvite(days=world.dice.randint(1, 90), uses=world.dice.randint(1, 100))


@generates(admin.RevokeInvite)
def revoke_invite(world: World, person: Person) -> Command:
    return admin.RevokeInvite(invite_id=world.dice.randbytes(32).hex())


@generates(admin.GetHealth)
def get_health(world: World, person: Person) -> Command:
    return admin.GetHealth()


HAS_REASON: dict[type[Command], Callable[[Person], object]] = {
    friends.AcceptRequest: received,
    friends.DeclineRequest: received,
    friends.CancelRequest: sent,
    friends.RemoveFriend: lambda person: person.live.users.friends,
    friends.UnblockUser: lambda person: person.live.users.blocked,
    accounts.RevokeDevice: lambda person: len(person.devices) > 1,
}
"""Who has something to do with a command, where most have not."""


def pick_person(world: World, command: type[Command]) -> Person:
    """Mostly somebody with a reason, sometimes anybody: refusals have to be right, too."""
    has_reason = HAS_REASON.get(command)
    fit = [person for person in world.people if has_reason is not None and has_reason(person)]
    return world.dice.choice(fit if fit and world.dice.random() < 0.85 else world.people)


def pick_device(world: World, person: Person) -> Actor:
    """The first device acts mostly; which one does changes nothing for the replicas."""
    return person.devices[0] if world.dice.random() < 0.7 else world.dice.choice(person.devices)
