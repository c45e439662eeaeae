"""The epochs of one conversation as a client accepts them: every check of section 7.5 in order."""

from collections.abc import Callable
from dataclasses import dataclass

from hearth.sealed.core.statements import SIGNATURE
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.check import Where, check_group_id, check_id, check_record, read_epoch
from hearth.sealed.group.epoch import Epoch, EpochRecord, Member, Roster
from hearth.sealed.group.seeds import SeedPlace, check_seed, epoch_key
from hearth.sealed.group.steps import Facts
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.people import People


@dataclass(slots=True)
class Known:
    """An accepted epoch, the seq of its log entry once that is known, and K once a seed opened."""

    epoch: Epoch
    entry_seq: int | None = None
    key: bytes | None = None


class Epochs:
    """A chain of accepted records without gaps, from an anchor on, growing in both directions.

    `find_leave(n, user)` returns the SHA-256 of the user's leave entry that counts in epoch n (8.6), if any;
    `has_log(n, below)` tells whether every entry from that of epoch n up to `below` is known.
    """

    def __init__(
        self,
        where: Where,
        people: People,
        find_leave: Callable[[int, int], bytes | None],
        has_log: Callable[[int, int], bool] = lambda _n, _below: True,
    ) -> None:
        self.where = where
        self.people = people
        self.known: dict[int, Known] = {}
        self._find_leave = find_leave
        self._has_log = has_log

    @property
    def newest(self) -> Epoch | None:
        return self.known[max(self.known)].epoch if self.known else None

    @property
    def oldest(self) -> Epoch:
        return self.known[min(self.known)].epoch

    def take(self, data: bytes, roster: bytes | None, at: int | None = None) -> Epoch:
        """Check and keep the next epoch. Raises Rejected: as check."""
        epoch = self.check(data, roster, at)
        return self.known.setdefault(epoch.record.n, Known(epoch)).epoch

    def check(self, data: bytes, roster: bytes | None, at: int | None = None) -> Epoch:
        """Return the next epoch, or one that is known, after steps 1 to 9; nothing is kept.

        `at` is the seq where the server says that its entry stands: who is said to have left may have done so
        in an entry below it that is not known yet. None: what is known of the log is all that there is.

        Raises Rejected: malformed, unsupported, wrong_place, wrong_link, bad_roster, not_allowed, not_listed,
        unproven, bad_signature, fork (another record n that passes), rollback (below everything known).
        """
        record = EpochRecord.open(data).body
        self._check_place(record)
        n, before = record.n, self.newest
        if before is not None and n <= before.record.n:
            require(n >= self.oldest.record.n, Verdict.ROLLBACK, "an epoch below those that are known")
            if self.known[n].epoch.signed.unsigned == data[:-SIGNATURE]:
                return self.known[n].epoch
            before = self.known[n - 1].epoch if n - 1 in self.known else None
        epoch = self._check_step(before, n, data, roster, at)
        self._check_people(before, epoch)
        require(n not in self.known, Verdict.FORK, "a second record of this epoch")
        return epoch

    def _check_step(
        self, before: Epoch | None, n: int, data: bytes, roster: bytes | None, at: int | None
    ) -> Epoch:
        if before is None and n in self.known and n > 1:  # another record in place of the anchor
            require(roster is not None, Verdict.BAD_ROSTER, "the roster is missing")
            assert roster is not None
            return read_epoch(data, roster)
        return check_record(before, data, roster, self.where, self._facts_after(before, roster, at))

    def anchor(self, data: bytes, roster: bytes, record_hash: bytes) -> Epoch:
        """Begin at the epoch that a `head` row of one's own keyring names.

        Raises Rejected: malformed, unsupported, wrong_place, fork (not the record of the row), bad_roster.
        """
        epoch = read_epoch(data, roster)
        self._check_place(epoch.record)
        check_id(epoch)
        check_group_id(epoch, self.where.own_user)
        require(epoch.hash == record_hash, Verdict.FORK, "not the epoch that the keyring names")
        self.known[epoch.record.n] = Known(epoch)
        return epoch

    def join(
        self, before: tuple[bytes, bytes] | None, data: bytes, roster: bytes | None, at: int | None = None
    ) -> Epoch:
        """Begin at the epoch n that adds or reidentifies oneself, with record and roster n − 1 of the server.

        Raises Rejected: as take.
        """
        earlier = None if before is None else read_epoch(*before)
        if earlier is not None:
            self._check_place(earlier.record)
        epoch = check_record(earlier, data, roster, self.where, self._facts_after(earlier, roster, at))
        self._check_people(earlier, epoch)
        touched = {target.user for target in epoch.record.targets}
        concerns = earlier is None or self.where.own_user in touched
        require(concerns, Verdict.NOT_ALLOWED, "an epoch that does not bring oneself in")
        self.known[epoch.record.n] = Known(epoch)
        return epoch

    def take_before(self, data: bytes, roster: bytes) -> Epoch:
        """Walk one back: a record is vouched for by the one after it, which names its hash.

        Raises Rejected: malformed, unsupported, wrong_place, wrong_link, bad_roster.
        """
        epoch = read_epoch(data, roster)
        self._check_place(epoch.record)
        check_id(epoch)
        check_group_id(epoch, self.where.own_user)
        oldest = self.oldest.record
        is_named = epoch.record.n == oldest.n - 1 and epoch.hash == oldest.previous
        require(is_named, Verdict.WRONG_LINK, "not the epoch before")
        self.known[epoch.record.n] = Known(epoch)
        return epoch

    def take_seed(self, n: int, seed: bytes) -> bytes:
        """Return and keep K of an accepted epoch. Raises Rejected(bad_commitment)."""
        known = self.known[n]
        record = known.epoch.record
        place = SeedPlace(record.conversation, n, known.epoch.hash, record.commitment)
        known.key = epoch_key(check_seed(place, seed), known.epoch.hash)
        return known.key

    def entry_seq(self, n: int) -> int | None:
        """Return where the entry of an epoch stands in the log, None while that or the epoch is not known."""
        return self.known[n].entry_seq if n in self.known else None

    def list_between(self, n: int, below: int) -> list[Epoch]:
        """Return the known epochs after n whose entries stand below a seq."""
        return [
            known.epoch
            for later, known in self.known.items()
            if later > n and known.entry_seq is not None and known.entry_seq < below
        ]

    def _facts_after(self, before: Epoch | None, roster: bytes | None, at: int | None) -> Facts:
        def is_linked(user: int, old: bytes, new: bytes) -> bool:
            """A key that stands nowhere up to the stated head is linked to none."""
            assert before is not None  # nothing is asked about a first epoch
            members = before.members if roster is None else Roster.unpack(roster).by_user()
            chain = self.people.chain(user)
            is_fetched = members[user].chain.n <= len(chain.states)
            require(is_fetched, Verdict.UNPROVEN, "a head that is not known yet")
            known = chain.incarnation_of(old)
            return known is not None and known == chain.incarnation_of(new)

        def has_left(user: int, cause: bytes) -> bool:
            assert before is not None
            n = before.record.n
            found = self._find_leave(n, user) == cause
            is_told = found or at is None or self._has_log(n, at)
            require(is_told, Verdict.UNPROVEN, "a leave entry that is not known yet")
            return found

        return Facts(is_linked, has_left)

    def _check_place(self, record: EpochRecord) -> None:
        is_here = record.server == self.where.server and record.conversation == self.where.conversation
        require(is_here, Verdict.WRONG_PLACE, "a record of another conversation")

    def _check_people(self, before: Epoch | None, epoch: Epoch) -> None:
        """Steps 7 to 9: the actor's device, every member's head and receive key, the signature."""
        record, members = epoch.record, epoch.members
        require(record.actor in members, Verdict.NOT_ALLOWED, "the actor is no member")
        actor = self.people.chain(record.actor)
        device = actor.at(members[record.actor].chain).devices.get(record.device)
        if device is None:
            raise Rejected(Verdict.NOT_LISTED, "the device is not listed at the head that is stated for it")
        old = {} if before is None else before.members
        for user, member in members.items():
            check_member(self.people.chain(user), old.get(user), member)
        epoch.signed.verify(device.sign_key)


def check_member(chain: Chain, before: Member | None, member: Member) -> None:
    """Check a roster line by its person's chain (step 8).

    Raises Rejected: unproven, fork, not_allowed.
    """
    state = chain.at(member.chain)
    is_head = state.identity_key == member.identity_key
    require(is_head, Verdict.NOT_ALLOWED, "an identity key that is not the one at the stated head")
    if member.receive_version:
        statement = chain.receive_at(member.receive_version, member.receive_hash)
        require(chain.counts(statement, state), Verdict.NOT_ALLOWED, "a receive key that does not count")
    elif before is not None and before.receive_version:
        statement = chain.receive_at(before.receive_version, before.receive_hash)
        still_counts = chain.counts(statement, state)
        require(not still_counts, Verdict.NOT_ALLOWED, "a receive key that counts is left out")
