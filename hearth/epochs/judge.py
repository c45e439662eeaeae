"""What is looked up to judge an epoch, and the checks of section 7.5 in the order in which they are cheap."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from hearth.contract import Context
from hearth.conversations.rules import Access
from hearth.conversations.stays import require_room_in_groups
from hearth.directory.facts import list_incarnations, load_standings
from hearth.directory.rules import ChainMoved
from hearth.epochs import rules, store
from hearth.epochs.contract import MakeEpoch
from hearth.epochs.rules import EpochMoved, NotFriends, People
from hearth.friends.list import list_friends_among
from hearth.sealed.core.packed import Head
from hearth.sealed.core.statements import Signed
from hearth.sealed.group.check import Where, check_record, read_epoch
from hearth.sealed.group.epoch import NO_HASH, Action, Epoch, EpochRecord, Kind, Member, Roster
from hearth.vault.rules import judged


@dataclass(slots=True)
class Draft:
    """An epoch on its way: the request, decoded, with what is stored of the one before it.

    `after` is there once it has been judged, `access` once the conversation is held, if there is one.
    """

    command: MakeEpoch
    signed: Signed[EpochRecord]
    given: Roster | None
    before: Epoch | None = None
    after: Epoch | None = None
    access: Access | None = None
    history_seq: int | None = None

    @property
    def record(self) -> EpochRecord:
        return self.signed.body

    @property
    def judged(self) -> Epoch:
        assert self.after is not None  # nothing is written before it is judged
        return self.after

    @property
    def roster(self) -> Roster:
        """The roster as it is given, or that of the epoch before. Raises EpochMoved when there is none."""
        if self.given is not None:
            return self.given
        if self.before is None:
            raise EpochMoved
        return self.before.roster

    @property
    def user_ids(self) -> list[int]:
        """Everybody whom the checks are about."""
        return [member.user for member in self.roster.members]


def read_draft(context: Context, command: MakeEpoch) -> Draft:
    """Decode a request. Raises NotAccepted: malformed, unsupported, wrong_place, not_allowed, bad_roster."""
    with judged(EpochMoved):
        signed = EpochRecord.open(command.record)
        given = None if command.roster is None else Roster.unpack(command.roster)
        server = context.services.identity.server_id
        rules.check_author(signed.body, server, context.user_id, context.actor.device_id)
        rules.check_beginning(signed, given)
    return Draft(command, signed, given)


async def load_before(context: Context, draft: Draft) -> None:
    """Load the epoch before, if there must be one. Nothing of it changes once it is stored."""
    record = draft.record
    if record.n == 1:
        return
    stored = await store.find_epoch(context.transaction, record.conversation, record.n - 1)
    draft.before = None if stored is None else read_epoch(*stored)


async def check_epoch(context: Context, draft: Draft, living: Collection[int]) -> None:
    """Judge an epoch.

    Raises NotAccepted, NotFriends, LimitReached, ChainMoved, ReceiveOutdated, EpochMoved.
    """
    record, before = draft.record, draft.before
    people = await load_people(context, draft.user_ids, {} if before is None else before.members)
    with judged(EpochMoved):
        leaves = await list_leaves(context, draft)
        where = Where(record.server, record.conversation, record.actor)
        facts = rules.make_facts(before, people, leaves)
        after = draft.after = check_record(before, draft.command.record, draft.command.roster, where, facts)
        invited = rules.list_invited(before, record, after.roster)
        rules.check_wraps(after.roster, draft.command.wraps)
        rules.check_history(after, draft.command.history)
    await require_friends(context, record.actor, invited, living)
    with judged(ChainMoved):
        key = rules.check_actor(after, people)
        rules.check_lines(before, after, people)
        draft.signed.verify(key)
        await find_history_seq(context, draft)
    comers = [*invited, record.actor] if before is None else invited
    if record.kind is Kind.GROUP and comers:
        await require_room_in_groups(context, comers)


async def load_people(context: Context, user_ids: Collection[int], old: Mapping[int, Member]) -> People:
    """Return what is known of these people, and of heads that old lines state. Three queries at most."""
    standings = await load_standings(context, user_ids)
    heads: dict[int, set[Head]] = {}
    for user_id, standing in standings.items():
        stated = {old[user_id].chain} if user_id in old else set()
        received = set() if standing.receive is None else {standing.receive.statement.chain}
        heads[user_id] = (stated | received) - {standing.state.head}
    return People(standings, await list_incarnations(context, heads))


async def list_leaves(context: Context, draft: Draft) -> Collection[tuple[int, bytes]]:
    """Return the leave entries that a removal may name."""
    record = draft.record
    names_one = record.action is Action.REMOVE and any(target.cause != NO_HASH for target in record.targets)
    if not names_one:
        return ()
    return await store.list_leaves(context.transaction, record.conversation, record.n - 1)


async def require_friends(
    context: Context, actor: int, invited: Collection[int], living: Collection[int]
) -> None:
    """Raise NotFriends unless everybody who is brought in is a friend of the actor. One query, none for none.

    Before anything is said of their chains: what a stranger's chain is like is not to be learnt here.
    """
    if invited:
        friends = await list_friends_among(context.transaction, actor, invited)
        if not set(invited) <= friends & set(living):
            raise NotFriends


async def find_history_seq(context: Context, draft: Draft) -> None:
    """Look up where the history begins that a record gives. Raises Rejected(not_allowed)."""
    record, access = draft.record, draft.access
    if record.history_from == 0:
        return
    assert access is not None  # only a conversation that there is has an add
    place = await store.find_place(context.transaction, record.conversation, record.history_from)
    draft.history_seq = 0 if place is None else place[0]
    rules.check_first_seq(access, draft.history_seq)
