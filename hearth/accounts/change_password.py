"""Changing the password: proved by the old one, in one transaction, and every other session ends."""

from hearth.accounts import store, tokens_store
from hearth.accounts.contract import ChangePassword, KdfParameters
from hearth.accounts.prove import prove_password
from hearth.accounts.rules import AccountSealed, is_right_key, make_verifier, require_costly
from hearth.accounts.sessions import end_all_sessions
from hearth.accounts.store import UserRow
from hearth.contract import Context, Nothing
from hearth.errors import PasswordUnchanged


async def change_password(context: Context, command: ChangePassword) -> Nothing:
    """Set a new password of an account without a chain.

    Raises WrongPassword, AccountSealed, PasswordUnchanged, InvalidInput (costs below the floor).

    With a fresh salt the same password makes another key: only the client can tell, and does before it asks.
    """
    row = await prove_password(context, command.old_auth_key)
    require_unsealed(row)
    require_another(command.auth_key, row)
    await set_password(context, context.user_id, command.auth_key, command.kdf)
    await end_all_sessions(context, context.user_id, reason="password_changed", but=context.actor.device_id)
    return Nothing()


def require_unsealed(row: UserRow) -> None:
    """Raise AccountSealed for who has a vault: the directory changes both at once."""
    if row.sealed_at is not None:
        raise AccountSealed


def require_another(auth_key: bytes, row: UserRow) -> None:
    """Raise PasswordUnchanged when a new key is the old one."""
    if is_right_key(auth_key, row.password):
        raise PasswordUnchanged(fields={"password": "unchanged"})


async def set_password(context: Context, user_id: int, auth_key: bytes, kdf: KdfParameters) -> None:
    """Store a new verifier and burn whatever reset links are about; the caller ends the sessions."""
    require_costly(kdf, insecure_test_kdf=context.services.config.insecure_test_kdf)
    await store.update_password(context.transaction, user_id, make_verifier(auth_key), kdf)
    await tokens_store.delete_resets(context.transaction, user_id)
