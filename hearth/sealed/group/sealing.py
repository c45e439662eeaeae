"""The states of a conversation on a device (section 7.6): when it seals, and what it waits for otherwise."""

from dataclasses import dataclass, field
from enum import StrEnum

from hearth.sealed.core.verdicts import Verdict
from hearth.sealed.group.reasons import Reason

REMOVES = frozenset({Reason.LEFT, Reason.REMOVED})
"""Somebody who is in the roster is to be in it no more."""


LASTING = frozenset({Verdict.ROLLBACK, Verdict.FORK})
"""What a conversation stays stopped for, a rollback until a restore is told of. Whatever else the server
shows is judged anew at every connection, and by a newer Hearth (section 12).
"""


class State(StrEnum):
    """Only READY seals. STOPPED ends by what the server shows next, if at all (LASTING)."""

    UNCONFIRMED = "unconfirmed"
    READY = "ready"
    ROTATING = "rotating"
    HELD = "held"
    KEYLESS = "keyless"
    STOPPED = "stopped"


class Step(StrEnum):
    """What the caller does next."""

    NOTHING = "nothing"
    FETCH = "fetch"
    MAKE_REMOVE = "make_remove"
    MAKE_ROTATE = "make_rotate"
    SEND_AGAIN = "send_again"
    ASK_FOR_SEED = "ask_for_seed"
    TELL_PERSON = "tell_person"


@dataclass(frozen=True, slots=True)
class View:
    """What the client knows of its newest epoch: n, record hash, and what stands against sealing."""

    n: int
    record_hash: bytes
    has_key: bool
    reasons: frozenset[Reason] = frozenset()
    held: frozenset[int] = frozenset()


@dataclass(slots=True)
class Sealing:
    """One conversation. `pending` are the bytes of an epoch request whose answer has not come, `stopped` says
    why it is, `evidence` all that it ever was stopped for.
    """

    state: State = State.UNCONFIRMED
    pending: bytes | None = None
    stopped: Verdict | None = None
    evidence: list[Verdict] = field(default_factory=list)

    @property
    def may_seal(self) -> bool:
        return self.state is State.READY

    def disconnect(self) -> None:
        """The connection is lost: the server may go on without us, and show something else."""
        if self.stopped not in LASTING:
            self.state, self.stopped = State.UNCONFIRMED, None

    def confirm(self, n: int, record_hash: bytes, view: View) -> Step:
        """The server names its current epoch in this connection."""
        if self.state is State.STOPPED:
            return Step.TELL_PERSON
        if n > view.n:
            self.state = State.UNCONFIRMED
            return Step.FETCH
        if n < view.n:
            return self.stop(Verdict.ROLLBACK)
        if record_hash != view.record_hash:
            return self.stop(Verdict.FORK)
        return self._settle(view)

    def look_again(self, view: View) -> Step:
        """Something that sealing depends on has changed: a chain, a pin, a seed, a leave entry, the time."""
        if self.state in (State.STOPPED, State.UNCONFIRMED):
            return Step.TELL_PERSON if self.state is State.STOPPED else Step.NOTHING
        return self._settle(view)

    def send(self, request: bytes) -> None:
        """An epoch request goes out; the same bytes again until there is an answer."""
        self.pending = request
        self.state = State.ROTATING

    def taken(self, view: View) -> Step:
        """The server took our epoch, which is the newest in `view`."""
        self.pending = None
        return self._settle(view)

    def moved(self) -> Step:
        """`epoch_moved`: another epoch was first. Fetch and check it, and see whether a reason is left."""
        self.pending = None
        self.state = State.UNCONFIRMED
        return Step.FETCH

    def stop(self, verdict: Verdict) -> Step:
        """The server accepted what must not be, or shows another conversation than before: first what no
        restore explains (10.10).
        """
        self.state = State.STOPPED
        self.pending = None
        if verdict is Verdict.FORK or self.stopped not in LASTING:
            self.stopped = verdict
        self.evidence.append(verdict)
        return Step.TELL_PERSON

    def _settle(self, view: View) -> Step:
        """Choose by what stands most against sealing: a held person, no key, a reason for the next epoch."""
        if self.pending is not None:
            self.state = State.ROTATING
            return Step.SEND_AGAIN
        if view.held:
            self.state = State.HELD
            return Step.TELL_PERSON
        if not view.has_key:
            self.state = State.KEYLESS
            return Step.ASK_FOR_SEED
        if view.reasons:
            self.state = State.ROTATING
            return Step.MAKE_REMOVE if view.reasons & REMOVES else Step.MAKE_ROTATE
        self.state = State.READY
        return Step.NOTHING
