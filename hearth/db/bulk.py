"""SQL for many rows at once, as text with its parameters, for those who bypass SQLAlchemy's per-row cost.

A batch is written as a generator that yields statements and is sent the rows: it does no I/O itself, so the
same code is driven by SQLite in a thread and by MariaDB on the event loop.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, Literal, NamedTuple, TypeVar

T = TypeVar("T")
Row = tuple[Any, ...]


class Statement(NamedTuple):
    """One statement; the driver answers with all rows, or with none when `returns` is false."""

    sql: str
    parameters: Sequence[Any]
    returns: bool = False


Steps = Generator[Statement, list[Row], T]


@dataclass(frozen=True, slots=True)
class Syntax:
    """Where the two databases differ: placeholders, row locks, and how given rows are joined or applied."""

    name: Literal["sqlite", "mariadb"]
    mark: str
    lock: str
    is_prepared: bool

    def select_in(self, sql: str, keys: Sequence[Any]) -> Statement:
        """Fill `{marks}` in a query with one column's keys; `{lock}` locks the rows found."""
        keys = self._pad(keys)
        return Statement(fill_marks(self, sql, len(keys)), keys, returns=True)

    def select_joined(self, sql: str, names: tuple[str, ...], rows: Sequence[Row]) -> Statement:
        """Fill `{given}` in a query with a table of these rows, its columns named `names`."""
        rows = self._pad(rows)
        return Statement(
            fill_given(self, sql, names, len(rows)), list(chain.from_iterable(rows)), returns=True
        )

    def insert(self, table: str, columns: tuple[str, ...], rows: Sequence[Row]) -> Steps[None]:
        """Insert rows; prepared statements come in sizes of powers of two so that each is compiled once."""
        start = 0
        for size in self._sizes(len(rows)):
            part = rows[start : start + size]
            start += size
            yield Statement(fill_insert(self, table, columns, size), list(chain.from_iterable(part)))

    def update(
        self, table: str, keys: tuple[str, ...], values: tuple[str, ...], rows: Sequence[Row]
    ) -> Statement:
        """Set `values` of the rows with these keys; each given row is its keys, then its values."""
        rows = self._pad(rows)
        sql = fill_update(self, table, keys, values, len(rows))
        return Statement(sql, list(chain.from_iterable(rows)))

    def _pad(self, rows: Sequence[T]) -> Sequence[T]:
        """Repeat the last up to a power of two: that changes nothing, and few texts are compiled."""
        if not self.is_prepared:
            return rows
        size = 1 << (len(rows) - 1).bit_length()
        return [*rows, *([rows[-1]] * (size - len(rows)))]

    def _sizes(self, count: int) -> list[int]:
        if not self.is_prepared:
            return [count]
        return [1 << bit for bit in reversed(range(count.bit_length())) if count >> bit & 1]


SQLITE = Syntax("sqlite", mark="?", lock="", is_prepared=True)
MARIADB = Syntax("mariadb", mark="%s", lock="FOR UPDATE", is_prepared=False)


@lru_cache(1024)
def fill_marks(syntax: Syntax, sql: str, count: int) -> str:
    return sql.format(marks=",".join([syntax.mark] * count), lock=syntax.lock)


@lru_cache(1024)
def fill_given(syntax: Syntax, sql: str, names: tuple[str, ...], count: int) -> str:
    return sql.format(given=make_table(syntax, names, count), lock=syntax.lock)


@lru_cache(1024)
def fill_insert(syntax: Syntax, table: str, columns: tuple[str, ...], count: int) -> str:
    row = make_row(syntax, len(columns))
    return f"INSERT INTO {table} ({','.join(columns)}) VALUES {','.join([row] * count)}"  # noqa: S608 - names only


@lru_cache(1024)
def fill_update(
    syntax: Syntax, table: str, keys: tuple[str, ...], values: tuple[str, ...], count: int
) -> str:
    given = make_table(syntax, tuple(f"new_{name}" for name in keys + values), count)
    # The plus keeps SQLite from walking through the table and looking each row up among the given ones.
    plus = "+" if syntax.name == "sqlite" else ""
    where = " AND ".join(f"{table}.{name} = {plus}new_{name}" for name in keys)
    sets = ", ".join(f"{name} = new_{name}" for name in values)
    if syntax.name == "sqlite":
        return f"UPDATE {table} SET {sets} FROM {given} WHERE {where}"  # noqa: S608 - names only
    return f"UPDATE {given} STRAIGHT_JOIN {table} ON {where} SET {sets}"  # noqa: S608 - names only


def make_table(syntax: Syntax, names: tuple[str, ...], count: int) -> str:
    """Return a derived table of `count` rows of placeholders."""
    if syntax.name == "sqlite":
        named = ", ".join(f"column{place} AS {name}" for place, name in enumerate(names, 1))
        rows = ",".join([make_row(syntax, len(names))] * count)
        return f"(SELECT {named} FROM (VALUES {rows})) AS given"  # noqa: S608 - names only
    first = ", ".join(f"{syntax.mark} AS {name}" for name in names)
    later = ", ".join([syntax.mark] * len(names))
    return "(" + " UNION ALL ".join([f"SELECT {first}"] + [f"SELECT {later}"] * (count - 1)) + ") AS given"


def make_row(syntax: Syntax, width: int) -> str:
    return f"({','.join([syntax.mark] * width)})"
