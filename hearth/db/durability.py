"""Whether the database keeps what it has committed; asked once at start.

Clearly weak settings are refused with a sentence that says what to change, doubtful ones are warned about.
Sources: https://sqlite.org/pragma.html, https://mariadb.com/kb/en/innodb-system-variables/.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import text

import hearth.db.sqlite as sqlite

if TYPE_CHECKING:
    from hearth.db.engine import Database

VARIABLES = (
    "innodb_flush_log_at_trx_commit",
    "sync_binlog",
    "log_bin",
    "innodb_doublewrite",
    "innodb_flush_method",
    "sql_mode",
    "max_allowed_packet",
    "version",
    "wsrep_on",
)
LEAST_PACKET = 4 * 1024 * 1024
OLDEST_MARIADB, OLDEST_MYSQL = (10, 5), (8, 0, 19)


class WeakDurability(Exception):
    """The database could lose messages that people were told are sent. The text says what to do about it."""


async def check_durability(database: "Database") -> list[str]:
    """Return what is doubtful about the database's settings; raise WeakDurability when they are too weak."""
    problems, doubts = (
        await _judge_sqlite(database) if database.dialect == "sqlite" else await _judge_mariadb(database)
    )
    if problems:
        raise WeakDurability("\n".join(problems))
    return doubts


async def _judge_sqlite(database: "Database") -> tuple[list[str], list[str]]:
    wanted = sqlite.choose_pragmas(sqlite.LIBRARY.sqlite_version_info)
    async with database.transaction("read") as transaction:
        found = {
            name: (await transaction.exec_driver_sql(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    return judge_sqlite(sqlite.LIBRARY.sqlite_version_info, wanted, found)


def judge_sqlite(
    version: tuple[int, ...], wanted: Mapping[str, str | int], found: Mapping[str, object]
) -> tuple[list[str], list[str]]:
    """Return what forbids to start and what is doubtful."""
    problems, doubts = [], []
    if version < sqlite.OLDEST:
        problems.append(
            "This Python's SQLite is older than 3.35; install the package pysqlite3 or a newer Python."
        )
    if str(found["journal_mode"]).lower() != wanted["journal_mode"]:
        problems.append(
            f"The SQLite file cannot be used with journal_mode {wanted['journal_mode']} (it stays "
            f"{found['journal_mode']}); keep the data directory on a local disk, not on a network share."
        )
    if found["synchronous"] not in (2, 3) or (wanted["journal_mode"] != "wal" and found["synchronous"] != 3):
        problems.append("SQLite does not take synchronous=FULL; it was built without durable writes.")
    if found["foreign_keys"] != 1:
        problems.append("SQLite was built without foreign keys; install the package pysqlite3.")
    if not sqlite.is_safe_for_wal(version):
        number = ".".join(map(str, version))
        doubts.append(
            f"SQLite {number} has the WAL-reset bug, so a rollback journal is used: safe, but slower. "
            "The package pysqlite3, or SQLite 3.51.3 or newer, brings the fast way back."
        )
    return problems, doubts


async def _judge_mariadb(database: "Database") -> tuple[list[str], list[str]]:
    names = ",".join(f"'{name}'" for name in VARIABLES)
    async with database.transaction("read") as transaction:
        rows = (
            await transaction.execute(text(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({names})"))
        ).all()
        session = (await transaction.execute(text("SELECT @@SESSION.sql_mode"))).scalar_one()
        engines = (
            await transaction.execute(
                text(
                    "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "
                    "AND table_type = 'BASE TABLE' AND engine <> 'InnoDB'"
                )
            )
        ).scalars().all()  # fmt: skip
    found = {str(name): str(value) for name, value in rows}
    return judge_mariadb({**found, "sql_mode": str(session)}, [str(name) for name in engines])


def judge_mariadb(found: Mapping[str, str], foreign_tables: list[str]) -> tuple[list[str], list[str]]:
    """Return what forbids to start and what is doubtful, from its variables and non-InnoDB tables."""
    problems, doubts = [], []
    has_binlog = found.get("log_bin", "OFF") in ("ON", "1")
    if found.get("innodb_flush_log_at_trx_commit") != "1":
        problems.append(
            "The database acknowledges commits before they are on disk. "
            "Set innodb_flush_log_at_trx_commit = 1 in the [mysqld] section of its configuration."
        )
    if has_binlog and found.get("sync_binlog") != "1":
        problems.append(
            "The binary log is on but not synced at every commit. "
            "Set sync_binlog = 1 in the [mysqld] section of its configuration, or switch the log off."
        )
    if found.get("innodb_doublewrite", "ON") in ("OFF", "0", "DETECT_ONLY"):
        problems.append(
            "A power cut could leave half-written pages. Set innodb_doublewrite = ON in the [mysqld] section."
        )
    if "STRICT_TRANS_TABLES" not in found.get("sql_mode", ""):
        problems.append(
            "The database does not accept a strict sql_mode, so values could be cut short in silence."
        )
    if foreign_tables:
        problems.append(
            f"These tables are not stored by InnoDB: {', '.join(foreign_tables)}. "
            "Run ALTER TABLE … ENGINE=InnoDB for each."
        )
    problems += (
        [] if is_known_version(found.get("version", "")) else ["MariaDB 10.5 or MySQL 8.0.19 is needed."]
    )
    if int(found.get("max_allowed_packet", "0")) < LEAST_PACKET:
        problems.append(
            "Set max_allowed_packet = 16M in the [mysqld] section of the database's configuration."
        )
    doubts += judge_doubts(found)
    return problems, doubts


def judge_doubts(found: Mapping[str, str]) -> list[str]:
    """Return what may be fine but has been seen to lose data elsewhere."""
    doubts = []
    if found.get("innodb_flush_method", "").lower() in ("nosync", "o_direct_no_fsync", "littlesync"):
        doubts.append(
            "innodb_flush_method skips fsync; use O_DIRECT or fsync unless the disk keeps its cache alive"
        )
    if found.get("wsrep_on", "OFF") in ("ON", "1"):
        doubts.append(
            "a Galera cluster may lose commits when nodes crash together; send everything to one node"
        )
    if "MariaDB" not in found.get("version", "MariaDB"):
        doubts.append("MySQL is written for but not tested; MariaDB is")
    return doubts


def is_known_version(version: str) -> bool:
    """Whether the server is new enough, from its version string ("10.11.6-MariaDB-…" or "8.4.2")."""
    numbers = tuple(int(part) for part in version.split("-")[0].split(".") if part.isdigit())
    return numbers >= (OLDEST_MARIADB if "MariaDB" in version else OLDEST_MYSQL)
