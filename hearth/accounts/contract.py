"""What can be asked of accounts over socket and HTTP, and what others are told about them."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from hearth.contract import Command, DeviceId, Event, Hash32, Id, Shape, UserId

Username = Annotated[str, Meta(min_length=1, max_length=64)]
DisplayName = Annotated[str, Meta(max_length=512)]
About = Annotated[str, Meta(max_length=4096)]
AvatarId = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Salt = Annotated[bytes, Meta(min_length=16, max_length=16)]
DeviceName = Annotated[str, Meta(max_length=120)]
OneTimeToken = Annotated[str, Meta(max_length=64)]


class UserCard(Shape):
    """What any signed-in person who knows the username may see. `deleted` users keep only their id."""

    id: UserId
    username: str
    display_name: str
    avatar_id: AvatarId | None = None
    deleted: bool = False


class Profile(Shape):
    """What friends see on somebody's profile page."""

    user: UserCard
    about: str
    created_at: datetime


class Settings(Shape):
    """A person's own choices, the same on all their devices."""

    share_presence: bool = True


class OwnProfile(Shape):
    """Everything about oneself."""

    user: UserCard
    about: str
    settings: Settings
    is_admin: bool
    created_at: datetime


class Device(Shape):
    """One signed-in browser or program of oneself."""

    id: DeviceId
    name: str
    created_at: datetime
    last_seen: datetime


class KdfParameters(Shape):
    """How a password becomes keys: Argon2id with this salt; memory in KiB."""

    salt: Salt
    memory: Annotated[int, Meta(ge=8, le=4 * 1024 * 1024)]
    iterations: Annotated[int, Meta(ge=1, le=100)]
    parallelism: Annotated[int, Meta(ge=1, le=16)]


class Registration(Shape, forbid_unknown_fields=True):
    """Body of POST /api/register."""

    username: Username
    display_name: DisplayName
    auth_key: Hash32
    kdf: KdfParameters
    device_name: DeviceName
    invite: OneTimeToken | None = None
    session: Literal["cookie", "bearer"] = "cookie"


class SignIn(Shape, forbid_unknown_fields=True):
    """Body of POST /api/sign-in."""

    username: Username
    auth_key: Hash32
    device_name: DeviceName
    session: Literal["cookie", "bearer"] = "cookie"


class SignInReset(Shape, forbid_unknown_fields=True):
    """Body of POST /api/sign-in/reset: a new password by an administrator's one-time link."""

    token: OneTimeToken
    auth_key: Hash32
    kdf: KdfParameters
    device_name: DeviceName
    session: Literal["cookie", "bearer"] = "cookie"


class SignedIn(Shape):
    """A session began. `token` is given to programs only; browsers get it as a cookie."""

    user: UserCard
    device: Device
    token: str | None = None


class RegistrationInfo(Shape):
    """What a visitor may do, and on which server: GET /api/registration. `server_id` never changes; the first
    keys of an account, made in the same breath as the account, are bound to it. `generation` is another one
    since a backup was restored: who signs in and remembers more than the backup has is told so by it."""

    mode: Literal["open", "invite", "closed"]
    has_users: bool
    insecure_test_kdf: bool
    server_id: Id
    generation: Id


class LinkQuestion(Shape, forbid_unknown_fields=True):
    """Body of POST /api/links: the one-time token that a link carries."""

    token: OneTimeToken


class LinkInfo(Shape):
    """What a one-time link is good for; `username` is whose sign-in a reset is about."""

    purpose: Literal["invite", "administrator", "reset"]
    username: str | None = None


class AvatarSaved(Shape):
    avatar_id: AvatarId


class Session(Shape):
    """Who the asker is: GET /api/session."""

    user: UserCard
    device: Device


class Devices(Shape):
    devices: list[Device]


class UpdateProfile(Command, name="profile.update", limit="20/600s"):
    """Change display name or the text about oneself; what is left out stays. Returns the whole profile."""

    display_name: DisplayName | None = None
    about: About | None = None


class UpdateSettings(Command, name="settings.update", limit="30/60s"):
    share_presence: bool


class ListDevices(Command, name="device.list", limit="60/60s", per="device"):
    """One's signed-in devices, last seen first."""


class RenameDevice(Command, name="device.rename", limit="30/600s"):
    """Call one of one's own devices by another name, so that two of a kind can be told apart.

    Invisible characters are left out. Errors: `not_found`, `invalid_input` (nothing is left of the name).
    """

    device_id: DeviceId
    name: DeviceName


class RevokeDevice(Command, name="device.revoke", limit="60/60s", per="device"):
    """Sign one device out; its sockets end within a second. Any but the asking one needs the password."""

    device_id: DeviceId
    auth_key: Hash32 | None = None


class RevokeOtherDevices(Command, name="device.revoke_others", limit="20/60s", per="device"):
    """Prove the password and sign out every device but the asking one."""

    auth_key: Hash32


class ChangePassword(Command, name="account.change_password", limit="5/600s", per="device"):
    """Prove the old password, set the new one; every other session ends."""

    old_auth_key: Hash32
    auth_key: Hash32
    kdf: KdfParameters


class DeleteAccount(Command, name="account.delete", limit="5/600s", per="device"):
    """Delete the account for ever: profile, devices, requests, friendships go; messages stay with others."""

    auth_key: Hash32


class ProfileChanged(Event, name="profile.changed", logged=True):
    """To oneself. What others learn follows from it: `user.changed` and `friend.changed`."""

    profile: Profile


class UserChanged(Event, name="user.changed", logged=True):
    """To everybody who holds this card: friends, request partners, blockers, co-members."""

    user: UserCard


class UserDeleted(Event, name="user.deleted", logged=True):
    """To everybody who holds the deleted user's card; the names are gone, the id stays."""

    user_id: UserId


class SettingsChanged(Event, name="settings.changed", logged=True):
    """To oneself."""

    settings: Settings


class DeviceAdded(Event, name="device.added", logged=True):
    """To oneself."""

    device: Device


class DeviceRenamed(Event, name="device.renamed", logged=True):
    """To oneself."""

    device: Device


class DeviceRemoved(Event, name="device.removed", logged=True):
    """To oneself, but no longer to the removed device."""

    device_id: DeviceId


class SessionEnded(Event, name="session.ended"):
    """To the device itself, just before its sockets are closed."""

    reason: Literal["signed_out", "revoked", "password_changed", "deleted", "disabled", "expired"]
