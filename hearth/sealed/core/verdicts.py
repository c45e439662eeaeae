"""The closed set of reasons for not accepting something (section 12), and the exception that carries one."""

from enum import StrEnum


class Verdict(StrEnum):
    """Why bytes, a place or a person is not accepted; the value is the name in the specification."""

    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"
    WRONG_PLACE = "wrong_place"
    WRONG_LINK = "wrong_link"
    BAD_KEY = "bad_key"
    BAD_SIGNATURE = "bad_signature"
    BAD_ROSTER = "bad_roster"
    NOT_LISTED = "not_listed"
    NOT_ALLOWED = "not_allowed"
    UNPROVEN = "unproven"
    ROLLBACK = "rollback"
    FORK = "fork"
    CHANGED_IDENTITY = "changed_identity"
    BAD_COMMITMENT = "bad_commitment"
    KEYLESS = "keyless"
    CANNOT_OPEN = "cannot_open"
    BAD_PADDING = "bad_padding"
    OUT_OF_PLACE = "out_of_place"
    REPEATED_COUNTER = "repeated_counter"
    WRONG_TARGET = "wrong_target"
    WITHHELD = "withheld"
    NOT_SEALED = "not_sealed"
    BAD_FILE = "bad_file"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105  # a verdict, not a password
    MISTYPED = "mistyped"


class Rejected(Exception):
    """The only exception that this package raises for anything that came from outside."""

    def __init__(self, verdict: Verdict, why: str) -> None:
        super().__init__(f"{verdict}: {why}")
        self.verdict = verdict
        self.why = why


def require(holds: bool, verdict: Verdict, why: str) -> None:
    """Raise Rejected with this verdict unless `holds`."""
    if not holds:
        raise Rejected(verdict, why)
