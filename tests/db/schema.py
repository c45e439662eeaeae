"""How a database differs from the tables in code, of all nouns there are; how it is asked for its schema."""

import importlib
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

import hearth
from hearth.db.columns import METADATA

for found in sorted(Path(hearth.__file__).parent.glob("*/tables.py")):
    importlib.import_module(f"hearth.{found.parent.name}.tables")


def find_differences(connection: Connection) -> list[Any]:
    """Return what a migration would have to change; empty when the schema is right."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, METADATA))


def is_inspection(statement: str) -> bool:
    """Tell whether a statement only asks which tables, columns and indexes there are."""
    return statement.lstrip().startswith(("PRAGMA ", "DESCRIBE ", "SHOW "))
