"""Whom a person has met, and what happens when their identity changes (sections 6.3, 9.1 and 9.2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from hearth.sealed.core.packed import Head
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.keyring import MOST_TAKEN_BACK, How, PinRow, list_since_compared, says_two_things
from hearth.sealed.person.user_state import ChainState

TRUST = {How.COMPARED: 3, How.LINK: 2, How.REQUEST: 1, How.GROUP: 0}


class Change(StrEnum):
    """How an identity differs from the pin. LINKED is sent to unless it was compared; UNLINKED is not, nor
    EARLIER: the chain does not have the key of the pin at all.
    """

    NONE = "none"
    LINKED = "linked"
    UNLINKED = "unlinked"
    EARLIER = "earlier"


@dataclass(frozen=True, slots=True)
class Pins:
    """The pins that count, by user. A value: every change gives another one.

    `known` are all that are known of somebody, taken back or not, in their order. `was_told`: the server has
    told this device of a restore, so pins bind by their identity keys; else by their heads, too.
    """

    by_user: Mapping[int, PinRow]
    known: Mapping[int, Sequence[PinRow]] = field(default_factory=dict)
    was_told: bool = False

    def meet(self, chain: Chain, how: How, by: int, time: int) -> "Pins":
        """Pin a person as first met, or raise the trust in who is pinned already.

        A pin with another identity stays: only `accept` and `compare` replace it.
        """
        pin, state = self.by_user.get(chain.user), _state(chain)
        if pin is not None:
            is_raised = pin.identity_key == state.identity_key and TRUST[how] > TRUST[pin.how]
            return self._put(chain.user, replace(pin, how=how, by=0, time=time)) if is_raised else self
        return self._put(chain.user, _make_pin(state, how, by if how is How.GROUP else 0, time))

    def find_change(self, chain: Chain) -> Change:
        """Return how the identity at a chain's highest head differs from the pin; NONE without a pin."""
        pin, state = self.by_user.get(chain.user), _state(chain)
        if pin is None or pin.identity_key == state.identity_key:
            return Change.NONE
        incarnation = chain.incarnation_of(pin.identity_key)
        if incarnation is None:
            return Change.EARLIER
        return Change.LINKED if incarnation == state.incarnation else Change.UNLINKED

    def find_break(self, chain: Chain) -> Verdict | None:
        """Return how a chain breaks the head of its pin, for who was told of no restore: rollback or fork."""
        pin = self.by_user.get(chain.user)
        if pin is None or self.was_told:
            return None
        if pin.n > len(chain.states):
            return Verdict.ROLLBACK
        return None if _fits(chain, pin) else Verdict.FORK

    def is_held(self, chain: Chain) -> bool:
        """Tell whether sealing to a person waits: for acceptance, or for comparing again who was compared."""
        if self.find_break(chain) is not None:
            return True
        change = self.find_change(chain)
        if change is Change.LINKED:
            return self.by_user[chain.user].how is How.COMPARED
        return change is not Change.NONE

    def follow(self, chain: Chain, time: int) -> "Pins":
        """Let a pin follow a linked change that holds nothing; anything else stays as it is."""
        if self.find_change(chain) is not Change.LINKED or self.is_held(chain):
            return self
        return self._move(chain, time)

    def return_to(self, chain: Chain, time: int) -> "Pins":
        """Let the pin of an unchanged identity go where the chain is whose head a restore has lost, as it is.

        Only once nothing of the chain is waited for; without a restore it stays.
        """
        pin = self.by_user.get(chain.user)
        if pin is None or not self.was_told or self.find_change(chain) is not Change.NONE:
            return self
        return self if chain.has(Head(pin.n, pin.hash)) else self._move(chain, time)

    def accept(self, chain: Chain, time: int) -> "Pins":
        """Take the changed identity because the person says so: nothing vouches for it any more.

        Raises Rejected (rollback, fork) where the chain breaks the pin's head: nothing is decided then.
        """
        self._require_unbroken(chain)
        pin = self.by_user[chain.user]
        how = How.GROUP if pin.how is How.GROUP else How.REQUEST

        def is_known(key: bytes) -> bool:
            return key == pin.identity_key or chain.incarnation_of(key) is not None

        also = [one for one in self._list_lost(chain) if is_known(one.identity_key)]
        return self._put(chain.user, _make_pin(_state(chain), how, pin.by, time), also)

    def compare(self, chain: Chain, time: int) -> "Pins":
        """Take the identity at the chain's head because safety numbers were compared. Raises as `accept`."""
        self._require_unbroken(chain)
        pin = _make_pin(_state(chain), How.COMPARED, 0, time)
        return self._put(chain.user, pin, self._list_lost(chain))

    def uncompare(self, user: int, time: int) -> "Pins":
        """Take a comparison back: of the same identity, nothing vouches for it any more. Else as it is."""
        pin = self.by_user.get(user)
        if pin is None or pin.how is not How.COMPARED:
            return self
        return self._put(user, replace(pin, how=How.REQUEST, time=time))

    def has_taken_earlier(self, chain: Chain) -> bool:
        """Tell whether a pin that counts takes one back whose identity key the chain does not have."""
        pin = self.by_user.get(chain.user)
        if pin is None or not pin.takes_back:
            return False
        gone = [one for one in self._list_known(chain.user) if chain.incarnation_of(one.identity_key) is None]
        return any(one.hash_of(chain.user) in pin.takes_back for one in gone)

    def _require_unbroken(self, chain: Chain) -> None:
        verdict = self.find_break(chain)
        if verdict is not None:
            raise Rejected(verdict, "the chain is not the one that a pin names")

    def _move(self, chain: Chain, time: int) -> "Pins":
        """Put the pin at the chain's head by itself; where that is no higher it takes the one before back."""
        before, state = self.by_user[chain.user], _state(chain)
        is_taken = self.was_told and state.n <= before.n
        pin = _make_pin(state, before.how, before.by, time)
        return self._put(chain.user, pin, [before] if is_taken else [])

    def _list_lost(self, chain: Chain) -> list[PinRow]:
        """Return the known pins that a decision is about: they would win over it, or may, by where they
        stand.
        """
        n = _state(chain).n
        known = self._list_known(chain.user) if self.was_told else []
        return [one for one in known if one.n == n or not chain.has(Head(one.n, one.hash))]

    def _list_known(self, user: int) -> list[PinRow]:
        pin, known = self.by_user.get(user), list(self.known.get(user, ()))
        return known if pin is None or pin in known else [*known, pin]

    def _put(self, user: int, pin: PinRow, also: Iterable[PinRow] = ()) -> "Pins":
        """Let a pin count. It takes back what the one before it took back, and others besides."""
        before, known = self.by_user.get(user), self._list_known(user)
        wanted = {one.hash_of(user) for one in also} | set(() if before is None else before.takes_back)
        pin = replace(pin, takes_back=_choose(wanted, [(one.n, one.hash_of(user)) for one in known]))
        return replace(self, by_user={**self.by_user, user: pin}, known={**self.known, user: (*known, pin)})


