"""What a database error means: run it again, wait until the storage is back, or a mistake of ours."""

from typing import Any

from sqlalchemy.exc import DBAPIError

from hearth.errors import StorageUnavailable

RETRY_AFTER = 2.0
"""Seconds after which a caller may try again when nothing can be saved."""

SQLITE_BUSY, SQLITE_LOCKED = 5, 6
SQLITE_STORAGE = {
    7: "out of memory",
    8: "read-only",
    10: "disk error",
    11: "damaged",
    13: "disk full",
    14: "cannot be opened",
    26: "not a database",
}
MARIADB_LOST_RACE = {1213, 1205, 1020}
"""Deadlock (rolled back), lock wait timeout (only the statement is undone), record changed since read."""
MARIADB_STORAGE = {
    1021: "disk full",
    1026: "disk error",
    1030: "disk error",
    1036: "read-only",
    1040: "too many connections",
    1041: "out of memory",
    1053: "shutting down",
    1077: "shutting down",
    1114: "disk full",
    1129: "host blocked",
    1152: "connection lost",
    1203: "too many connections",
    1290: "read-only",
    1792: "read-only",
    1836: "read-only",
    1927: "connection killed",
    2002: "cannot be reached",
    2003: "cannot be reached",
    2006: "connection lost",
    2013: "connection lost",
    2055: "connection lost",
    4031: "connection lost",
}
MARIADB_REFUSALS = {
    1044: "this user may not use it (GRANT it to them)",
    1045: "the user or the password is wrong",
    1049: "there is none of this name (CREATE DATABASE makes it)",
    1142: "this user may not change it (GRANT ALL on it to them)",
    1698: "this user may not sign in with a password",
}
"""What only whoever set the server up can put right: met at the start, not while it runs."""


def unwrap(error: BaseException) -> BaseException:
    """Return the driver's own error."""
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error


def find_sqlite_code(error: BaseException) -> int | None:
    """Return SQLite's primary result code, or None when the error is none of SQLite's."""
    code: Any = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def find_mariadb_code(error: BaseException) -> int | None:
    """Return the server's or the driver's error number, or None."""
    if not type(error).__module__.startswith("asyncmy"):
        return None
    code = error.args[0] if error.args else None
    return code if isinstance(code, int) else None


def is_lost_race(error: BaseException) -> bool:
    """Whether the same transaction, run again from the start after a rollback, may well go through."""
    cause = unwrap(error)
    return (
        find_sqlite_code(cause) in (SQLITE_BUSY, SQLITE_LOCKED)
        or find_mariadb_code(cause) in MARIADB_LOST_RACE
    )


def find_storage_failure(error: BaseException) -> str | None:
    """Return in a few words what is wrong with the storage, or None when the storage is not the reason."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return "connection lost"
    cause = unwrap(error)
    sqlite_code, mariadb_code = find_sqlite_code(cause), find_mariadb_code(cause)
    if sqlite_code is not None:
        return SQLITE_STORAGE.get(sqlite_code)
    if mariadb_code is not None:
        return MARIADB_STORAGE.get(mariadb_code)
    if isinstance(cause, MemoryError):
        return "out of memory"
    return "connection lost" if isinstance(cause, OSError | EOFError) else None


def explain_start_failure(error: BaseException) -> str | None:
    """Return a sentence for whoever starts the server, or None when the database is not the reason."""
    is_told = isinstance(error, StorageUnavailable)
    error = error.__cause__ if is_told and error.__cause__ is not None else error
    cause = unwrap(error)
    reason = MARIADB_REFUSALS.get(find_mariadb_code(cause) or 0)
    # Only the transaction that met it knows that an OSError was the database's.
    if reason is None and (is_told or not isinstance(cause, OSError | EOFError | MemoryError)):
        reason = find_storage_failure(error)
    return reason and f"The database cannot be used: {reason}. `hearth doctor` looks at everything around it."


def make_unavailable() -> StorageUnavailable:
    """Return the error that callers get; the reason goes to the log, not to them."""
    return StorageUnavailable(retry_after=RETRY_AFTER)
