"""The commands of administration, each bound to its verb."""

from hearth.admin import health, invites, users
from hearth.admin.contract import (
    AdminHealth,
    AdminInvites,
    AdminUser,
    AdminUsers,
    CreateInvite,
    DisableUser,
    EnableUser,
    GetHealth,
    ListInvites,
    ListUsers,
    NewInvite,
    ResetLink,
    ResetSignIn,
    RevokeInvite,
)
from hearth.contract import Context, Nothing, command


@command(ListUsers, mode="read")
async def list_users(context: Context, command: ListUsers) -> AdminUsers:
    return await users.list_users(context, command)


@command(DisableUser)
async def disable(context: Context, command: DisableUser) -> AdminUser:
    return await users.disable_user(context, command.user_id)


@command(EnableUser)
async def enable(context: Context, command: EnableUser) -> AdminUser:
    return await users.enable_user(context, command.user_id)


@command(ResetSignIn)
async def reset_sign_in(context: Context, command: ResetSignIn) -> ResetLink:
    return await users.reset_sign_in(context, command.user_id, command.auth_key)


@command(ListInvites, mode="read")
async def list_invites(context: Context, command: ListInvites) -> AdminInvites:
    return await invites.list_invites(context)


@command(CreateInvite)
async def create_invite(context: Context, command: CreateInvite) -> NewInvite:
    return await invites.create_invite(context, command)


@command(RevokeInvite)
async def revoke_invite(context: Context, command: RevokeInvite) -> Nothing:
    return await invites.revoke_invite(context, command.invite_id)


@command(GetHealth, mode="read")
async def get_health(context: Context, command: GetHealth) -> AdminHealth:
    return await health.get_health(context)
