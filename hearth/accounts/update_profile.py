"""What people change about themselves in words and choices. What follows for friends is in the reactions."""

from hearth.accounts import store
from hearth.accounts.cards import to_own_profile, to_profile
from hearth.accounts.contract import OwnProfile, ProfileChanged, Settings, SettingsChanged, UpdateProfile
from hearth.accounts.store import UserRow
from hearth.accounts.texts import clean_about, clean_display_name
from hearth.contract import Context, Users
from hearth.errors import NotFound


async def update_profile(context: Context, command: UpdateProfile) -> OwnProfile:
    """Change what is given, keep the rest, return all of it. An emptied name becomes the username."""
    row = await require_self(context)
    display_name, about = row.display_name, row.about
    if command.display_name is not None:
        display_name = clean_display_name(command.display_name, fallback=row.username)
    if command.about is not None:
        about = clean_about(command.about)
    if (display_name, about) != (row.display_name, row.about):
        await store.update_profile(context.transaction, row.id, display_name=display_name, about=about)
        row = await publish_profile(context)
    return to_own_profile(row)


async def update_settings(context: Context, settings: Settings) -> Settings:
    """Keep a person's choices; all their devices hear of it."""
    row = await require_self(context)
    await store.update_settings(context.transaction, row.id, settings)
    context.publish(SettingsChanged(settings=settings), to=Users((row.id,)))
    return settings


async def require_self(context: Context) -> UserRow:
    """Return the asking user's row, locked; raises NotFound when it was deleted in this moment."""
    row = await store.find_user(context.transaction, context.user_id, lock=True)
    if row is None or row.deleted_at is not None:
        raise NotFound
    return row


async def publish_profile(context: Context) -> UserRow:
    """Tell one's own devices what the profile is now, and return the row it was read from."""
    row = await require_self(context)
    context.publish(ProfileChanged(profile=to_profile(row)), to=Users((row.id,)))
    return row
