"""The own chain of generations as a device verifies it, and when the newest one is current (section 6.1)."""

from dataclasses import dataclass
from enum import StrEnum

from hearth.sealed.core.statements import Signed
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.generations import Generation, check_generation_key, open_predecessor
from hearth.sealed.person.user_state import ChainState

NO_HASH = bytes(32)
OLDEST = 30 * 24 * 3600 * 1000  # ms


class Stale(StrEnum):
    """Why the next generation is due before anything is written under this one."""

    RESET = "reset"
    SIGNER_LEFT = "signer_left"
    DEVICE_LEFT = "device_left"
    NEW_VAULT = "new_vault"
    OLD = "old"


@dataclass(frozen=True, slots=True)
class OwnGeneration:
    """A verified generation with its key and the user chain's state at the head that it states."""

    signed: Signed[Generation]
    key: bytes
    stated: ChainState

    @property
    def statement(self) -> Generation:
        return self.signed.body


class OwnChain:
    """Verified generations of one's own in the newest incarnation, from an anchor on, in both directions."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.generations: dict[int, OwnGeneration] = {}

    @property
    def newest(self) -> OwnGeneration | None:
        return self.generations[max(self.generations)] if self.generations else None

    def anchor(self, data: bytes, statement_hash: bytes, key: bytes) -> OwnGeneration:
        """Begin at a generation that the vault (or one's own storage) names. Raises Rejected: as take."""
        signed = Generation.open(data)
        self._check_place(signed.body)
        require(signed.hash == statement_hash, Verdict.FORK, "not the generation that the vault names")
        return self._keep(self._verify(signed, None, key))

    def take(self, data: bytes, key: bytes) -> OwnGeneration:
        """Verify the next generation; `key` is what its wrap for this device gave.

        Raises Rejected: malformed, unsupported, wrong_place, wrong_link, unproven, fork, rollback,
        not_listed, bad_signature, bad_commitment. A known g with another hash that passes all else is a fork.
        """
        signed = Generation.open(data)
        statement = signed.body
        self._check_place(statement)
        known = self.generations.get(statement.g)
        if known is not None and known.signed.hash == signed.hash:
            return known
        begins_anew = self._begins_anew(statement)
        before = None if begins_anew else self._find_before(statement, known)
        verified = self._verify(signed, before, key)
        require(begins_anew or known is None, Verdict.FORK, "a second generation with this g")
        if begins_anew:
            self.generations.clear()
        return self._keep(verified)

    def take_before(self, data: bytes, box: bytes) -> OwnGeneration:
        """Walk one back from the oldest known generation, which names it and whose key opens its key.

        Raises Rejected: malformed, unsupported, wrong_link, unproven, fork, cannot_open, bad_commitment.
        """
        oldest = self.generations[min(self.generations)]
        signed = Generation.open(data)
        is_named = signed.hash == oldest.statement.previous and signed.body.g == oldest.statement.g - 1
        require(is_named, Verdict.WRONG_LINK, "not the generation before")
        key = open_predecessor(oldest.key, oldest.statement, signed.body, box)
        return self._keep(OwnGeneration(signed, key, self.chain.at(signed.body.chain)))

    def find_stale(self, now: int) -> Stale | None:
        """Return why the newest generation is not current at `now` (ms), None while it is."""
        newest, state = self.newest, self.chain.state
        assert newest is not None and state is not None
        stated = newest.stated
        if stated.incarnation != state.incarnation:
            return Stale.RESET
        if newest.statement.device not in state.devices:
            return Stale.SIGNER_LEFT
        if self.chain.has_lost_device(newest.statement.chain):
            return Stale.DEVICE_LEFT
        if stated.vault != state.vault:
            return Stale.NEW_VAULT
        return Stale.OLD if now - newest.statement.time > OLDEST else None

    def is_left_behind(self) -> bool:
        """Tell whether a restore has lost the generation that followed the newest when devices were removed.

        Whoever was removed has its key still, and may write under it what nobody said (6.3).
        """
        assert self.newest is not None
        return self.chain.has_bare_removal(self.newest.statement.chain)

    def is_by_listed(self) -> bool:
        """Tell whether the newest generation, and so its set, is signed by a device that is listed now."""
        assert self.newest is not None and self.chain.state is not None
        return self.newest.statement.device in self.chain.state.devices

    def _check_place(self, statement: Generation) -> None:
        is_here = statement.server == self.chain.server and statement.user == self.chain.user
        require(is_here, Verdict.WRONG_PLACE, "a generation of somebody else")

    def _begins_anew(self, statement: Generation) -> bool:
        """Tell whether a generation 1 begins the chain of a newer incarnation."""
        newest = self.newest
        if newest is None or statement.g != 1 or statement.previous != NO_HASH:
            return False
        return self.chain.at(statement.chain).incarnation > newest.stated.incarnation

    def _find_before(self, statement: Generation, known: OwnGeneration | None) -> OwnGeneration | None:
        """Return what a generation follows. Raises Rejected(wrong_link) when it follows something else."""
        before = self.newest if known is None else self.generations.get(statement.g - 1)
        if before is not None:
            fits = statement.g == before.statement.g + 1 and statement.previous == before.signed.hash
        else:  # the first of all, or another one in place of the anchor, whose predecessor is not known
            fits = known is not None or (statement.g == 1 and statement.previous == NO_HASH)
        require(fits, Verdict.WRONG_LINK, "not the next generation")
        return before

    def _verify(self, signed: Signed[Generation], before: OwnGeneration | None, key: bytes) -> OwnGeneration:
        statement = signed.body
        stated = self.chain.at(statement.chain)
        if before is not None:
            require(stated.n >= before.stated.n, Verdict.ROLLBACK, "a head below the one stated before")
            is_same = stated.incarnation == before.stated.incarnation
            require(is_same, Verdict.WRONG_LINK, "the own chain begins again after a reset")
        device = stated.devices.get(statement.device)
        if device is None:
            raise Rejected(Verdict.NOT_LISTED, "the signer was no device at the stated head")
        signed.verify(device.sign_key)
        check_generation_key(statement, key)
        return OwnGeneration(signed, key, stated)

    def _keep(self, generation: OwnGeneration) -> OwnGeneration:
        self.generations[generation.statement.g] = generation
        return generation
