"""Every SQL statement about avatars: pictures by the SHA-256 of their bytes, kept while in use."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects import mysql, sqlite

from hearth.accounts.tables import AVATAR, USER
from hearth.contract import Transaction


class AvatarRow(NamedTuple):
    content_type: str
    content: bytes


async def find_avatar(transaction: Transaction, avatar_id: bytes) -> AvatarRow | None:
    query = select(AVATAR.c.content_type, AVATAR.c.content).where(AVATAR.c.id == avatar_id)
    row = (await transaction.execute(query)).first()
    return None if row is None else AvatarRow(*row)


async def keep_avatar(
    transaction: Transaction, avatar_id: bytes, content_type: str, content: bytes, now: datetime
) -> None:
    """Store a picture unless it is there; either way its row is locked against removal until the commit."""
    values = {"id": avatar_id, "content_type": content_type, "content": content, "created_at": now}
    if transaction.dialect.name == "sqlite":
        await transaction.execute(sqlite.insert(AVATAR).values(values).on_conflict_do_nothing())
    else:
        same = mysql.insert(AVATAR).values(values)
        await transaction.execute(same.on_duplicate_key_update(created_at=AVATAR.c.created_at))


async def drop_unused_avatar(transaction: Transaction, avatar_id: bytes) -> None:
    """Remove a picture that no user shows any more."""
    shown = exists(select(USER.c.id).where(USER.c.avatar_id == avatar_id))
    await transaction.execute(delete(AVATAR).where(AVATAR.c.id == avatar_id, ~shown))
