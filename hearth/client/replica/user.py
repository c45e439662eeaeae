"""The user's own part of a replica, and the one table of what each event of the user's log changes in it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from hearth.accounts import contract as accounts
from hearth.accounts.contract import Device, OwnProfile, UserCard
from hearth.client.replica.conversation import ConversationState
from hearth.contract import Event
from hearth.conversations.contract import ConversationChanged
from hearth.friends import contract as friends
from hearth.friends.contract import Friend, FriendRequest
from hearth.sync.contract import Snapshot

replace = msgspec.structs.replace
Conversations = dict[str, ConversationState]


@dataclass(slots=True)
class UserState:
    """What a snapshot holds, by id."""

    profile: OwnProfile | None = None
    devices: dict[str, Device] = field(default_factory=dict)
    friends: dict[int, Friend] = field(default_factory=dict)
    requests: dict[int, FriendRequest] = field(default_factory=dict)
    blocked: dict[int, UserCard] = field(default_factory=dict)

    @classmethod
    def from_snapshot(cls, snapshot: Snapshot) -> "UserState":
        return cls(
            profile=snapshot.profile,
            devices={device.id: device for device in snapshot.devices},
            friends={friend.profile.user.id: friend for friend in snapshot.friends},
            requests={request.id: request for request in snapshot.requests},
            blocked={card.id: card for card in snapshot.blocked},
        )

    def replace_card(self, card: UserCard) -> None:
        """Put a user's new card wherever the old one is."""
        if card.id in self.friends:
            friend = self.friends[card.id]
            self.friends[card.id] = replace(friend, profile=replace(friend.profile, user=card))
        if card.id in self.blocked:
            self.blocked[card.id] = card
        for key, request in self.requests.items():
            sender = card if request.sender.id == card.id else request.sender
            receiver = card if request.receiver.id == card.id else request.receiver
            self.requests[key] = replace(request, sender=sender, receiver=receiver)


def replace_in_conversations(conversations: Conversations, card: UserCard) -> None:
    """Put a user's new card into every conversation they are in."""
    for state in conversations.values():
        if any(user.id == card.id for user in state.conversation.users):
            users = [card if user.id == card.id else user for user in state.conversation.users]
            state.conversation = replace(state.conversation, users=users)


def deleted_card(user_id: int) -> UserCard:
    """Return what is left of a user who deleted the account."""
    return UserCard(id=user_id, username="", display_name="", deleted=True)


E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Applier:
    """What one kind of log entry changes: in the user's state, and in the conversations."""

    event: type[Event]
    apply: Callable[[UserState, Any], None]
    card: Callable[[Any], UserCard | None]

    def apply_to_conversations(self, conversations: Conversations, stale: set[str], event: Any) -> None:
        card = self.card(event)
        if card is not None:
            replace_in_conversations(conversations, card)
        if isinstance(event, ConversationChanged):
            change_conversation(conversations, stale, event)


APPLIERS: dict[str, Applier] = {}


def applies(
    event: type[E], card: Callable[[E], UserCard | None] = lambda event: None
) -> Callable[[Callable[[UserState, E], None]], Callable[[UserState, E], None]]:
    """Enter a function into the table; `card` names a card that the event carries anew."""

    def enter(function: Callable[[UserState, E], None]) -> Callable[[UserState, E], None]:
        APPLIERS[event.wire_name] = Applier(event, function, card)
        return function

    return enter


@applies(accounts.ProfileChanged, lambda event: event.profile.user)
def change_profile(state: UserState, event: accounts.ProfileChanged) -> None:
    if state.profile is not None:
        state.profile = replace(state.profile, user=event.profile.user, about=event.profile.about)
    state.replace_card(event.profile.user)


@applies(accounts.SettingsChanged)
def change_settings(state: UserState, event: accounts.SettingsChanged) -> None:
    if state.profile is not None:
        state.profile = replace(state.profile, settings=event.settings)


@applies(accounts.UserChanged, lambda event: event.user)
def change_user(state: UserState, event: accounts.UserChanged) -> None:
    state.replace_card(event.user)


@applies(accounts.UserDeleted, lambda event: deleted_card(event.user_id))
def delete_user(state: UserState, event: accounts.UserDeleted) -> None:
    state.replace_card(deleted_card(event.user_id))


@applies(accounts.DeviceAdded)
def add_device(state: UserState, event: accounts.DeviceAdded) -> None:
    state.devices[event.device.id] = event.device


@applies(accounts.DeviceRenamed)
def rename_device(state: UserState, event: accounts.DeviceRenamed) -> None:
    state.devices[event.device.id] = event.device


@applies(accounts.DeviceRemoved)
def remove_device(state: UserState, event: accounts.DeviceRemoved) -> None:
    state.devices.pop(event.device_id, None)


@applies(friends.FriendRequested)
def add_request(state: UserState, event: friends.FriendRequested) -> None:
    state.requests[event.request.id] = event.request


@applies(friends.RequestClosed)
def close_request(state: UserState, event: friends.RequestClosed) -> None:
    state.requests.pop(event.request.id, None)


@applies(friends.FriendAdded)
def add_friend(state: UserState, event: friends.FriendAdded) -> None:
    state.friends[event.friend.profile.user.id] = event.friend


@applies(friends.FriendChanged, lambda event: event.profile.user)
def change_friend(state: UserState, event: friends.FriendChanged) -> None:
    friend = state.friends.get(event.profile.user.id)
    if friend is not None:
        state.friends[event.profile.user.id] = replace(friend, profile=event.profile)
    state.replace_card(event.profile.user)


@applies(friends.FriendRemoved)
def remove_friend(state: UserState, event: friends.FriendRemoved) -> None:
    state.friends.pop(event.user_id, None)


@applies(friends.UserBlocked)
def add_blocked(state: UserState, event: friends.UserBlocked) -> None:
    state.blocked[event.user.id] = event.user


@applies(friends.UserUnblocked)
def remove_blocked(state: UserState, event: friends.UserUnblocked) -> None:
    state.blocked.pop(event.user_id, None)


@applies(ConversationChanged)
def pass_conversation(state: UserState, event: ConversationChanged) -> None:
    """It concerns the conversations only."""


def change_conversation(conversations: Conversations, stale: set[str], event: ConversationChanged) -> None:
    """Take a conversation anew; one that is unknown or has other people has to be fetched."""
    known = conversations.get(event.conversation.id)
    if known is None:
        stale.add(event.conversation.id)
        return
    if {user.id for user in event.conversation.users} != {user.id for user in known.conversation.users}:
        stale.add(event.conversation.id)
    if event.conversation.open and not known.conversation.open:
        stale.add(event.conversation.id)  # cursors that stood still while it was closed
    known.conversation = event.conversation
