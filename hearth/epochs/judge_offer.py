"""Judging an epoch that is offered after a restore, by the chains as it says they stood then (7.5, 10.10).

What is costly comes last, and nobody hears of a chain that is none of their business: first what needs only
the epoch before, then who made it and the signature, then (offer.py) whom they bring in, then all lines.
"""

from collections.abc import Mapping

from hearth.contract import Context
from hearth.directory.facts import load_chain, load_standings
from hearth.directory.restored import map_restored_heads
from hearth.directory.rules import ChainMoved
from hearth.epochs import judge, rules
from hearth.epochs.judge import Draft
from hearth.epochs.rules import LeaveLost, NotFriends, People
from hearth.friends.list import list_friends_among
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.check import Where, check_record
from hearth.sealed.group.epoch import NO_HASH, Action, Epoch, EpochRecord, Member
from hearth.sealed.group.epochs import check_member
from hearth.sealed.group.steps import Facts, check_step
from hearth.sealed.person.chain import Chain


def check_shape(draft: Draft) -> Epoch:
    """Return the epoch after steps 1 to 6, in which chains and log are taken to tell what it needs of them.

    Pure. Raises Rejected; check_lines asks the chains.
    """
    record = draft.record
    replaced = {target.user for target in record.targets} if record.action is Action.REIDENTIFY else set()
    facts = Facts(lambda user, _old, _new: user not in replaced, lambda _user, _cause: True)
    where = Where(record.server, record.conversation, record.actor)
    return check_record(draft.before, draft.command.record, draft.command.roster, where, facts)


async def require_known_maker(context: Context, record: EpochRecord) -> None:
    """Raise NotFriends for a group of somebody whom the asking person does not know.

    Before anything is said of that person's chain or friends.
    """
    if record.actor == context.user_id:
        return
    if not await list_friends_among(context.transaction, context.user_id, [record.actor]):
        raise NotFriends


async def check_maker(context: Context, draft: Draft, epoch: Epoch) -> None:
    """Check the signature, by a device that is listed at a head which the backup had, or a later one.

    Else a device that was removed long ago could make epochs in its person's name by stating an older head.
    Raises ChainMoved, Rejected(rollback, fork, not_listed, bad_signature).
    """
    record = epoch.record
    stated = epoch.members[record.actor].chain
    standing = (await load_standings(context, [record.actor])).get(record.actor)
    if standing is None or stated.n > standing.state.n:
        raise ChainMoved("The actor's chain is not there yet.")
    least = await map_restored_heads(context, [record.actor])
    require(stated.n >= least.get(record.actor, 0), Verdict.ROLLBACK, "a head from before the backup")
    key = standing.state.device_keys.get(record.device)
    if key is None:
        raise Rejected(Verdict.NOT_LISTED, "no device of the actor")
    draft.signed.verify(key)
    state = standing.state
    if stated != state.head:
        chain = Chain(record.server, record.actor)
        await load_chain(context, chain, ())
        state = chain.at(stated)
    require(record.device in state.devices, Verdict.NOT_LISTED, "not listed at the head that is stated")


async def check_lines(context: Context, draft: Draft, epoch: Epoch) -> Epoch:
    """Return an epoch after all that chains and log must tell of it (7.5, 6 and 8).

    A line is that of the epoch before, or states a head which the backup had, or a later one.
    Raises LeaveLost, Rejected.
    """
    before = draft.before
    old = {} if before is None else before.members
    new = {user: line for user, line in epoch.members.items() if not rules.is_same_line(old.get(user), line)}
    least = await map_restored_heads(context, new) if new else {}
    for user, line in new.items():
        require(line.chain.n >= least.get(user, 0), Verdict.ROLLBACK, "a head from before the backup")
    await require_leaves(context, draft)
    chains = await load_chains(context, old, new) if new else {}

    def is_linked(user: int, of_old: bytes, of_new: bytes) -> bool:
        """A key that stands nowhere up to the stated head is linked to none, as in the clients' Epochs."""
        chain = chains[user]
        chain.at(new[user].chain)
        incarnation = chain.incarnation_of(of_old)
        return incarnation is not None and incarnation == chain.incarnation_of(of_new)

    check_step(before, epoch, Facts(is_linked, has_left=lambda _user, _cause: True))
    for user, chain in chains.items():
        check_member(chain, old.get(user), new[user])
    return epoch


async def require_leaves(context: Context, draft: Draft) -> None:
    """Raise LeaveLost unless the entries that a removal names, by which people left, are there."""
    left = set(await judge.list_leaves(context, draft))
    named = {(target.user, target.cause) for target in draft.record.targets if target.cause != NO_HASH}
    if draft.record.action is Action.REMOVE and not named <= left:
        raise LeaveLost


async def load_chains(
    context: Context, old: Mapping[int, Member], new: Mapping[int, Member]
) -> dict[int, Chain]:
    """Return the whole chain of each person whose line is not seen to be good by what is stored beside it."""
    people = await judge.load_people(context, new, {})
    chains = {}
    for user, line in new.items():
        if not is_good(old.get(user), line, people):
            chain = chains[user] = Chain(context.services.identity.server_id, user)
            named = {line.receive_hash, old[user].receive_hash if user in old else NO_HASH}
            await load_chain(context, chain, named)
    return chains


def is_good(before: Member | None, line: Member, people: People) -> bool:
    """Tell whether a line states how its person stands now, with the identity that they had before."""
    standing = people.standings.get(line.user)
    if standing is None or line.chain != standing.state.head:
        return False
    if standing.state.identity_key != line.identity_key:
        return False
    if before is not None and before.identity_key != line.identity_key:
        return False
    if line.receive_version == 0:
        return before is None or before.receive_version == 0
    key = people.find_receive(line.user)
    return key is not None and (key.version, key.hash) == (line.receive_version, line.receive_hash)
