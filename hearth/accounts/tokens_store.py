"""Every SQL statement about one-time tokens: invites and sign-in resets. Only hashes of tokens are stored."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from hearth.accounts.tables import INVITE, SIGN_IN_RESET
from hearth.contract import Transaction


@dataclass(frozen=True, slots=True)
class InviteRow:
    """An invite as stored; of its token there is only the hash."""

    token_hash: bytes
    makes_admin: bool
    created_at: datetime
    expires_at: datetime
    uses_left: int


INVITE_COLUMNS = [INVITE.c[name] for name in InviteRow.__dataclass_fields__]


async def list_invites(transaction: Transaction, now: datetime) -> list[InviteRow]:
    """Return the invites that can still be used, newest first."""
    query = (
        select(*INVITE_COLUMNS)
        .where(INVITE.c.uses_left > 0, INVITE.c.expires_at > now)
        .order_by(INVITE.c.created_at.desc(), INVITE.c.token_hash)
    )
    return [InviteRow(*row) for row in await transaction.execute(query)]


async def count_invites(transaction: Transaction, now: datetime) -> int:
    """Return how many invites can still be used."""
    query = select(func.count()).select_from(INVITE).where(INVITE.c.uses_left > 0, INVITE.c.expires_at > now)
    return int((await transaction.execute(query)).scalar_one())


async def delete_invite(transaction: Transaction, token_hash: bytes) -> bool:
    """Take an invite back; return whether there was one."""
    return (await transaction.execute(delete(INVITE).where(INVITE.c.token_hash == token_hash))).rowcount == 1


async def insert_invite(
    transaction: Transaction,
    token_hash: bytes,
    *,
    makes_admin: bool,
    now: datetime,
    expires_at: datetime,
    uses: int,
) -> None:
    await transaction.execute(
        insert(INVITE).values(
            token_hash=token_hash,
            makes_admin=makes_admin,
            created_at=now,
            expires_at=expires_at,
            uses_left=uses,
        )
    )


async def use_invite(transaction: Transaction, token_hash: bytes, now: datetime) -> bool | None:
    """Take one use of an invite; return whether it makes an administrator, None if it is no good."""
    taken = await transaction.execute(
        update(INVITE)
        .where(INVITE.c.token_hash == token_hash, INVITE.c.uses_left > 0, INVITE.c.expires_at > now)
        .values(uses_left=INVITE.c.uses_left - 1)
    )
    if taken.rowcount != 1:
        return None
    query = select(INVITE.c.makes_admin).where(INVITE.c.token_hash == token_hash)
    return bool((await transaction.execute(query)).scalar_one())


async def find_invite(transaction: Transaction, token_hash: bytes, now: datetime) -> bool | None:
    """Return whether a usable invite makes an administrator, None if there is no such."""
    query = select(INVITE.c.makes_admin).where(
        INVITE.c.token_hash == token_hash, INVITE.c.uses_left > 0, INVITE.c.expires_at > now
    )
    makes_admin = (await transaction.execute(query)).scalar()
    return None if makes_admin is None else bool(makes_admin)


async def delete_administrator_invites(transaction: Transaction) -> None:
    await transaction.execute(delete(INVITE).where(INVITE.c.makes_admin.is_(True)))


async def insert_reset(
    transaction: Transaction, token_hash: bytes, user_id: int, *, now: datetime, expires_at: datetime
) -> None:
    await transaction.execute(
        insert(SIGN_IN_RESET).values(
            token_hash=token_hash, user_id=user_id, created_at=now, expires_at=expires_at
        )
    )


async def find_reset(transaction: Transaction, token_hash: bytes, now: datetime) -> int | None:
    """Return whose sign-in a reset token resets; None if it is no good."""
    query = select(SIGN_IN_RESET.c.user_id).where(
        SIGN_IN_RESET.c.token_hash == token_hash, SIGN_IN_RESET.c.expires_at > now
    )
    user_id = (await transaction.execute(query)).scalar()
    return None if user_id is None else int(user_id)


async def use_reset(transaction: Transaction, token_hash: bytes, now: datetime) -> int | None:
    """Burn a reset token and return whose sign-in it resets; None if it is no good or another was faster."""
    user_id = await find_reset(transaction, token_hash, now)
    burnt = await transaction.execute(delete(SIGN_IN_RESET).where(SIGN_IN_RESET.c.token_hash == token_hash))
    return user_id if burnt.rowcount == 1 else None


async def delete_resets(transaction: Transaction, user_id: int) -> None:
    await transaction.execute(delete(SIGN_IN_RESET).where(SIGN_IN_RESET.c.user_id == user_id))


async def delete_expired(transaction: Transaction, now: datetime) -> None:
    await transaction.execute(delete(INVITE).where((INVITE.c.expires_at <= now) | (INVITE.c.uses_left <= 0)))
    await transaction.execute(delete(SIGN_IN_RESET).where(SIGN_IN_RESET.c.expires_at <= now))
