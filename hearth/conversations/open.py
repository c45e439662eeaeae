"""How conversations come into being, open and close: direct ones with friendships, never by command."""

from dataclasses import replace

from hearth.accounts.events import AccountDeleted, UserRegistered
from hearth.contract import Context, Users
from hearth.conversations import store
from hearth.conversations.access import list_accesses
from hearth.conversations.contract import ConversationChanged, Kind, Role
from hearth.conversations.describe import describe_conversations
from hearth.conversations.ids import make_direct_id, make_first_hash, make_self_id
from hearth.conversations.rules import Head
from hearth.friends.contract import FriendAdded, FriendRemoved
from hearth.friends.list import are_friends


async def open_direct(context: Context, user_id: int, other_id: int) -> None:
    """Make the one conversation between two users, or open it again; both and nobody else are told.

    Whoever makes the friendship holds both users' rows, so two of these never meet.
    """
    conversation_id = make_direct_id(context.services.identity.server_id, user_id, other_id)
    head = await store.find_head(context.transaction, conversation_id)
    if head is None:
        await _create(context, conversation_id, "direct", {user_id: "member", other_id: "member"})
    elif not head.is_open:
        await _set_open(context, [head], True)


async def close_direct(context: Context, user_id: int, other_id: int) -> None:
    """Let nothing more be sent between two users; what was sent stays readable."""
    conversation_id = make_direct_id(context.services.identity.server_id, user_id, other_id)
    head = await store.find_head(context.transaction, conversation_id)
    if head is not None and head.is_open:
        await _set_open(context, [head], False)


async def open_self(context: Context, user_id: int) -> None:
    """Make a user's conversation with themselves, once."""
    conversation_id = make_self_id(context.services.identity.server_id, user_id)
    if await store.find_head(context.transaction, conversation_id) is None:
        await _create(context, conversation_id, "self", {user_id: "owner"})


async def open_notes(context: Context, event: UserRegistered) -> None:
    """Reaction: everybody has their Notes from the beginning."""
    await open_self(context, event.user_id)


async def open_for_friends(context: Context, event: FriendAdded) -> None:
    """Reaction: two people became friends. Each side has an event; the actor's is the one that counts."""
    friend_id = event.friend.profile.user.id
    if friend_id != context.user_id:
        await open_direct(context, context.user_id, friend_id)


async def close_for_former_friends(context: Context, event: FriendRemoved) -> None:
    """Reaction: a friendship ended."""
    if event.user_id != context.user_id:
        if not await are_friends(context.transaction, context.user_id, event.user_id):
            await close_direct(context, context.user_id, event.user_id)


async def close_for_deleted(context: Context, event: AccountDeleted) -> None:
    """Reaction: a user is gone, so nobody can write to them any more. Groups go on without them."""
    accesses = await list_accesses(context.transaction, event.user_id)
    open_ones = [access.head for access in accesses.values() if access.head.is_open]
    await _set_open(context, [head for head in open_ones if head.kind != "group"], False)


async def _create(context: Context, conversation_id: bytes, kind: Kind, roles: dict[int, Role]) -> None:
    await store.insert_conversation(
        context.transaction,
        conversation_id,
        kind,
        log_hash=make_first_hash(conversation_id),
        created_by=context.user_id or min(roles),
        roles=roles,
        now=context.now,
    )
    head = await store.find_head(context.transaction, conversation_id)
    assert head is not None
    await _announce(context, [head])


async def _set_open(context: Context, heads: list[Head], is_open: bool) -> None:
    if heads:
        await store.set_open(context.transaction, [head.id for head in heads], is_open)
        await _announce(context, [replace(head, is_open=is_open) for head in heads])


async def _announce(context: Context, heads: list[Head]) -> None:
    for described in (await describe_conversations(context.transaction, heads)).values():
        members = tuple(stay.user_id for stay in described.stays if stay.left_seq is None)
        context.publish(ConversationChanged(conversation=described.conversation), to=Users(members))
