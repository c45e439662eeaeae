"""Who comes into a conversation, who goes and as what they are in it: parts of making an epoch.

The caller holds the conversation, has judged the change, and announces it once it is stored.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from hearth.contract import Context, Users
from hearth.conversations import rules, store
from hearth.conversations.contract import ConversationChanged, Role
from hearth.conversations.describe import describe_conversations
from hearth.conversations.ids import make_first_hash
from hearth.conversations.rules import Head, show_conversation
from hearth.errors import LimitReached

MOST_GROUPS = 500


@dataclass(frozen=True, slots=True)
class Change:
    """What the entry `seq` does to the members: who comes, who goes, whose role is another from then on.

    Who comes reads from above `first_seq`, which is below `seq`.
    """

    seq: int
    first_seq: int
    added: Mapping[int, Role] = field(default_factory=dict)
    removed: Collection[int] = ()
    roles: Mapping[int, Role] = field(default_factory=dict)

    @property
    def is_noticed(self) -> bool:
        """Whether people came or went."""
        return bool(self.added or self.removed)


async def make_group(context: Context, conversation_id: bytes, roles: dict[int, Role]) -> Head:
    """Make a group, whose members are in it from its first entry on."""
    await store.insert_conversation(
        context.transaction,
        conversation_id,
        "group",
        log_hash=make_first_hash(conversation_id),
        created_by=context.user_id,
        roles=roles,
        now=context.now,
    )
    return Head(
        id=conversation_id,
        kind="group",
        is_open=True,
        last_seq=0,
        last_ordinal=0,
        log_hash=make_first_hash(conversation_id),
        epoch=0,
        created_at=context.now,
    )


async def change_members(context: Context, conversation_id: bytes, change: Change) -> None:
    """Store who came, went and has another role. A query for each, none for nobody."""
    transaction = context.transaction
    if change.removed:
        await store.end_stays(transaction, conversation_id, change.removed, change.seq)
    for user_id, role in sorted(change.roles.items()):
        await store.set_role(transaction, conversation_id, user_id, role)
    if change.added:
        # A stay within the new one becomes part of it: the last one by its beginning counts as present.
        await store.delete_stays_from(transaction, conversation_id, change.added, change.first_seq)
        await store.insert_stays(
            transaction,
            conversation_id,
            change.added,
            joined_seq=change.first_seq,
            read_seq=change.seq - 1,
            entered_seq=change.seq,
        )


async def require_room_in_groups(context: Context, user_ids: Collection[int]) -> None:
    """Raise LimitReached when one of these people is in as many groups as one can be. One query."""
    counts = await store.count_groups(context.transaction, user_ids)
    if any(count >= MOST_GROUPS for count in counts.values()):
        raise LimitReached("Somebody is in as many groups as one can be.")


async def set_epoch(context: Context, conversation_id: bytes, n: int) -> None:
    """Store which epoch a held conversation is in."""
    await store.set_epoch(context.transaction, conversation_id, n)


async def announce_members(context: Context, head: Head, removed: Collection[int]) -> None:
    """Tell the members of a conversation what it is now, and who was just removed how it is for them."""
    described = (await describe_conversations(context.transaction, [head]))[head.id]
    stays = rules.group_stays(described.stays)
    present = tuple(user_id for user_id, own in stays.items() if own[-1].left_seq is None)
    context.publish(ConversationChanged(conversation=described.conversation), to=Users(present))
    for user_id in sorted(removed):
        access = rules.Access(head, stays[user_id])
        shown = show_conversation(access, described.conversation, described.stays)
        context.publish(ConversationChanged(conversation=shown), to=Users((user_id,)))
