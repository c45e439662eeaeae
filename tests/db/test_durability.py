"""Which settings are refused at start, with a sentence that helps."""

from typing import Any

import pytest

from hearth.db.durability import WeakDurability, check_durability, judge_mariadb, judge_sqlite
from hearth.db.engine import Database
from hearth.db.sqlite import choose_pragmas

GOOD = {
    "innodb_flush_log_at_trx_commit": "1",
    "sync_binlog": "0",
    "log_bin": "OFF",
    "innodb_doublewrite": "ON",
    "innodb_flush_method": "O_DIRECT",
    "sql_mode": "STRICT_TRANS_TABLES",
    "max_allowed_packet": "16777216",
    "version": "10.11.6-MariaDB-0+deb12u1",
    "wsrep_on": "OFF",
}
FIXED = (3, 53, 4)


async def test_the_databases_of_the_tests_are_durable(database: Database) -> None:
    assert await check_durability(database) == []


def test_good_settings_are_taken() -> None:
    assert judge_mariadb(GOOD, []) == ([], [])


@pytest.mark.parametrize(
    ("changed", "advice"),
    [
        ({"innodb_flush_log_at_trx_commit": "2"}, "innodb_flush_log_at_trx_commit = 1"),
        ({"innodb_flush_log_at_trx_commit": "0"}, "innodb_flush_log_at_trx_commit = 1"),
        ({"log_bin": "ON"}, "sync_binlog = 1"),
        ({"innodb_doublewrite": "OFF"}, "innodb_doublewrite = ON"),
        ({"sql_mode": ""}, "strict"),
        ({"max_allowed_packet": "1048576"}, "max_allowed_packet = 16M"),
        ({"version": "10.3.39-MariaDB"}, "10.5"),
        ({"version": "5.7.44"}, "8.0.19"),
    ],
)
def test_weak_settings_are_refused_with_what_to_do(changed: dict[str, str], advice: str) -> None:
    problems, _ = judge_mariadb({**GOOD, **changed}, [])
    assert len(problems) == 1
    assert advice in problems[0]


def test_a_synced_binary_log_is_fine() -> None:
    assert judge_mariadb({**GOOD, "log_bin": "ON", "sync_binlog": "1"}, []) == ([], [])


def test_tables_outside_innodb_are_named() -> None:
    problems, _ = judge_mariadb(GOOD, ["message"])
    assert "message" in problems[0]


@pytest.mark.parametrize(
    "changed", [{"innodb_flush_method": "O_DIRECT_NO_FSYNC"}, {"wsrep_on": "ON"}, {"version": "8.4.2"}]
)
def test_doubtful_settings_are_warned_about(changed: dict[str, str]) -> None:
    problems, doubts = judge_mariadb({**GOOD, **changed}, [])
    assert (problems, len(doubts)) == ([], 1)


@pytest.mark.parametrize(
    "found",
    [
        {"journal_mode": "memory", "synchronous": 2, "foreign_keys": 1},
        {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1},
        {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 0},
    ],
)
def test_an_sqlite_that_is_not_durable_is_refused(found: dict[str, Any]) -> None:
    problems, _ = judge_sqlite(FIXED, choose_pragmas(FIXED), found)
    assert len(problems) == 1


def test_an_sqlite_with_the_wal_bug_is_warned_about_and_used_without_wal() -> None:
    old = (3, 40, 1)
    found = {"journal_mode": "delete", "synchronous": 3, "foreign_keys": 1}
    problems, doubts = judge_sqlite(old, choose_pragmas(old), found)
    assert problems == []
    assert "pysqlite3" in doubts[0]


@pytest.mark.mariadb
async def test_a_weak_server_is_refused(database: Database, mariadb: Any) -> None:
    mariadb.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 2")
    try:
        with pytest.raises(WeakDurability, match="innodb_flush_log_at_trx_commit = 1"):
            await check_durability(database)
    finally:
        mariadb.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 1")
