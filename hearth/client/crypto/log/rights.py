"""Who may write what, and aimed at what (section 8.9)."""

from hearth.client.crypto.log.rows import Row
from hearth.sealed.core.verdicts import Verdict, require
from hearth.sealed.group.entries import AIMED, TARGETS, EntryKind, may_write, read_kind
from hearth.sealed.group.epoch import Epoch, Kind, Role
from hearth.sealed.group.steps import rank_of


def check_writer(epoch: Epoch, row: Row) -> None:
    """Check what needs no target: may the sender write this kind, and does it have a target where it must.

    Raises Rejected(not_allowed).
    """
    kind, record = read_kind(row.kind), epoch.record
    may = may_write(kind, record.kind, record.settings, rank_of(epoch.members, row.user))
    _allow(may, "the sender may not write this")
    _allow(bool(TARGETS[kind]) or row.target_seq == 0, "a target where there is none")
    _allow(kind not in AIMED or row.target_seq != 0, "no target where there must be one")


def check_target(epoch: Epoch, row: Row, target: Row) -> None:
    """Check a known target: its kind, may the sender do this to it. Raises Rejected(not_allowed)."""
    kind = read_kind(row.kind)
    _allow(target.kind in TARGETS[kind], "not a target of this kind")
    is_own = target.user == row.user
    if kind is EntryKind.EDIT:
        _allow(is_own, "only the author may edit")
    if kind is EntryKind.DELETION and not is_own:
        rank = rank_of(epoch.members, row.user)
        author = epoch.members.get(target.user)
        role = Role.MEMBER if author is None else author.role
        may = rank is Role.OWNER or (rank is Role.ADMIN and role is Role.MEMBER)
        _allow(epoch.record.kind is Kind.GROUP and may, "the sender may not delete this")


def may_call_everybody(epoch: Epoch, user: int) -> bool:
    """Tell whether a member's "everyone" counts (8.10): by the rights of the group's settings."""
    record = epoch.record
    return record.kind is Kind.GROUP and rank_of(epoch.members, user) <= record.settings.everyone_by


def _allow(holds: bool, why: str) -> None:
    require(holds, Verdict.NOT_ALLOWED, why)
