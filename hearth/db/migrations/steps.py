"""The steps migrations are made of. Each may be run again after having been cut off at any moment.

MariaDB commits every DDL statement by itself, so a step is one statement, and one that is done already is
passed over.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import inspect

from hearth.db.columns import TABLE_OPTIONS


def create_table(name: str, *parts: Any, **options: Any) -> None:
    """Create the table unless it exists; a table is made whole or not at all."""
    if not inspect(op.get_bind()).has_table(name):
        op.create_table(name, *parts, **TABLE_OPTIONS, **options)


def create_index(name: str, table: str, columns: list[str], **options: Any) -> None:
    """Create the index unless it exists."""
    if all(index["name"] != name for index in inspect(op.get_bind()).get_indexes(table)):
        op.create_index(name, table, columns, **options)


def drop_index(name: str, table: str) -> None:
    """Drop the index if it is there."""
    if any(index["name"] == name for index in inspect(op.get_bind()).get_indexes(table)):
        op.drop_index(name, table_name=table)


def fill_table(name: str, rows: str) -> None:
    """Fill a new table with what a query gives, unless it has rows: they come all at once or not at all."""
    if op.get_bind().execute(sa.text(f"SELECT 1 FROM {name} LIMIT 1")).first() is None:  # noqa: S608 - names only
        op.execute(f"INSERT INTO {name} {rows}")


def add_column(table: str, column: sa.Column[Any]) -> None:
    """Add the column unless the table has it."""
    if all(known["name"] != column.name for known in inspect(op.get_bind()).get_columns(table)):
        op.add_column(table, column)
