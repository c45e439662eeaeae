"""What the server checks of epochs beyond the records' own rules (sections 7.5 and 11). Pure.

It judges heads as they stand, not as they stood: a roster line is taken if the epoch before has the same one,
or if it states its person's newest head. So no chain is ever replayed (docs/domain/epochs.md).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from hearth.conversations.contract import Kind as KindName
from hearth.conversations.contract import Role as RoleName
from hearth.conversations.rules import Access
from hearth.directory.rules import ChainMoved, ReceiveKey, Standing
from hearth.epochs.contract import MemberWrap, NewHistory
from hearth.errors import Conflict, HearthError
from hearth.sealed.core import labels
from hearth.sealed.core.hashing import labelled_hash
from hearth.sealed.core.packed import Head
from hearth.sealed.core.statements import SIGNATURE, Signed
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.check import check_id
from hearth.sealed.group.epoch import NO_HASH, Action, Epoch, EpochRecord, Kind, Member, Role, Roster
from hearth.sealed.group.steps import Facts

PER_DEVICE = "10/60s"
PER_CONVERSATION = "30/60s"
PER_MEMBER = "500/86400s"
"""Of one person in one conversation: every epoch is work for all members, and a wrap stored for each."""
GROUPS_MADE = "100/86400s"
"""Everybody in a new group has one more: nobody's friend fills up their five hundred in an hour."""
PAGE_BYTES = 384 * 1024
"""Of records and rosters on one page."""
KIND_NAMES: dict[Kind, KindName] = {Kind.DIRECT: "direct", Kind.SELF: "self", Kind.GROUP: "group"}
ROLE_NAMES: dict[Role, RoleName] = {Role.OWNER: "owner", Role.ADMIN: "admin", Role.MEMBER: "member"}
Incarnations = Mapping[tuple[int, Head], int]
"""From a user and a head of their chain to the incarnation there; without heads that are not on it."""


class EpochMoved(Conflict):
    code = "epoch_moved"
    title = "The conversation is in another epoch"


class ReceiveOutdated(Conflict):
    code = "receive_outdated"
    title = "A member has a newer receive key"


class LeaveLost(Conflict):
    code = "leave_lost"
    title = "The entry by which the removed person left was lost"


class NotFriends(HearthError):
    code = "not_friends"
    status = 403
    title = "You can only bring friends into a conversation"


@dataclass(frozen=True, slots=True)
class People:
    """What the server knows of everybody in a roster: how chains stand, incarnations at older heads."""

    standings: Mapping[int, Standing]
    incarnations: Incarnations

    def is_reset_since(self, user_id: int, head: Head) -> bool:
        """Tell whether a person has begun anew since a head of theirs."""
        return self.incarnation_at(user_id, head) != self.standings[user_id].state.incarnation

    def incarnation_at(self, user_id: int, head: Head) -> int | None:
        """Return the incarnation at a head, None when it is not on the chain."""
        state = self.standings[user_id].state
        return state.incarnation if head == state.head else self.incarnations.get((user_id, head))

    def find_receive(self, user_id: int) -> ReceiveKey | None:
        """Return the newest receive key of a person if it counts at their newest head (section 6.2)."""
        standing = self.standings[user_id]
        key, state = standing.receive, standing.state
        if key is None:
            return None
        device = key.statement.device
        is_present = device in state.devices or device in state.retired
        counts = is_present and not self.is_reset_since(user_id, key.statement.chain)
        return key if counts else None


def hash_record(record: bytes) -> bytes:
    """Return the hash of an epoch record without reading it."""
    return labelled_hash(labels.EPOCH, record[:-SIGNATURE])


def name_bucket(action: Action) -> Literal["epoch", "epoch.remove"]:
    """Return which budget an epoch is taken from: no flood of others may delay a removal."""
    return "epoch.remove" if action is Action.REMOVE else "epoch"


def check_author(record: EpochRecord, server: bytes, user_id: int, device_id: bytes) -> None:
    """Raise Rejected unless the asking device made this record for this server: wrong_place, not_allowed."""
    require(record.server == server, Verdict.WRONG_PLACE, "a record for another server")
    is_own = record.actor == user_id and record.device == device_id
    require(is_own, Verdict.NOT_ALLOWED, "made by another device than the asking one")


def check_beginning(signed: Signed[EpochRecord], roster: Roster | None) -> None:
    """Raise Rejected unless a record that begins a conversation is a create with its roster and under its id.

    bad_roster, not_allowed (also for a create that is not the beginning), wrong_place. Before anything is
    looked up: a group under the id of two others' conversation would tell whether they have one.
    """
    record = signed.body
    is_first = record.n == 1
    require(record.n > 0, Verdict.NOT_ALLOWED, "epochs are numbered from 1")
    require(is_first == (record.action is Action.CREATE), Verdict.NOT_ALLOWED, "created once, and first")
    require(not is_first or roster is not None, Verdict.BAD_ROSTER, "the roster is missing")
    if is_first and roster is not None:
        check_id(Epoch(signed, roster))


def check_kind(record: EpochRecord, kind: KindName | None) -> None:
    """Raise Rejected(wrong_place) unless a conversation is of the kind that is said; None: a new one."""
    is_of_kind = KIND_NAMES[record.kind] == (kind or "group")
    require(is_of_kind, Verdict.WRONG_PLACE, "a conversation of another kind")


