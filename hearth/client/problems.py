"""Refusals of the server as exceptions: the same tree as on the server, by the problem's code."""

from enum import StrEnum

import msgspec

from hearth import errors
from hearth.errors import HearthError
from hearth.sealed.core.verdicts import Verdict


class Problem(msgspec.Struct, frozen=True):
    """RFC 9457 problem details as the server sends them; `retry_after` in seconds."""

    code: str = "error"
    status: int = 400
    title: str = "The request could not be carried out"
    detail: str | None = None
    retry_after: float | None = None
    fields: dict[str, str] | None = None


class Refused(HearthError):
    """A refusal whose code has no class in hearth.errors: a rule of one noun, or of a newer server."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail, retry_after=problem.retry_after, fields=problem.fields)
        self.code = problem.code  # type: ignore[misc]  # here each refusal has its own
        self.status = problem.status  # type: ignore[misc]
        self.title = problem.title  # type: ignore[misc]

    def __str__(self) -> str:
        return self.detail or self.title


class Disconnected(Exception):
    """The connection ended before the answer came: whether it was done is unknown, so ask again."""


class Unreachable(Exception):
    """No server answers at this address."""


class ProtocolBroken(Exception):
    """The server's answer is not what the contract says."""


class NoKeys(Exception):
    """This device has no keys: nothing encrypted is sent or read. `Client.secure` gives it some."""


class Waits(StrEnum):
    """What sealing waits for. STOPPED ends by what the server shows in another connection, or (verdict
    `unsupported`) with a newer Hearth, and for `fork` not at all; everything else by itself or by a person.

    HELD: a changed identity; EARLIER: a server that says it was restored shows other keys than were accepted.
    Of both the people are asked, then `Client.accept_identity` goes on.
    """

    NO_KEYS = "no_keys"
    HELD = "held"
    EARLIER = "earlier"
    REMOVED = "removed"
    KEYLESS = "keyless"
    UNCONFIRMED = "unconfirmed"
    STOPPED = "stopped"


class NotReady(Exception):
    """Nothing can be sealed there now.

    `users` are those who have no keys yet, whose identity waits to be accepted, who are to be removed again
    (a restored server has lost that) by somebody who may, or whose keys a restored server has lost and their
    devices may bring back; `verdict` is what the server has shown that cannot be.
    """

    def __init__(
        self, waits: Waits, users: frozenset[int] = frozenset(), verdict: Verdict | None = None
    ) -> None:
        super().__init__(f"waits: {waits}" if verdict is None else f"waits: {waits} ({verdict})")
        self.waits = waits
        self.users = users
        self.verdict = verdict


class LogBroken(Exception):
    """The server withheld, changed or reordered something: the log's hashes do not fit. Never ignored."""


BY_CODE: dict[str, type[HearthError]] = {
    member.code: member
    for member in vars(errors).values()
    if isinstance(member, type) and issubclass(member, HearthError)
}
RETRYABLE = frozenset({"busy", "storage_unavailable", "too_many_requests"})


def to_error(problem: Problem) -> HearthError:
    """Return the exception that stands for a problem."""
    known = BY_CODE.get(problem.code)
    if known is None or known is HearthError:
        return Refused(problem)
    return known(problem.detail, retry_after=problem.retry_after, fields=problem.fields)


def is_retryable(error: HearthError) -> bool:
    """Tell whether the same request may succeed later, nothing having been written now."""
    return error.code in RETRYABLE


def may_pass(error: HearthError) -> bool:
    """Tell whether an answer is no refusal: the server may give another one later, by itself."""
    return is_retryable(error) or error.status >= 500
