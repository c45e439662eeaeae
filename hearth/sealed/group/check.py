"""Steps 1 to 6 and 9 of checking an epoch record (section 7.5): what needs nothing but the record before."""

from dataclasses import dataclass

from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.epoch import NO_HASH, Action, Epoch, EpochRecord, Kind, Roster
from hearth.sealed.group.ids import direct_id, group_id, self_id
from hearth.sealed.group.steps import Facts, check_step


@dataclass(frozen=True, slots=True)
class Where:
    """Which conversation is asked for, and who asks."""

    server: bytes
    conversation: bytes
    own_user: int


def check_record(
    before: Epoch | None, data: bytes, roster: bytes | None, where: Where, facts: Facts
) -> Epoch:
    """Return the epoch after `before` (None: the first). `roster` is None when it is that of the one before.

    Raises Rejected: malformed, unsupported, wrong_place, wrong_link, bad_roster, not_allowed. The signature
    is not judged here: its key stands in a chain.
    """
    epoch = _read(before, data, roster)
    record = epoch.record
    is_here = record.server == where.server and record.conversation == where.conversation
    is_of_kind = before is None or record.kind is before.record.kind
    require(is_here and is_of_kind, Verdict.WRONG_PLACE, "a record of another conversation")
    check_id(epoch)
    check_link(before, record)
    is_stated = epoch.roster.hash() == record.roster_hash
    require(is_stated, Verdict.BAD_ROSTER, "not the roster of this record")
    if before is not None:
        kept = record.minimum_format >= before.record.minimum_format
        require(kept, Verdict.NOT_ALLOWED, "the minimum format falls")
    check_step(before, epoch, facts)
    check_group_id(epoch, where.own_user)
    return epoch


def read_epoch(data: bytes, roster: bytes) -> Epoch:
    """Return a record with its roster, not judged. Raises Rejected: unsupported, malformed, bad_roster."""
    epoch = Epoch(EpochRecord.open(data), Roster.unpack(roster))
    is_stated = epoch.roster.hash() == epoch.record.roster_hash
    require(is_stated, Verdict.BAD_ROSTER, "not the roster of this record")
    return epoch


def check_link(before: Epoch | None, record: EpochRecord) -> None:
    """Raise Rejected unless a record is the next after `before`: wrong_link; not_allowed for no beginning."""
    begins = before is not None or record.action is Action.CREATE
    require(begins, Verdict.NOT_ALLOWED, "a conversation begins with create")
    n, previous = (1, NO_HASH) if before is None else (before.record.n + 1, before.hash)
    fits = record.n == n and record.previous == previous
    require(fits, Verdict.WRONG_LINK, "not the next epoch of this conversation")


def check_id(epoch: Epoch) -> None:
    """Raise Rejected(wrong_place) unless the id is the computed one (7.1): of a group only n = 1 shows it."""
    record, users = epoch.record, [member.user for member in epoch.roster.members]
    fits = True
    if record.kind is Kind.DIRECT:
        fits = len(users) == 2 and record.conversation == direct_id(record.server, users[0], users[1])
    elif record.kind is Kind.SELF:
        fits = len(users) == 1 and record.conversation == self_id(record.server, users[0])
    elif record.n == 1:
        fits = record.conversation == group_id(record.server, record.actor, record.device, record.time)
    require(fits, Verdict.WRONG_PLACE, "an id that does not fit kind and members")


def check_group_id(epoch: Epoch, own_user: int) -> None:
    """Raise Rejected(wrong_place) for a group under the id of one's own direct or self conversation (7.1)."""
    record = epoch.record
    taken = {direct_id(record.server, own_user, member.user) for member in epoch.roster.members}
    is_taken = record.conversation in taken | {self_id(record.server, own_user)}
    require(record.kind is not Kind.GROUP or not is_taken, Verdict.WRONG_PLACE, "a group under a taken id")


def _read(before: Epoch | None, data: bytes, roster: bytes | None) -> Epoch:
    """Decode both; without a roster it is that of the epoch before, whose hash the record must then state."""
    signed = EpochRecord.open(data)
    if roster is not None:
        return Epoch(signed, Roster.unpack(roster))
    if before is None:
        raise Rejected(Verdict.BAD_ROSTER, "the roster is missing")
    return Epoch(signed, before.roster)
