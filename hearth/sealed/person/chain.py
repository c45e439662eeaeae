"""One person's user chain and receive statements as far as a client has verified them (sections 5.2, 6.2)."""

from collections.abc import Iterable
from itertools import pairwise

from hearth.sealed.core.packed import Head
from hearth.sealed.core.statements import Signed
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.person.receive import Receive
from hearth.sealed.person.user_chain import read_user_statement
from hearth.sealed.person.user_state import ChainState, apply_statement


class Chain:
    """The verified statements 1 … n of a person, with the state after each. It only grows."""

    def __init__(self, server: bytes, user: int) -> None:
        self.server = server
        self.user = user
        self.states: list[ChainState] = []
        self.statements: list[bytes] = []
        self.highest_seen = 0
        self._incarnations: dict[bytes, int] = {}
        self._last_listed: dict[tuple[int, bytes], int] = {}
        self._receive: dict[int, Signed[Receive]] = {}

    @property
    def state(self) -> ChainState | None:
        """The state after the highest verified statement."""
        return self.states[-1] if self.states else None

    def take(self, data: bytes) -> ChainState:
        """Verify a statement: the next one, or one that is known already. Returns the state after it.

        Raises Rejected: the verdicts of section 5.1, and fork for a second statement n that verifies.
        """
        n = read_user_statement(data).body.n
        if not 1 <= n <= len(self.states):
            state = apply_statement(self.state, self.server, self.user, data)
            self.statements.append(data)
            return self._append(state)
        before = self.states[n - 2] if n > 1 else None
        state = apply_statement(before, self.server, self.user, data)
        require(state.hash == self.states[n - 1].hash, Verdict.FORK, "a second statement with this n")
        return state

    def finish(self, statements: Iterable[bytes]) -> ChainState:
        """Take everything that the server says the chain is, up to its end.

        Raises Rejected: as take, and rollback when it ends below what was seen anywhere.
        """
        for data in statements:
            self.take(data)
        state = self.state
        is_whole = state is not None and state.n >= self.highest_seen
        require(is_whole, Verdict.ROLLBACK, "the chain ends below what was seen of it")
        assert state is not None
        return state

    def see(self, head: Head) -> None:
        """Remember a head that somebody stated. Raises Rejected(fork): the chain has another hash there."""
        self.highest_seen = max(self.highest_seen, head.n)
        if 1 <= head.n <= len(self.states):
            self.at(head)

    def at(self, head: Head) -> ChainState:
        """Return the state after a stated head. Raises Rejected: unproven (not fetched yet), fork."""
        require(head.n <= len(self.states), Verdict.UNPROVEN, "a head that is not known yet")
        fits = head.n >= 1 and self.states[head.n - 1].hash == head.hash
        require(fits, Verdict.FORK, "another statement at this head")
        return self.states[head.n - 1]

    def has(self, head: Head) -> bool:
        """Tell whether a head is known and stands on the chain."""
        return 1 <= head.n <= len(self.states) and self.states[head.n - 1].hash == head.hash

    def is_linked(self, before: bytes, after: bytes) -> bool:
        """Tell whether two identity keys are of one incarnation; Rejected(unproven) for unknown ones."""
        known = before in self._incarnations and after in self._incarnations
        require(known, Verdict.UNPROVEN, "an identity key that is not known yet")
        return self._incarnations[before] == self._incarnations[after]

    def incarnation_of(self, identity_key: bytes) -> int | None:
        """Return the incarnation of an identity key, None for a key that was never one here."""
        return self._incarnations.get(identity_key)

    def is_listed_from(self, head: Head, device: bytes) -> bool:
        """Tell whether a device is listed at a head or at a later one of the same incarnation."""
        last = self._last_listed.get((self.at(head).incarnation, device), 0)
        return last >= head.n

    def has_lost_device(self, head: Head) -> bool:
        """Tell whether a device listed at a head, or at a later one of its incarnation, is not listed now.

        It had what was made at that head, if not from then on then from one's other devices.
        """
        assert self.state is not None
        incarnation, now = self.at(head).incarnation, self.state.devices
        later = (key for key, last in self._last_listed.items() if last >= head.n)
        return any(of == incarnation and device not in now for of, device in later)

    def has_bare_removal(self, head: Head) -> bool:
        """Tell whether a `devices` statement above a head takes devices off the list and adds none.

        One generation is made in its request (10.4, 10.5): where none states it, a restore has lost that.
        """
        return any(
            after.incarnation == before.incarnation
            and after.devices.keys() < before.devices.keys()
            and after.retired.isdisjoint(before.devices)
            for before, after in pairwise(self.states[max(0, head.n - 1) :])
        )

    def device_key(self, device: bytes) -> bytes:
        """Return the Ed25519 key of a device that is or was listed: it never changes."""
        assert self.state is not None
        return self.state.device_keys[device]

    def _append(self, state: ChainState) -> ChainState:
        self.states.append(state)
        self.highest_seen = max(self.highest_seen, state.n)
        self._incarnations[state.identity_key] = state.incarnation
        for device in state.devices:
            self._last_listed[state.incarnation, device] = state.n
        return state

    def take_receive(self, data: bytes) -> Signed[Receive]:
        """Verify a receive statement (section 6.2), old or new.

        Raises Rejected: malformed, unsupported, wrong_place, unproven, fork, not_listed, bad_signature.
        """
        signed = Receive.open(data)
        statement = signed.body
        is_here = statement.server == self.server and statement.user == self.user
        require(is_here, Verdict.WRONG_PLACE, "a receive statement of somebody else")
        device = self.at(statement.chain).devices.get(statement.device)
        if device is None:
            raise Rejected(Verdict.NOT_LISTED, "the signer was no device at the stated head")
        signed.verify(device.sign_key)
        known = self._receive.setdefault(statement.version, signed)
        require(known.hash == signed.hash, Verdict.FORK, "a second receive statement of this version")
        return signed

    def take_newest_receive(self, data: bytes) -> Signed[Receive]:
        """Verify what the server says is the newest receive statement: also rollback below a known one."""
        signed = self.take_receive(data)
        is_newest = signed.body.version >= self.highest_receive_version
        require(is_newest, Verdict.ROLLBACK, "an older receive statement than is known")
        return signed

    def receive_at(self, version: int, statement_hash: bytes) -> Receive:
        """Return a statement that a roster names. Raises Rejected: unproven (not fetched yet), fork."""
        signed = self._receive.get(version)
        if signed is None:
            raise Rejected(Verdict.UNPROVEN, "a receive statement that is not known yet")
        require(signed.hash == statement_hash, Verdict.FORK, "another receive statement of this version")
        return signed.body

    @property
    def receive_statements(self) -> tuple[Signed[Receive], ...]:
        """All verified receive statements."""
        return tuple(self._receive.values())

    @property
    def highest_receive_version(self) -> int:
        """The highest verified receive version, 0 without one."""
        return max(self._receive, default=0)

    def newest_receive(self, state: ChainState) -> Signed[Receive] | None:
        """Return the highest known receive statement that counts at a state."""
        for version in sorted(self._receive, reverse=True):
            if self.counts(self._receive[version].body, state):
                return self._receive[version]
        return None

    def counts(self, statement: Receive, state: ChainState) -> bool:
        """Tell whether a verified receive statement counts at a chain head (section 6.2)."""
        stated = self.at(statement.chain)
        is_present = statement.device in state.devices or statement.device in state.retired
        return stated.n <= state.n and stated.incarnation == state.incarnation and is_present
