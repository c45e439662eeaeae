"""Epochs that were made before a restore, offered by members and judged as clients judge them (10.10).

What a request of today must state (the newest heads and keys, wraps to them) they cannot: they are judged by
the chains as these say they stood then.
"""

from collections.abc import Collection

from hearth.accounts.living import hold_users
from hearth.contract import Context
from hearth.conversations.stays import require_room_in_groups
from hearth.directory.facts import load_chain
from hearth.directory.restored import require_restored
from hearth.directory.rules import ChainMoved
from hearth.epochs import judge, rules, store
from hearth.epochs.contract import EpochTaken, MakeEpoch, OfferEpoch
from hearth.epochs.judge import Draft
from hearth.epochs.make import hold_place, require_current, require_member, say_taken
from hearth.epochs.rules import EpochMoved
from hearth.epochs.write import write_epoch
from hearth.errors import NotFound
from hearth.sealed.core.verdicts import Verdict, require
from hearth.sealed.group.check import Where
from hearth.sealed.group.epoch import Epoch, EpochRecord, Kind, Roster
from hearth.sealed.group.epochs import Epochs, Known
from hearth.sealed.person.people import People
from hearth.vault.rules import judged


async def offer_epoch(context: Context, command: OfferEpoch) -> EpochTaken:
    """Take an epoch back. Raises NotRestored, NotFound, ConversationClosed, LimitReached, EpochMoved,
    ChainMoved (somebody's chain is not as far), NotAccepted."""
    require_restored(context)
    with judged(EpochMoved):
        draft = read_offer(context, command)
    record = draft.record
    begins = record.n == 1 and record.kind is Kind.GROUP
    if not begins:
        await require_member(context, draft)
        if (known := await find_offered(context, record, command.record)) is not None:
            return known
    await judge.load_before(context, draft)
    living = await hold_users(context.transaction, draft.user_ids, is_shared=not begins)
    head = await hold_place(context, draft)
    if head is None and (not begins or context.user_id not in draft.user_ids):
        raise NotFound
    if (known := await find_offered(context, record, command.record)) is not None:
        return known
    require_current(draft, head)
    with judged(ChainMoved):
        draft.after = await check_offer(context, draft)
        await judge.find_history_seq(context, draft)
    old = {} if draft.before is None else draft.before.members
    comers = draft.judged.members.keys() - old.keys()
    if record.kind is Kind.GROUP and comers:
        await require_room_in_groups(context, comers)
    return await write_epoch(context, draft, head, living)


def read_offer(context: Context, command: OfferEpoch) -> Draft:
    """Decode an offer. Raises Rejected: malformed, unsupported, wrong_place, not_allowed, bad_roster."""
    signed = EpochRecord.open(command.record)
    given = None if command.roster is None else Roster.unpack(command.roster)
    is_here = signed.body.server == context.services.identity.server_id
    require(is_here, Verdict.WRONG_PLACE, "a record for another server")
    rules.check_beginning(signed, given)
    return Draft(MakeEpoch(record=command.record, roster=command.roster), signed, given)


async def find_offered(context: Context, record: EpochRecord, data: bytes) -> EpochTaken | None:
    """Return the answer to a record that is stored, whoever offered or made it."""
    row = await store.find_by_hash(context.transaction, record.hash())
    return say_taken(row) if row is not None and row.record == data else None


async def check_offer(context: Context, draft: Draft) -> Epoch:
    """Return the epoch after all of section 7.5. Raises ChainMoved for what is unproven yet, Rejected."""
    record, before = draft.record, draft.before
    people = People(record.server)
    old = {} if before is None else before.members
    for user in {*draft.user_ids, *old}:
        named = {line.receive_hash for line in (*draft.roster.members, *old.values()) if line.user == user}
        await load_chain(context, people.chain(user), named)
    leaves = dict(await list_leaves(context, draft))
    where = Where(record.server, record.conversation, record.actor)
    epochs = Epochs(where, people, lambda _n, user: leaves.get(user))
    if before is not None:
        epochs.known[before.record.n] = Known(before)
    return epochs.check(draft.command.record, draft.command.roster)


async def list_leaves(context: Context, draft: Draft) -> Collection[tuple[int, bytes]]:
    if draft.before is None:
        return ()
    return await store.list_leaves(context.transaction, draft.record.conversation, draft.record.n - 1)
