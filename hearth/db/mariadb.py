"""MariaDB and MySQL: what every session is set to, and how its transactions begin."""

from typing import Any

SQL_MODE = (
    "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ENGINE_SUBSTITUTION"
)
"""Strict: nothing is truncated in silence. Backslash escapes stay on: the driver quotes values with them."""
CONNECT_ARGUMENTS: dict[str, Any] = {"charset": "utf8mb4", "connect_timeout": 5}
LOCK_WAIT = 4
"""Seconds a statement waits for a row lock; then error 1205, and the whole transaction is run again."""

SESSION = (
    f"SET SESSION sql_mode = '{SQL_MODE}', time_zone = '+00:00', innodb_lock_wait_timeout = {LOCK_WAIT}, "
    f"lock_wait_timeout = {LOCK_WAIT}, foreign_key_checks = 1, unique_checks = 1, autocommit = 0",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
)
"""Statements that every session begins with."""

BEGIN_READ = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
)
BEGIN_WRITE = ("START TRANSACTION",)
