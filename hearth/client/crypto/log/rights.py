"""Who may write what, and aimed at what (section 8.9)."""

from hearth.client.crypto.log.record import EntryKind
from hearth.client.crypto.log.rows import Row
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.epoch import Epoch, Kind, Role
from hearth.sealed.group.steps import rank_of

SEALED = frozenset(EntryKind) - {EntryKind.EPOCH, EntryKind.LEAVE, EntryKind.RESTORED}
TARGETS = {
    EntryKind.VOID: frozenset[EntryKind](),
    EntryKind.CALL: frozenset[EntryKind](),
    EntryKind.STATE: frozenset[EntryKind](),
    EntryKind.MESSAGE: frozenset({EntryKind.MESSAGE}),
    EntryKind.EDIT: frozenset({EntryKind.MESSAGE}),
    EntryKind.REACTION: frozenset({EntryKind.MESSAGE}),
    EntryKind.DELETION: frozenset({EntryKind.MESSAGE, EntryKind.EDIT, EntryKind.REACTION}),
}
AIMED = frozenset({EntryKind.EDIT, EntryKind.REACTION, EntryKind.DELETION})


def read_kind(kind: int) -> EntryKind:
    """Return the kind of a sealed record; Rejected(unsupported) for one that this version does not know."""
    if kind not in SEALED:
        raise Rejected(Verdict.UNSUPPORTED, "a kind of record that is not known")
    return EntryKind(kind)


def check_writer(epoch: Epoch, row: Row) -> None:
    """Check what needs no target: may the sender write this kind, and does it have a target where it must.

    Raises Rejected(not_allowed).
    """
    kind, settings = read_kind(row.kind), epoch.record.settings
    rank = rank_of(epoch.members, row.user)
    may = True
    if kind is EntryKind.MESSAGE:
        may = rank <= settings.post_by
    elif kind is EntryKind.STATE:
        may = rank <= settings.settings_by
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


def _allow(holds: bool, why: str) -> None:
    require(holds, Verdict.NOT_ALLOWED, why)
