"""Making the next epoch of a conversation: compare-and-set on the one before, in one transaction.

Locks in this order: the rows of everybody in the roster, ascending (so nobody's receive key changes before
the wraps to it are stored), then the conversation's (so the log and its members stand still).
"""

from hearth.accounts.living import hold_users
from hearth.contract import Context
from hearth.conversations.access import get_access
from hearth.conversations.hold import hold_conversation
from hearth.conversations.rules import ConversationClosed, Head
from hearth.epochs import judge, rules, store
from hearth.epochs.contract import EpochTaken, MakeEpoch
from hearth.epochs.judge import Draft
from hearth.epochs.rules import EpochMoved
from hearth.epochs.store import EpochRow
from hearth.epochs.write import write_epoch
from hearth.errors import NotFound
from hearth.sealed.group.epoch import EpochRecord, Kind
from hearth.vault.rules import judged


async def make_epoch(context: Context, command: MakeEpoch) -> EpochTaken:
    """Make an epoch. Raises NotFound (no member), ConversationClosed, NotFriends, LimitReached,
    TooManyRequests, EpochMoved, ReceiveOutdated, ChainMoved, NotAccepted."""
    known = await find_taken(context, command.record)
    if known is not None:
        return known
    draft = judge.read_draft(context, command)
    take_device_budget(context, draft.record)
    is_begun = draft.record.n > 1 or draft.record.kind is not Kind.GROUP
    if is_begun:
        await require_member(context, draft)
    await judge.load_before(context, draft)
    living = await hold_users(context.transaction, draft.user_ids, is_shared=is_begun)
    head = await hold_place(context, draft)
    if head is None and is_begun:
        raise NotFound
    known = await find_taken(context, command.record)
    if known is not None:
        return known
    require_current(draft, head)
    await judge.check_epoch(context, draft, living)
    take_own_budgets(context, draft)
    take_shared_budget(context, draft.record)
    return await write_epoch(context, draft, head, living)


def take_device_budget(context: Context, record: EpochRecord) -> None:
    """Count a request, before it is judged. Raises TooManyRequests."""
    bucket = rules.name_bucket(record.action)
    context.services.limits.take(f"{bucket}.device", context.actor.device_id.hex(), rules.PER_DEVICE)


def take_own_budgets(context: Context, draft: Draft) -> None:
    """Count what the asking person has of a day. Raises TooManyRequests."""
    limits, record = context.services.limits, draft.record
    if record.n == 1 and record.kind is Kind.GROUP:
        limits.take("epoch.groups", context.user_id, rules.GROUPS_MADE)
    name = f"{context.user_id} {record.conversation.hex()}"
    limits.take(f"{rules.name_bucket(record.action)}.member", name, rules.PER_MEMBER)


def take_shared_budget(context: Context, record: EpochRecord) -> None:
    """Count an epoch that has passed all checks: nothing else takes what others share.

    Raises TooManyRequests.
    """
    bucket, conversation = rules.name_bucket(record.action), record.conversation.hex()
    context.services.limits.take(f"{bucket}.conversation", conversation, rules.PER_CONVERSATION)


async def find_taken(context: Context, record: bytes) -> EpochTaken | None:
    """Return the answer to a record of one's own that is stored already, byte for byte."""
    row = await store.find_by_hash(context.transaction, rules.hash_record(record))
    if row is None or row.record != record or row.actor_id != context.user_id:
        return None
    return say_taken(row)


def say_taken(row: EpochRow) -> EpochTaken:
    return EpochTaken(
        conversation_id=row.conversation_id.hex(), n=row.n, seq=row.seq, timestamp=row.timestamp
    )


async def require_member(context: Context, draft: Draft) -> Head:
    """Return a conversation that there must be, before anything is locked. Raises NotFound for no member."""
    access = await get_access(context.transaction, draft.record.conversation, context.user_id)
    if not access.is_member:
        raise NotFound
    return access.head


async def hold_place(context: Context, draft: Draft) -> Head | None:
    """Lock the conversation and return it; None when there is none. Raises NotFound for no member of it."""
    conversation_id = draft.record.conversation
    head = await hold_conversation(context.transaction, conversation_id)
    if head is None:
        return None
    draft.access = await get_access(context.transaction, conversation_id, context.user_id)
    if not draft.access.is_member:
        raise NotFound
    if not head.is_open:
        raise ConversationClosed
    return head


def require_current(draft: Draft, head: Head | None) -> None:
    """Raise EpochMoved unless the record is the next of the conversation, NotAccepted if of another kind."""
    if draft.record.n != (0 if head is None else head.epoch) + 1:
        raise EpochMoved
    with judged(EpochMoved):
        rules.check_kind(draft.record, None if head is None else head.kind)
