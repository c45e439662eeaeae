"""One conversation on a device that runs: its epochs, its log as it is read, what stands against sealing."""

from dataclasses import dataclass, field

from hearth.client.crypto.log.follow import Follower
from hearth.client.crypto.log.marks import Marks
from hearth.client.keys.kept import KeptRequest
from hearth.sealed.core.verdicts import Verdict
from hearth.sealed.group.check import Where
from hearth.sealed.group.epochs import Epochs
from hearth.sealed.group.sealing import Sealing
from hearth.sealed.person.people import People


@dataclass(frozen=True, slots=True)
class Told:
    """Where the server says that an epoch's entry stands, and when it was stored (ms)."""

    seq: int
    time: int


@dataclass(frozen=True, slots=True)
class Word:
    """Which epoch of a group somebody named elsewhere, by the first 16 bytes of its hash; `seq` is where."""

    n: int
    hash: bytes
    seq: int


@dataclass(slots=True)
class Asked:
    """When a seed was last asked for, how often, and the next time (seconds of the loop's clock)."""

    times: int = 0
    next_at: float = 0.0


@dataclass(slots=True)
class Live:
    """`seeds` by epoch, `in_keyring` those that are kept there, `head_row` the newest epoch that it names.

    `marks` holds leave entries that were looked for; `scanned` says up to which entry, by epoch.
    `words` are the last of each person, by where they said it.
    """

    where: Where
    people: People
    generations: frozenset[bytes]
    epochs: Epochs = field(init=False)
    marks: Marks = field(init=False)
    follower: Follower | None = None
    sealing: Sealing = field(default_factory=Sealing)
    told: dict[int, Told] = field(default_factory=dict)
    seeds: dict[int, bytes] = field(default_factory=dict)
    in_keyring: set[int] = field(default_factory=set)
    head_row: int = 0
    has_head_row: bool = False
    scanned: dict[int, int] = field(default_factory=dict)
    asked: dict[int, Asked] = field(default_factory=dict)
    words: dict[tuple[int, str], Word] = field(default_factory=dict)
    pending: KeptRequest | None = None
    is_fetched: bool = False

    def __post_init__(self) -> None:
        self.epochs = Epochs(self.where, self.people, self.find_leave, self.has_log)
        self.marks = Marks(self.epochs, self.generations)

    @property
    def key(self) -> str:
        """The conversation's id as the server writes it."""
        return self.where.conversation.hex()

    @property
    def newest_n(self) -> int:
        newest = self.epochs.newest
        return 0 if newest is None else newest.record.n

    @property
    def stopped(self) -> Verdict | None:
        """What the server has shown that cannot be, if it has."""
        return self.sealing.stopped

    def differs(self, user: int, word: Word) -> bool:
        """Tell whether somebody names another epoch than is known, of those that they can know: who is no
        member there any more knows, and may claim, anything.
        """
        newest, known = self.epochs.newest, self.epochs.known.get(word.n)
        if newest is None or user not in newest.members:
            return False
        if known is None:
            return word.n > newest.record.n
        return user in known.epoch.members and known.epoch.hash[:16] != word.hash

    def list_claims(self) -> frozenset[int]:
        """Return the members who have said last that it stands otherwise than is known here (8.4)."""
        return frozenset(user for (user, _), word in self.words.items() if self.differs(user, word))

    def find_leave(self, n: int, user: int) -> bytes | None:
        """Return the SHA-256 of a leave entry that counts in epoch n."""
        if self.follower is not None and (n, user) in self.follower.marks.leaves:
            return self.follower.marks.leaves[n, user]
        return self.marks.leaves.get((n, user))

    def has_log(self, n: int, below: int) -> bool:
        """Tell whether every entry from that of epoch n up to `below` was looked at."""
        entry, follower = self.epochs.entry_seq(n), self.follower
        if entry is None:
            return False
        if self.scanned.get(n, 0) >= below - 1:
            return True
        return (
            follower is not None
            and follower.begin is not None
            and follower.begin <= entry
            and follower.log.last >= below - 1
        )

    def list_left(self) -> frozenset[int]:
        """Return who has left in the newest epoch."""
        leaves = dict(self.marks.leaves)
        if self.follower is not None:
            leaves |= self.follower.marks.leaves
        return frozenset(user for n, user in leaves if n == self.newest_n)

    def members(self) -> frozenset[int]:
        newest = self.epochs.newest
        return frozenset() if newest is None else frozenset(newest.members)

    def take_seed(self, n: int, seed: bytes) -> None:
        """Keep a seed of an accepted epoch. Raises Rejected(bad_commitment)."""
        self.epochs.take_seed(n, seed)
        self.seeds[n] = seed

    def list_keyless(self) -> list[int]:
        """Return the epochs that one is a member of and has no seed of, newest first."""
        user = self.where.own_user
        return [
            n
            for n, known in sorted(self.epochs.known.items(), reverse=True)
            if known.key is None and user in known.epoch.members
        ]
