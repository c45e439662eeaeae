"""Accounts in the hands of administrators: list, disable, enable, help back in."""

from hearth.accounts import disable
from hearth.accounts.first_account import make_reset_link
from hearth.accounts.prove import prove_password
from hearth.accounts.reset_sign_in import create_reset_of
from hearth.accounts.roster import Account, find_account, list_accounts
from hearth.accounts.rules import RESET_LASTS
from hearth.admin.access import require_administrator
from hearth.admin.contract import AdminUser, AdminUsers, ListUsers, ResetLink
from hearth.admin.note import publish_act
from hearth.admin.rules import PAGE, require_another
from hearth.contract import Context
from hearth.errors import NotFound


async def list_users(context: Context, command: ListUsers) -> AdminUsers:
    """Return one page of accounts, newest first."""
    await require_administrator(context)
    found = await list_accounts(context, search=command.search, before=command.before, limit=PAGE + 1)
    return AdminUsers(users=[to_admin_user(account) for account in found[:PAGE]], more=len(found) > PAGE)


async def disable_user(context: Context, user_id: int) -> AdminUser:
    """Shut somebody out: sessions end with the commit, sockets right after. Raises NotFound, OwnAccount."""
    await require_administrator(context, lock=True)
    require_another(context.user_id, user_id)
    await disable.disable_user(context, user_id)
    publish_act(context, "disabled", user_id)
    return await _get(context, user_id)


async def enable_user(context: Context, user_id: int) -> AdminUser:
    """Let somebody in again. Raises NotFound."""
    await require_administrator(context, lock=True)
    await disable.enable_user(context, user_id)
    publish_act(context, "enabled", user_id)
    return await _get(context, user_id)


async def reset_sign_in(context: Context, user_id: int, auth_key: bytes) -> ResetLink:
    """Return a link for somebody else who forgot their password.

    It takes an account over, so a browser that was left open is not enough (S19): raises OwnAccount and
    WrongPassword before it says who is there, then NotFound, AccountDisabled.
    """
    await require_administrator(context, lock=True)
    require_another(context.user_id, user_id)
    await prove_password(context, auth_key)
    token = await create_reset_of(context, user_id)
    publish_act(context, "reset_sign_in", user_id)
    link = make_reset_link(context.services.config.public_url, token)
    return ResetLink(link=link, expires_at=context.now + RESET_LASTS)


async def _get(context: Context, user_id: int) -> AdminUser:
    account = await find_account(context, user_id)
    if account is None:
        raise NotFound
    return to_admin_user(account)


def to_admin_user(account: Account) -> AdminUser:
    return AdminUser(
        user=account.card,
        is_admin=account.is_admin,
        created_at=account.created_at,
        devices=account.devices,
        disabled_at=account.disabled_at,
    )
