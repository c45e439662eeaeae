"""The error tree: everything a caller can be told is wrong, with one code, status and sentence each.

Faces turn these into acks and RFC 9457 problem details; verbs raise them. "Forbidden" and "absent" are the
same `NotFound` on purpose: nobody learns from an error that something exists.
"""

from typing import Any, ClassVar


class HearthError(Exception):
    """A refusal that the caller is told of. `detail` is a sentence for people; `fields` names bad inputs."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request could not be carried out"

    def __init__(
        self,
        detail: str | None = None,
        *,
        retry_after: float | None = None,
        fields: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.retry_after = retry_after
        self.fields = fields

    def to_problem(self) -> dict[str, Any]:
        """Return the RFC 9457 problem object; `retry_after` is in seconds."""
        problem: dict[str, Any] = {
            "type": f"urn:hearth:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
        }
        if self.detail is not None:
            problem["detail"] = self.detail
        if self.retry_after is not None:
            problem["retry_after"] = round(self.retry_after, 3)
        if self.fields:
            problem["fields"] = self.fields
        return problem


class InvalidInput(HearthError):
    code = "invalid_input"
    status = 400
    title = "The input does not have the expected form"


class NotSignedIn(HearthError):
    code = "not_signed_in"
    status = 401
    title = "Sign in first"


class WrongPassword(HearthError):
    code = "wrong_password"
    status = 401
    title = "Username or password is wrong"


class PasswordUnchanged(InvalidInput):
    code = "password_unchanged"
    title = "This is the password already; choose another one"


class ForeignOrigin(HearthError):
    code = "foreign_origin"
    status = 403
    title = "The request came from another site"


class NotFound(HearthError):
    code = "not_found"
    status = 404
    title = "There is nothing here for you"


class MethodNotAllowed(HearthError):
    code = "method_not_allowed"
    status = 405
    title = "This address does not take that method"


class Conflict(HearthError):
    code = "conflict"
    status = 409
    title = "That has changed in the meantime"


class TooLarge(HearthError):
    code = "too_large"
    status = 413
    title = "That is larger than allowed"


class UnsupportedType(HearthError):
    code = "unsupported_type"
    status = 415
    title = "That kind of content is not accepted here"


class TooManyRequests(HearthError):
    code = "too_many_requests"
    status = 429
    title = "Too many requests; wait a moment"


class LimitReached(HearthError):
    """A cap on what is stored (friends, devices, open requests) is reached."""

    code = "limit_reached"
    status = 409
    title = "The limit is reached"


class Internal(HearthError):
    code = "internal"
    status = 500
    title = "Something went wrong on the server"


class Busy(HearthError):
    """The server cannot take more right now; nothing was written, the same request may be sent again."""

    code = "busy"
    status = 503
    title = "The server is busy; try again shortly"


def out_of_memory() -> Busy:
    """Return what callers are told of a MemoryError: when others are done, there is room for them again."""
    return Busy(retry_after=2.0)


class StorageUnavailable(HearthError):
    """The database cannot be written now; nothing was written, the same request may be sent again."""

    code = "storage_unavailable"
    status = 503
    title = "Nothing can be saved right now; try again shortly"
