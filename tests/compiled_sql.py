"""Compiled SQL is shared by all engines of a run.

Each test has an engine of its own, and would compile anew what the test before has compiled: a sixth of the
processor's time of a test on the stage.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import Dialect
from sqlalchemy.util import LRUCache


class SharedCache(LRUCache[Any, Any]):
    """Knows a dialect by what makes it compile as it does: SQLAlchemy's keys begin with an engine's own."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(to_shared(*key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(to_shared(*key), value)


def to_shared(dialect: Dialect, *statement: Any) -> tuple[Any, ...]:
    return (dialect.name, dialect.driver, dialect.server_version_info, *statement)


CACHE = SharedCache(2000)


def share_compiled_sql() -> None:
    """From now on every connection of every engine uses CACHE."""
    event.listen(Engine, "engine_connect", use_cache)


def use_cache(connection: Connection) -> None:
    connection.execution_options(compiled_cache=CACHE)
