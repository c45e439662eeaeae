"""What administrators can ask for. Nothing here leads to what people write to each other (A23)."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from hearth.accounts.contract import UserCard
from hearth.contract import Command, Hash32, Shape, UserId

InviteId = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
"""SHA-256 of an invite's token: names it without giving it away."""


class AdminUser(Shape):
    """An account as administrators see it. `devices` counts where it is signed in."""

    user: UserCard
    is_admin: bool
    created_at: datetime
    devices: int
    disabled_at: datetime | None = None


class AdminUsers(Shape):
    """One page, newest first; the next one begins below the last one's id."""

    users: list[AdminUser]
    more: bool


class AdminInvite(Shape):
    id: InviteId
    created_at: datetime
    expires_at: datetime
    uses_left: int
    makes_admin: bool


class AdminInvites(Shape):
    invites: list[AdminInvite]


class NewInvite(Shape):
    """`link` is told this one time; only its hash is stored."""

    link: str
    invite: AdminInvite


class ResetLink(Shape):
    """`link` is told this one time, and works once, until `expires_at`."""

    link: str
    expires_at: datetime


class AdminHealth(Shape):
    """How the server does. `faults` names what keeps it from its work: database, committer, disk.

    `devices` are those connected now, each once however many sockets and tabs it has.
    """

    faults: list[str]
    doubts: list[str]
    version: str
    database: str
    users: int
    devices: int
    waiting: int
    disk_free: int | None
    loop_lag: float
    running_since: datetime


class ListUsers(Command, name="admin.users", limit="120/60s"):
    """Accounts, newest first; `search` is a part of the username or the display name."""

    search: Annotated[str, Meta(max_length=64)] = ""
    before: UserId | None = None


class DisableUser(Command, name="admin.disable", limit="60/60s"):
    """End all of somebody's sessions and let them in no more. Nobody disables themselves."""

    user_id: UserId


class EnableUser(Command, name="admin.enable", limit="60/60s"):
    """Let somebody sign in again."""

    user_id: UserId


class ResetSignIn(Command, name="admin.reset_sign_in", limit="20/60s"):
    """A one-time link for somebody else who forgot their password, to hand over in person.

    `auth_key` is that of the administrator who asks.
    """

    user_id: UserId
    auth_key: Hash32


class ListInvites(Command, name="admin.invites", limit="120/60s"):
    """The invites that can still be used."""


class CreateInvite(Command, name="admin.create_invite", limit="60/60s"):
    """A link with which `uses` people may register within `days`."""

    days: Annotated[int, Meta(ge=1, le=90)] = 7
    uses: Annotated[int, Meta(ge=1, le=100)] = 1


class RevokeInvite(Command, name="admin.revoke_invite", limit="120/60s"):
    """Take an invite back."""

    invite_id: InviteId


class GetHealth(Command, name="admin.health", limit="60/60s"):
    """How the server does right now."""
