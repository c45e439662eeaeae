"""Whether a client may seal under an epoch, or first has to make the next one, and why (section 7.6)."""

from dataclasses import dataclass
from enum import StrEnum

from hearth.sealed.group.epoch import Epoch, Member
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.people import People
from hearth.sealed.person.pins import Pins
from hearth.sealed.person.user_state import ChainState

HOUR = 3600 * 1000
DAY = 24 * HOUR
OLDEST = 7 * DAY
MOST_ENTRIES = 1000
RECEIVE_LAG = DAY


class Reason(StrEnum):
    """Why the next epoch is due; LEFT and REMOVED (in what a restored server has lost) ask for `remove`, all
    others for `rotate`.
    """

    LEFT = "left"
    REMOVED = "removed"
    DEVICE_REMOVED = "device_removed"
    IDENTITY_RENEWED = "identity_renewed"
    RECEIVE_KEY_OLD = "receive_key_old"
    OLD = "old"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Age:
    """By the server's clock, in ms: now, and when the epoch was stored; and how many entries follow it."""

    now: int
    stored_at: int
    entries: int


def find_reasons(epoch: Epoch, people: People, age: Age, left: frozenset[int]) -> frozenset[Reason]:
    """Return every reason to make the next epoch before anything is sealed under this one.

    `left` are members whose leave entry counts in this epoch. An unlinked identity is no reason: it holds
    sealing (find_held).
    """
    reasons = {Reason.LEFT} if left & epoch.members.keys() else set()
    for user, member in epoch.members.items():
        reasons |= _find_member_reasons(people, user, member)
    timer = epoch.record.settings.timer * 1000
    oldest = min(max(timer // 4, HOUR), DAY) if timer else OLDEST
    if age.now - age.stored_at >= oldest:
        reasons.add(Reason.OLD)
    if age.entries >= MOST_ENTRIES:
        reasons.add(Reason.LONG)
    return frozenset(reasons)


def _find_member_reasons(people: People, user: int, member: Member) -> set[Reason]:
    chain = people.chain(user)
    stated, state = chain.at(member.chain), chain.state
    assert state is not None
    if stated.incarnation != state.incarnation:
        return set()
    reasons = set()
    if chain.has_lost_device(member.chain):
        reasons.add(Reason.DEVICE_REMOVED)
    if stated.identity_key != state.identity_key:
        reasons.add(Reason.IDENTITY_RENEWED)
    if _is_receive_key_old(chain, member):
        reasons.add(Reason.RECEIVE_KEY_OLD)
    return reasons


def _is_receive_key_old(chain: Chain, member: Member) -> bool:
    """Tell whether a newer key counts that was stated more than a day later, or any where there was none."""
    assert chain.state is not None
    newest = chain.newest_receive(chain.state)
    if newest is None or newest.body.version <= member.receive_version:
        return False
    if member.receive_version == 0:
        return True
    stated = chain.receive_at(member.receive_version, member.receive_hash)
    return newest.body.time - stated.time > RECEIVE_LAG


def find_held(epoch: Epoch, people: People, pins: Pins) -> frozenset[int]:
    """Return the members to whom nothing may be sealed until the person accepts or compares (9.2).

    A member's identity is held when that of the chain's highest head is, or when the roster's is of another
    incarnation than it: then only `reidentify` lets them in again.
    """
    return frozenset(
        user for user, member in epoch.members.items() if _is_held(people.chain(user), pins, member)
    )


def _is_held(chain: Chain, pins: Pins, member: Member) -> bool:
    state = chain.state
    assert state is not None
    return pins.is_held(chain) or needs_reidentify(chain.at(member.chain), state)


def needs_reidentify(stated: ChainState, state: ChainState) -> bool:
    """Tell whether a member has reset since the roster's head."""
    return stated.incarnation != state.incarnation
