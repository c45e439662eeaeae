"""The roster of the next epoch: for each member the newest head and receive key that may be stated (7.4)."""

from dataclasses import replace

from hearth.client.crypto.making.acts import Act
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.epoch import NO_HASH, Epoch, Member, Role, Roster
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.people import People
from hearth.sealed.person.pins import Pins
from hearth.sealed.person.user_state import ChainState


def make_roster(before: Epoch | None, act: Act, people: People, pins: Pins) -> Roster:
    """Return who is in the epoch that an act makes.

    Raises Rejected: unproven (a chain is not known), changed_identity (somebody would be brought in whose
    identity waits for acceptance).
    """
    old = {} if before is None else before.members
    lines = []
    for user, role in sorted(act.roles.items()):
        chain = people.chain(user)
        if user in act.brought_in or user not in old:
            lines.append(_state_as_now(chain, role, pins, old.get(user)))
        else:
            lines.append(_state_as_before(chain, role, pins, old[user]))
    return Roster(tuple(lines))


def _state_as_now(chain: Chain, role: Role, pins: Pins, before: Member | None) -> Member:
    """Return a line for who is brought in: as their chain is now, if the person has accepted that."""
    state = _newest(chain)
    is_held = pins.is_held(chain)
    require(not is_held, Verdict.CHANGED_IDENTITY, "an identity that waits for acceptance")
    return _line(chain, state, role, before)


def _state_as_before(chain: Chain, role: Role, pins: Pins, before: Member) -> Member:
    """Return a line for who stays: as they are now, or word for word as before where that must be accepted.

    Who has reset stays as they were until `reidentify`, whose renewed identity has to be compared again under
    the key that was: nothing is sealed to a key that waits, and yet others can be removed meanwhile.
    """
    state, stated = _newest(chain), chain.at(before.chain)
    if state.incarnation != stated.incarnation or pins.is_held(chain):
        return replace(before, role=role)
    return _line(chain, state, role, before)


def _newest(chain: Chain) -> ChainState:
    if chain.state is None:
        raise Rejected(Verdict.UNPROVEN, "a chain that is not known yet")
    return chain.state


def _line(chain: Chain, state: ChainState, role: Role, before: Member | None) -> Member:
    """Return a line at a state, with the newest receive key if it counts.

    If it does not, its owner has forgotten those before it (6.2): none is named, unless the one that was
    named still counts, which only its owner may change (7.4).
    """
    newest = chain.newest_receive(state)
    may_name = newest is not None and (
        newest.body.version == chain.highest_receive_version or _still_counts(chain, state, before)
    )
    if newest is None or not may_name:
        return Member(chain.user, role, state.identity_key, state.head, 0, NO_HASH)
    return Member(chain.user, role, state.identity_key, state.head, newest.body.version, newest.hash)


def _still_counts(chain: Chain, state: ChainState, before: Member | None) -> bool:
    if before is None or before.receive_version == 0:
        return False
    return chain.counts(chain.receive_at(before.receive_version, before.receive_hash), state)
