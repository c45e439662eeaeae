"""Every SQL statement about users. Devices, tokens and avatars have stores of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, exists, func, insert, or_, select, update

from hearth.accounts.contract import KdfParameters, Settings
from hearth.accounts.tables import DEVICE, USER, USER_LOG
from hearth.contract import Transaction

NO_SALT = bytes(16)


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user as stored, deleted ones included."""

    id: int
    username: str
    password: str
    kdf_salt: bytes
    kdf_memory: int
    kdf_iterations: int
    kdf_parallelism: int
    display_name: str
    about: str
    avatar_id: bytes | None
    status: str
    last_seen: datetime | None
    settings: dict[str, Any]
    is_admin: bool
    created_at: datetime
    disabled_at: datetime | None
    deleted_at: datetime | None
    sealed_at: datetime | None

    @property
    def kdf(self) -> KdfParameters:
        return KdfParameters(
            salt=self.kdf_salt,
            memory=self.kdf_memory,
            iterations=self.kdf_iterations,
            parallelism=self.kdf_parallelism,
        )


COLUMNS = [USER.c[name] for name in UserRow.__dataclass_fields__]


async def find_user_by_key(transaction: Transaction, username_key: str) -> UserRow | None:
    """Return the user who ever got a name with this key, deleted or not."""
    row = (await transaction.execute(select(*COLUMNS).where(USER.c.username_key == username_key))).first()
    return None if row is None else UserRow(*row)


async def find_user(transaction: Transaction, user_id: int, *, lock: bool = False) -> UserRow | None:
    """Return a user; `lock` keeps other writers of this row away until the transaction ends."""
    query = select(*COLUMNS).where(USER.c.id == user_id)
    row = (await transaction.execute(query.with_for_update() if lock else query)).first()
    return None if row is None else UserRow(*row)


async def list_users(transaction: Transaction, user_ids: Sequence[int]) -> list[UserRow]:
    query = select(*COLUMNS).where(USER.c.id.in_(sorted(set(user_ids))))
    return [UserRow(*row) for row in await transaction.execute(query)]


async def list_living(
    transaction: Transaction, *, part_of_username: str, part_of_name: str, before: int | None, limit: int
) -> list[UserRow]:
    """Return users who are not deleted, newest first; empty parts match everybody."""
    query = select(*COLUMNS).where(USER.c.deleted_at.is_(None)).order_by(USER.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(USER.c.id < before)
    if part_of_username:
        by_username = USER.c.username.contains(part_of_username, autoescape=True)
        by_name = func.lower(USER.c.display_name).contains(part_of_name, autoescape=True)
        query = query.where(or_(by_username, by_name))
    return [UserRow(*row) for row in await transaction.execute(query)]


async def count_living(transaction: Transaction) -> int:
    query = select(func.count()).select_from(USER).where(USER.c.deleted_at.is_(None))
    return int((await transaction.execute(query)).scalar_one())


async def count_devices(transaction: Transaction, user_ids: Sequence[int]) -> dict[int, int]:
    """Return by user how many devices hold a session; users without any are left out."""
    query = (
        select(DEVICE.c.user_id, func.count())
        .where(DEVICE.c.user_id.in_(user_ids), DEVICE.c.revoked_at.is_(None))
        .group_by(DEVICE.c.user_id)
    )
    return {user_id: count for user_id, count in await transaction.execute(query)}


async def has_users(transaction: Transaction) -> bool:
    return bool((await transaction.execute(select(exists(select(USER.c.id))))).scalar())


async def has_administrator(transaction: Transaction) -> bool:
    """Tell whether somebody can administer this server."""
    able = USER.c.is_admin.is_(True) & USER.c.deleted_at.is_(None) & USER.c.disabled_at.is_(None)
    return bool((await transaction.execute(select(exists(select(USER.c.id).where(able))))).scalar())


async def insert_user(
    transaction: Transaction,
    *,
    username: str,
    username_key: str,
    password: str,
    kdf: KdfParameters,
    display_name: str,
    is_admin: bool,
    now: datetime,
) -> int:
    """Store a new user and return their id; raises IntegrityError when the key was given out before."""
    result = await transaction.execute(
        insert(USER).values(
            username=username,
            username_key=username_key,
            password=password,
            **_to_columns(kdf),
            display_name=display_name,
            about="",
            avatar_id=None,
            status="offline",
            last_seen=None,
            settings=msgspec.to_builtins(Settings()),
            is_admin=is_admin,
            log_seq=0,
            created_at=now,
        )
    )
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])


async def update_password(transaction: Transaction, user_id: int, password: str, kdf: KdfParameters) -> None:
    await _update(transaction, user_id, password=password, **_to_columns(kdf))


async def update_profile(transaction: Transaction, user_id: int, *, display_name: str, about: str) -> None:
    await _update(transaction, user_id, display_name=display_name, about=about)


async def update_settings(transaction: Transaction, user_id: int, settings: Settings) -> None:
    await _update(transaction, user_id, settings=msgspec.to_builtins(settings))


async def update_avatar_id(transaction: Transaction, user_id: int, avatar_id: bytes | None) -> None:
    await _update(transaction, user_id, avatar_id=avatar_id)


async def update_disabled(transaction: Transaction, user_id: int, since: datetime | None) -> None:
    await _update(transaction, user_id, disabled_at=since)


async def update_sealed(transaction: Transaction, user_id: int, since: datetime) -> None:
    await _update(transaction, user_id, sealed_at=since)


async def update_status(
    transaction: Transaction, user_id: int, *, status: str, last_seen: datetime | None
) -> None:
    """Store a presence; without `last_seen` the old one stays."""
    seen = {} if last_seen is None else {"last_seen": last_seen}
    await _update(transaction, user_id, status=status, **seen)


async def set_everyone_offline(transaction: Transaction) -> None:
    await transaction.execute(update(USER).where(USER.c.status != "offline").values(status="offline"))


async def erase_user(transaction: Transaction, user_id: int, now: datetime) -> None:
    """Empty a user's row and log. The row stays for what others keep, its key so that no name is reused."""
    await transaction.execute(delete(USER_LOG).where(USER_LOG.c.user_id == user_id))
    await _update(
        transaction,
        user_id,
        username="",
        password="",
        kdf_salt=NO_SALT,
        display_name="",
        about="",
        avatar_id=None,
        status="offline",
        last_seen=None,
        settings=msgspec.to_builtins(Settings()),
        is_admin=False,
        deleted_at=now,
    )


async def _update(transaction: Transaction, user_id: int, **values: object) -> None:
    await transaction.execute(update(USER).where(USER.c.id == user_id).values(**values))


def _to_columns(kdf: KdfParameters) -> dict[str, Any]:
    return {
        "kdf_salt": kdf.salt,
        "kdf_memory": kdf.memory,
        "kdf_iterations": kdf.iterations,
        "kdf_parallelism": kdf.parallelism,
    }
