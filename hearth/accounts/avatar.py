"""Pictures of users: set, take away, show. A picture is kept by its hash just while somebody shows it."""

import hashlib

from hearth.accounts import avatars_store, store
from hearth.accounts.avatars_store import AvatarRow
from hearth.accounts.contract import AvatarSaved
from hearth.accounts.pictures import require_picture
from hearth.accounts.update_profile import publish_profile, require_self
from hearth.contract import Context, Nothing
from hearth.errors import NotFound


async def set_avatar(context: Context, content_type: str, content: bytes) -> AvatarSaved:
    """Show this picture from now on. Raises UnsupportedType, TooLarge, InvalidInput."""
    require_picture(content_type, content)
    row = await require_self(context)
    avatar_id = hashlib.sha256(content).digest()
    if avatar_id != row.avatar_id:
        await avatars_store.keep_avatar(context.transaction, avatar_id, content_type, content, context.now)
        await _show(context, avatar_id, instead_of=row.avatar_id)
    return AvatarSaved(avatar_id=avatar_id.hex())


async def remove_avatar(context: Context) -> Nothing:
    row = await require_self(context)
    if row.avatar_id is not None:
        await _show(context, None, instead_of=row.avatar_id)
    return Nothing()


async def get_avatar(context: Context, avatar_id: bytes) -> AvatarRow:
    """Return a picture to a signed-in person; raises NotFound."""
    avatar = await avatars_store.find_avatar(context.transaction, avatar_id)
    if avatar is None:
        raise NotFound
    return avatar


async def _show(context: Context, avatar_id: bytes | None, *, instead_of: bytes | None) -> None:
    await store.update_avatar_id(context.transaction, context.user_id, avatar_id)
    if instead_of is not None:
        await avatars_store.drop_unused_avatar(context.transaction, instead_of)
    await publish_profile(context)
