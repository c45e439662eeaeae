"""Invites in the hands of administrators: list, make, take back."""

from hearth.accounts import invite
from hearth.accounts.first_account import make_invite_link
from hearth.accounts.invite import OpenInvite
from hearth.accounts.rules import hash_token
from hearth.admin.access import require_administrator
from hearth.admin.contract import AdminInvite, AdminInvites, CreateInvite, NewInvite
from hearth.admin.note import publish_act
from hearth.contract import Context, Nothing


async def list_invites(context: Context) -> AdminInvites:
    """Return the invites that can still be used, newest first."""
    await require_administrator(context)
    return AdminInvites(invites=[to_admin_invite(row) for row in await invite.list_invites(context)])


async def create_invite(context: Context, command: CreateInvite) -> NewInvite:
    """Make a link; it is told this once. Raises LimitReached."""
    await require_administrator(context, lock=True)
    token = await invite.create_bounded_invite(context, days=command.days, uses=command.uses)
    publish_act(context, "created_invite")
    made = hash_token(token)
    (row,) = [row for row in await invite.list_invites(context) if row.token_hash == made]
    link = make_invite_link(context.services.config.public_url, token)
    return NewInvite(link=link, invite=to_admin_invite(row))


async def revoke_invite(context: Context, invite_id: str) -> Nothing:
    """Take an invite back. Raises NotFound."""
    await require_administrator(context, lock=True)
    await invite.revoke_invite(context, bytes.fromhex(invite_id))
    publish_act(context, "revoked_invite")
    return Nothing()


def to_admin_invite(row: OpenInvite) -> AdminInvite:
    return AdminInvite(
        id=row.token_hash.hex(),
        created_at=row.created_at,
        expires_at=row.expires_at,
        uses_left=row.uses_left,
        makes_admin=row.makes_admin,
    )
