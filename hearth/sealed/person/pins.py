"""Whom a person has met, and what happens when their identity changes (sections 6.3, 9.1 and 9.2)."""

from dataclasses import dataclass, replace
from enum import StrEnum

from hearth.sealed.core.packed import Head
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.person.keyring import How, PinRow
from hearth.sealed.person.user_state import ChainState

TRUST = {How.COMPARED: 3, How.LINK: 2, How.REQUEST: 1, How.GROUP: 0}


class Change(StrEnum):
    """How an identity differs from the pin. LINKED is sent to unless it was compared; UNLINKED is not."""

    NONE = "none"
    LINKED = "linked"
    UNLINKED = "unlinked"


@dataclass(frozen=True, slots=True)
class Pins:
    """All pins of a person by user. A value: every change gives another one."""

    by_user: dict[int, PinRow]

    def meet(self, user: int, state: ChainState, how: How, by: int, time: int) -> "Pins":
        """Pin a person as first met, or raise the trust in who is pinned already.

        A pin with another identity stays: only `accept` and `compare` replace it.
        """
        pin = self.by_user.get(user)
        if pin is not None:
            is_raised = pin.identity_key == state.identity_key and TRUST[how] > TRUST[pin.how]
            return self._put(user, replace(pin, how=how, by=0, time=time)) if is_raised else self
        return self._put(user, _make_pin(state, how, by if how is How.GROUP else 0, time))

    def find_change(self, user: int, state: ChainState) -> Change:
        """Return how the identity at a chain's highest head differs from the pin; NONE without a pin."""
        pin = self.by_user.get(user)
        if pin is None or pin.identity_key == state.identity_key:
            return Change.NONE
        return Change.LINKED if pin.incarnation == state.incarnation else Change.UNLINKED

    def is_held(self, user: int, state: ChainState) -> bool:
        """Tell whether sealing to a person waits: for acceptance, or for comparing again who was compared."""
        change = self.find_change(user, state)
        compared = user in self.by_user and self.by_user[user].how is How.COMPARED
        return change is Change.UNLINKED or (change is Change.LINKED and compared)

    def follow(self, user: int, state: ChainState, time: int) -> "Pins":
        """Let a pin follow a linked change that holds nothing; anything else stays as it is."""
        if self.find_change(user, state) is not Change.LINKED or self.is_held(user, state):
            return self
        pin = self.by_user[user]
        return self._put(user, _make_pin(state, pin.how, pin.by, time))

    def accept(self, user: int, state: ChainState, time: int) -> "Pins":
        """Take the changed identity because the person says so: nothing vouches for it any more."""
        pin = self.by_user[user]
        how = How.GROUP if pin.how is How.GROUP else How.REQUEST
        return self._put(user, _make_pin(state, how, pin.by, time))

    def compare(self, user: int, state: ChainState, time: int) -> "Pins":
        """Take the identity at the chain's head because safety numbers were compared."""
        return self._put(user, _make_pin(state, How.COMPARED, 0, time))

    def uncompare(self, user: int, time: int) -> "Pins":
        """Take a comparison back: of the same identity, nothing vouches for it any more. Else as it is."""
        pin = self.by_user.get(user)
        if pin is None or pin.how is not How.COMPARED:
            return self
        return self._put(user, replace(pin, how=How.REQUEST, time=time))

    def _put(self, user: int, pin: PinRow) -> "Pins":
        return Pins({**self.by_user, user: pin})


def check_pin(pins: Pins, user: int, state: ChainState) -> None:
    """Raise Rejected(changed_identity) while sealing to a person waits."""
    if pins.is_held(user, state):
        raise Rejected(Verdict.CHANGED_IDENTITY, "the identity is not the one that was accepted")


def _make_pin(state: ChainState, how: How, by: int, time: int) -> PinRow:
    head: Head = state.head
    return PinRow(state.username, state.identity_key, state.incarnation, head.n, head.hash, how, by, time)