def list_invited(before: Epoch | None, record: EpochRecord, roster: Roster) -> list[int]:
    """Return whom the actor brings in: the others of a create, the targets of an add.

    Raises Rejected(not_allowed) for a cause: who asks by a link is let in by a request that is checked here,
    and the server takes none yet.
    """
    if before is None:
        return [member.user for member in roster.members if member.user != record.actor]
    if record.action is not Action.ADD:
        return []
    by_link = [target.user for target in record.targets if target.cause != NO_HASH]
    require(not by_link, Verdict.NOT_ALLOWED, "links are not taken yet")
    return [target.user for target in record.targets]


def make_facts(before: Epoch | None, people: People, leaves: Collection[tuple[int, bytes]]) -> Facts:
    """Return what the table of section 7.4 asks of people; `leaves` are user and hash of leave entries.

    A key at a stated head is of that head's incarnation; a new one can only be that of the newest head.
    """

    def is_linked(user_id: int, _old: bytes, new: bytes) -> bool:
        assert before is not None  # nothing is asked about a first epoch
        standing = people.standings.get(user_id)
        if standing is None or new != standing.state.identity_key:
            return False
        return not people.is_reset_since(user_id, before.members[user_id].chain)

    return Facts(is_linked=is_linked, has_left=lambda user_id, cause: (user_id, cause) in leaves)


def check_actor(epoch: Epoch, people: People) -> bytes:
    """Return the key of the actor's device at the actor's newest head, which the record must state.

    Raises ChainMoved, Rejected(not_allowed, not_listed).
    """
    record = epoch.record
    line = epoch.members.get(record.actor)
    if line is None:
        raise Rejected(Verdict.NOT_ALLOWED, "the actor is not in the roster")
    standing = people.standings.get(record.actor)
    if standing is None or line.chain != standing.state.head:
        raise ChainMoved("The actor's own chain has another head.")
    device = standing.state.devices.get(record.device)
    if device is None:
        raise Rejected(Verdict.NOT_LISTED, "the device is not listed at the stated head")
    return device.sign_key


def check_lines(before: Epoch | None, after: Epoch, people: People) -> None:
    """Check what a roster says of each member, in its order (section 7.5, step 8).

    Raises ChainMoved, ReceiveOutdated, Rejected(not_allowed, fork).
    """
    old = {} if before is None else before.members
    for user_id, line in after.members.items():
        standing = people.standings.get(user_id)
        if standing is None:
            raise ChainMoved("A member has no chain.")
        if line.chain == standing.state.head:
            is_head = line.identity_key == standing.state.identity_key
            require(is_head, Verdict.NOT_ALLOWED, "an identity key that is not the one at the stated head")
        elif not is_same_line(old.get(user_id), line):
            raise ChainMoved("A member's chain has another head.")
        elif line.identity_key != standing.state.identity_key:
            continue  # with another identity since, renewed or new, others may wait for an acceptance (9.2)
        check_receive(line, people.find_receive(user_id))


def is_same_line(before: Member | None, after: Member) -> bool:
    """Tell whether a line says of a person what the one before said; the role follows from the action."""
    if before is None:
        return False
    return (before.identity_key, before.chain, before.receive_version, before.receive_hash) == (
        after.identity_key, after.chain, after.receive_version, after.receive_hash,
    )  # fmt: skip


def check_receive(line: Member, key: ReceiveKey | None) -> None:
    """Raise ReceiveOutdated unless a line names the newest receive key that counts, or none if none does.

    From a version's successor on nothing is sealed to it: its owner forgets its seed then (section 6.2).
    """
    version, digest = (0, NO_HASH) if key is None else (key.version, key.hash)
    if line.receive_version != version:
        raise ReceiveOutdated
    require(line.receive_hash == digest, Verdict.FORK, "another receive statement of this version")


def check_wraps(roster: Roster, wraps: Collection[MemberWrap]) -> None:
    """Raise Rejected(malformed) unless there is one wrap for each member who has a receive version."""
    wanted = [member.user for member in roster.members if member.receive_version]
    is_exact = sorted(wrap.user_id for wrap in wraps) == wanted
    require(is_exact, Verdict.MALFORMED, "wraps for others than the members with a receive key")


def check_history(epoch: Epoch, history: NewHistory | None) -> None:
    """Raise Rejected(malformed) unless a history is there just when the record gives one, for all targets."""
    has_one = epoch.record.history_from > 0
    require(has_one == (history is not None), Verdict.MALFORMED, "a history without its record, or none")
    if history is None:
        return
    members = epoch.members
    wanted = [target.user for target in epoch.record.targets if members[target.user].receive_version]
    is_exact = sorted(wrap.user_id for wrap in history.wraps) == wanted
    require(is_exact, Verdict.MALFORMED, "history for others than the newcomers with a receive key")


def check_first_seq(access: Access, seq: int) -> None:
    """Raise Rejected(not_allowed) for a history that begins before what the actor may read without a gap."""
    may_give = access.stays[-1].joined_seq < seq
    require(may_give, Verdict.NOT_ALLOWED, "a history from before the actor's own stay")
