"""Epochs that were made before a restore, offered by members and judged as clients judge them (10.10).

What a request of today must state (the newest heads and keys, wraps to them) they cannot: they are judged by
the chains as these say they stood then. Whom they bring in is judged by what is so now: nobody can tell an
epoch that was lost from one that was never made.
"""

from hearth.accounts.living import hold_users
from hearth.contract import Context
from hearth.conversations.access import get_access
from hearth.conversations.stays import require_room_in_groups
from hearth.directory.restored import require_restored
from hearth.directory.rules import ChainMoved
from hearth.epochs import judge, make, rules, store
from hearth.epochs.contract import EpochTaken, MakeEpoch, OfferEpoch
from hearth.epochs.judge import Draft
from hearth.epochs.judge_offer import check_lines, check_maker, check_shape, require_known_maker
from hearth.epochs.rules import EpochMoved
from hearth.epochs.write import write_epoch
from hearth.errors import NotFound
from hearth.sealed.core.verdicts import Verdict, require
from hearth.sealed.group.epoch import Epoch, EpochRecord, Kind, Roster
from hearth.vault.rules import judged


async def offer_epoch(context: Context, command: OfferEpoch) -> EpochTaken:
    """Take an epoch back. Raises NotRestored, NotFound, ConversationClosed, NotFriends, LimitReached,
    TooManyRequests, EpochMoved, ChainMoved (somebody's chain is not as far), LeaveLost, NotAccepted."""
    require_restored(context)
    with judged(EpochMoved):
        draft = read_offer(context, command)
    record = draft.record
    known = await find_offered(context, record, command.record)
    if known is not None:
        await make.require_member(context, draft)
        return known
    make.take_device_budget(context, record)
    epoch, invited = await check_offer(context, draft)
    is_begun = record.n > 1 or record.kind is not Kind.GROUP
    living = await hold_users(context.transaction, draft.user_ids, is_shared=is_begun)
    head = await make.hold_place(context, draft)
    if head is None and is_begun:
        raise NotFound
    if (known := await find_offered(context, record, command.record)) is not None:
        return known
    make.require_current(draft, head)
    await judge.require_friends(context, record.actor, invited, living)
    make.take_own_budgets(context, draft)
    with judged(ChainMoved):
        draft.after = await check_lines(context, draft, epoch)
        await find_history_seq(context, draft)
    comers = [*invited, record.actor] if draft.before is None else invited
    if record.kind is Kind.GROUP and comers:
        await require_room_in_groups(context, comers)
    make.take_shared_budget(context, record)
    return await write_epoch(context, draft, head, living)


def read_offer(context: Context, command: OfferEpoch) -> Draft:
    """Decode an offer. Raises Rejected: malformed, unsupported, wrong_place, not_allowed, bad_roster."""
    signed = EpochRecord.open(command.record)
    given = None if command.roster is None else Roster.unpack(command.roster)
    is_here = signed.body.server == context.services.identity.server_id
    require(is_here, Verdict.WRONG_PLACE, "a record for another server")
    rules.check_beginning(signed, given)
    return Draft(MakeEpoch(record=command.record, roster=command.roster), signed, given)


async def check_offer(context: Context, draft: Draft) -> tuple[Epoch, list[int]]:
    """Judge all that can be before anything is locked; return the epoch, and whom its actor brings in."""
    record = draft.record
    begins = record.n == 1 and record.kind is Kind.GROUP
    if begins and context.user_id not in draft.user_ids:
        raise NotFound
    make.require_current(draft, None if begins else await make.require_member(context, draft))
    await judge.load_before(context, draft)
    with judged(EpochMoved):
        epoch = check_shape(draft)
        invited = rules.list_invited(draft.before, record, epoch.roster)
    if begins:
        await require_known_maker(context, record)
    with judged(ChainMoved):
        await check_maker(context, draft, epoch)
    return epoch, invited


async def find_offered(context: Context, record: EpochRecord, data: bytes) -> EpochTaken | None:
    """Return the answer to a record that is stored, whoever offered or made it."""
    row = await store.find_by_hash(context.transaction, record.hash())
    return make.say_taken(row) if row is not None and row.record == data else None


async def find_history_seq(context: Context, draft: Draft) -> None:
    """Look up where the history begins that the actor gives, by what they may read.

    Raises Rejected(not_allowed), NotFound.
    """
    record = draft.record
    if record.history_from:
        draft.access = await get_access(context.transaction, record.conversation, record.actor)
    await judge.find_history_seq(context, draft)
