"""A log entry as the server tells it, and what a client finds out about it (section 8.3)."""

from dataclasses import dataclass
from enum import StrEnum

from hearth.client.crypto.log.body import Content
from hearth.client.crypto.log.record import Opened
from hearth.sealed.core.hashing import sha256
from hearth.sealed.core.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Row:
    """Everything beside a record that the server tells; nothing of it is proven until the record opens.

    `record` is empty for an emptied entry, whose `record_hash` stays. `time` is the server's, in ms.
    """

    seq: int
    kind: int
    user: int
    device: bytes
    client_id: bytes
    counter: int
    epoch: int
    target_seq: int
    time: int
    record: bytes
    record_hash: bytes

    @property
    def is_emptied(self) -> bool:
        return not self.record

    @property
    def is_unsealed(self) -> bool:
        """Tell whether this is from before encryption: JSON follows the byte 00."""
        return self.record[:1] == b"\0"

    def is_consistent(self) -> bool:
        """Tell whether the hash is that of the record."""
        return self.is_emptied or sha256(self.record) == self.record_hash


class Aim(StrEnum):
    """What is known of an entry's target. An entry aimed at an UNKNOWN one stands, but is not applied."""

    NONE = "none"
    KNOWN = "known"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a client makes of an entry; `verdict` None is acceptance, `target` the seq of a known target or 0.

    `is_signed` tells that row and record are proven to be of this device, whatever else is wrong with them;
    `may_call` whether its author may call everybody in the group.
    """

    verdict: Verdict | None
    opened: Opened | None = None
    content: Content | None = None
    aim: Aim = Aim.NONE
    target: int = 0
    may_call: bool = False

    @property
    def is_signed(self) -> bool:
        return self.opened is not None


class Withheld(StrEnum):
    """Why "the server has withheld or changed something here" stands at an entry."""

    SEEN = "seen"
    GAP = "gap"
    EMPTIED = "emptied"