def check_pin(pins: Pins, chain: Chain) -> None:
    """Raise Rejected while nothing is sealed to a person: changed_identity while that waits for who decides;
    rollback or fork, of which nothing is to be decided.
    """
    verdict = pins.find_break(chain)
    if verdict is not None or pins.is_held(chain):
        found = verdict or Verdict.CHANGED_IDENTITY
        raise Rejected(found, "the identity is not the one that was accepted")


def has_conflict(pins: Sequence[PinRow], counting: PinRow, chain: Chain, *, was_told: bool) -> bool:
    """Tell whether one's own devices were shown different things of somebody, since one compared last (6.3).

    `pins` are those that nothing takes back, in their order. After a restore other heads may be what was
    lost: only a key that is neither on the chain nor that of the pin that counts is another thing then.
    """
    since = list_since_compared(pins)
    if was_told:
        known = {counting.identity_key}
        return any(
            one.identity_key not in known and chain.incarnation_of(one.identity_key) is None for one in since
        )
    other = [one for one in since if one.n <= len(chain.states) and not _fits(chain, one)]
    return bool(other) or says_two_things(since)


def _fits(chain: Chain, pin: PinRow) -> bool:
    is_there = chain.has(Head(pin.n, pin.hash))
    return is_there and chain.states[pin.n - 1].identity_key == pin.identity_key


def _choose(wanted: set[bytes], known: Sequence[tuple[int, bytes]]) -> tuple[bytes, ...]:
    """Return the hashes that there is room for, sorted: of those known by n (in their order) the highest,
    then the later ones; then the others, the lower first.
    """
    places = {one: (n, at) for at, (n, one) in enumerate(known) if one in wanted}
    ranked = [*sorted(places, key=lambda one: places[one], reverse=True), *sorted(wanted - places.keys())]
    return tuple(sorted(ranked[:MOST_TAKEN_BACK]))


def _state(chain: Chain) -> ChainState:
    if chain.state is None:
        raise Rejected(Verdict.UNPROVEN, "a chain that is not known yet")
    return chain.state


def _make_pin(state: ChainState, how: How, by: int, time: int) -> PinRow:
    head: Head = state.head
    return PinRow(state.username, state.identity_key, state.incarnation, head.n, head.hash, how, by, time)
