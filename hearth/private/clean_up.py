"""Dropping the rows that a reset or a deletion left behind, as the vault drops those of keyrings."""

from hearth.db.engine import Database
from hearth.private import store
from hearth.vault import clean_up


async def drop_gone_rows(database: Database) -> None:
    """Delete the rows at or below where somebody's begin, and those of people who have no head any more."""
    await clean_up.drop_rows(database, store)
