"""Column types that mean the same on SQLite and MariaDB, and the one MetaData that every table hangs on."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary, MetaData, String
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator, TypeEngine

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
TABLE_OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}

BigId = BigInteger().with_variant(Integer, "sqlite")
"""Numbers that count up; SQLite only counts up by itself on INTEGER."""


def binary(length: int) -> TypeEngine[bytes]:
    """Return a column type for exactly or at most `length` bytes, compared byte by byte."""
    if length <= 32:
        return LargeBinary(length).with_variant(mysql.BINARY(length), "mysql", "mariadb")
    return LargeBinary(length).with_variant(mysql.VARBINARY(length), "mysql", "mariadb")


def blob() -> TypeEngine[bytes]:
    """Return a column type for records and pictures (up to 16 MiB; the bound is checked before storing)."""
    return LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")


def text(length: int) -> TypeEngine[str]:
    """Return a text column compared by code point, never by a collation's idea of equal letters."""
    return String(length).with_variant(mysql.VARCHAR(length, collation="utf8mb4_bin"), "mysql", "mariadb")


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC with milliseconds: DATETIME(3) on MariaDB, ISO text on SQLite; aware in Python."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=3))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        moment = value.astimezone(UTC).replace(tzinfo=None)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)
