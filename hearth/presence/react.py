"""What follows for presence once something is on disk. Hands it to the board, so it cannot fail a command."""

from hearth.accounts.contract import SettingsChanged
from hearth.contract import Audience, Context, Users
from hearth.friends.contract import FriendAdded


async def introduce_friend(context: Context, told: tuple[FriendAdded, Audience]) -> None:
    """After commit: each of two new friends learns how present the other is."""
    event, audience = told
    if isinstance(audience, Users):
        context.services.presence.introduce(event.friend.profile.user.id, audience.ids)


async def announce_setting(context: Context, told: tuple[SettingsChanged, Audience]) -> None:
    """After commit: friends see at once that somebody began or ceased to share their presence."""
    _, audience = told
    if isinstance(audience, Users):
        for user_id in audience.ids:
            context.services.presence.announce_anew(user_id)
