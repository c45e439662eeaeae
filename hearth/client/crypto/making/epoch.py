"""The next epoch of a conversation: record, roster, seed, wraps, and history for newcomers (section 7)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hearth.client.crypto.making.acts import Act
from hearth.client.crypto.making.device import Moment, OwnDevice
from hearth.client.crypto.making.roster import make_roster
from hearth.sealed.core import hpke
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.epoch import NO_HASH, Epoch, EpochRecord, Member
from hearth.sealed.group.epochs import Epochs
from hearth.sealed.group.seeds import (
    PastSeed,
    SeedPlace,
    check_seed,
    commit_seed,
    make_history_key,
    make_seed,
    seal_history,
    wrap_history,
    wrap_seed,
)
from hearth.sealed.person.people import People
from hearth.sealed.person.pins import Pins

FORMAT = 1


@dataclass(frozen=True, slots=True)
class GivenHistory:
    """Earlier seeds for newcomers (7.8): the sealed list, and by user what opens it."""

    sealed: bytes
    wraps: dict[int, bytes]


@dataclass(frozen=True, slots=True)
class MadeEpoch:
    """An epoch request: always sent again as the same bytes. `roster` None: that of the epoch before."""

    epoch: Epoch
    record: bytes
    roster: bytes | None
    seed: bytes
    wraps: dict[int, bytes]
    history: GivenHistory | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """What an epoch is made from: the epochs so far, pins, public receive keys by kem_hash, seeds by n."""

    epochs: Epochs
    pins: Pins
    receive_keys: Mapping[bytes, bytes]
    seeds: Mapping[int, bytes]


def make_epoch(ground: Ground, by: OwnDevice, act: Act, at: Moment, seed: bytes | None = None) -> MadeEpoch:
    """Return the next epoch after the newest that is known (or the first). A seed is only given by tests.

    Raises Rejected: the verdicts of section 7.5 on what the act would make (not_allowed above all), unproven
    (a chain or a receive key is not known), changed_identity, bad_key (no key that the receive statement
    names), keyless (a seed that would be given as history is not there).
    """
    epochs, before = ground.epochs, ground.epochs.newest
    roster = make_roster(before, act, epochs.people, ground.pins)
    seed = make_seed() if seed is None else seed
    draft = _draft(epochs, by, act, at)
    record = replace(
        draft, roster_hash=roster.hash(), commitment=commit_seed(draft.conversation, draft.n, seed)
    )
    signed = record.sign(by.sign_seed)
    travels = before is None or before.record.roster_hash != record.roster_hash
    packed = roster.pack() if travels else None
    epoch = epochs.check(signed, packed)
    keys = {
        member.user: find_receive_key(epochs.people, member, ground.receive_keys)
        for member in roster.members
        if member.receive_version
    }
    wraps = {user: wrap_seed(key, epoch.hash, user, seed) for user, key in keys.items()}
    return MadeEpoch(epoch, signed, packed, seed, wraps, _give_history(ground, epoch, act, keys))


def find_receive_key(people: People, member: Member, public_keys: Mapping[bytes, bytes]) -> bytes:
    """Return the X-Wing key of the receive statement that a roster line names.

    Raises Rejected: unproven (statement or key are not known), fork, bad_key (not the key of the statement).
    """
    statement = people.chain(member.user).receive_at(member.receive_version, member.receive_hash)
    public = public_keys.get(statement.kem_hash)
    if public is None:
        raise Rejected(Verdict.UNPROVEN, "a receive key that is not known yet")
    is_named = hpke.kem_hash(public) == statement.kem_hash
    require(is_named, Verdict.BAD_KEY, "not the key that the receive statement names")
    return public


def _draft(epochs: Epochs, by: OwnDevice, act: Act, at: Moment) -> EpochRecord:
    """Return the record without what follows from roster and seed."""
    before, where = epochs.newest, epochs.where
    return EpochRecord(
        minimum_format=FORMAT if before is None else before.record.minimum_format,
        kind=act.kind,
        server=where.server,
        conversation=where.conversation,
        n=1 if before is None else before.record.n + 1,
        previous=NO_HASH if before is None else before.hash,
        roster_hash=NO_HASH,
        settings=act.settings,
        action=act.action,
        targets=act.targets,
        history_from=act.history_from,
        actor=by.user,
        device=by.device,
        time=at.time,
        seen=at.seen,
        commitment=NO_HASH,
        extensions=(),
    )


def _give_history(ground: Ground, epoch: Epoch, act: Act, keys: Mapping[int, bytes]) -> GivenHistory | None:
    """Seal the seeds of the epochs from `history from` on, without those that had a timer."""
    if act.history_from == 0:
        return None
    given = [
        PastSeed(n, _find_seed(ground, n))
        for n in range(act.history_from, epoch.record.n)
        if _has_no_timer(ground.epochs, n)
    ]
    key = make_history_key()
    wraps = {
        user: wrap_history(public, epoch.hash, user, key)
        for user, public in keys.items()
        if user in act.brought_in
    }
    return GivenHistory(seal_history(key, epoch.hash, given), wraps)


def _has_no_timer(epochs: Epochs, n: int) -> bool:
    if n not in epochs.known:
        raise Rejected(Verdict.UNPROVEN, "an epoch that is not known yet")
    return epochs.known[n].epoch.record.settings.timer == 0


def _find_seed(ground: Ground, n: int) -> bytes:
    seed, epoch = ground.seeds.get(n), ground.epochs.known[n].epoch
    if seed is None:
        raise Rejected(Verdict.KEYLESS, "no seed of an epoch that would be given")
    place = SeedPlace(epoch.record.conversation, n, epoch.hash, epoch.record.commitment)
    return check_seed(place, seed)
