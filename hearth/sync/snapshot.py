"""Everything that a user's log tells, as it stands now. Old snapshot + log = new snapshot."""

from hearth.accounts.cards import get_own_profile
from hearth.accounts.devices import list_devices
from hearth.contract import Context
from hearth.friends.list import list_blocked, list_friends, list_requests
from hearth.sync.contract import Snapshot


async def make_snapshot(context: Context) -> Snapshot:
    """Return the asker's snapshot. Eight queries."""
    transaction, user_id = context.transaction, context.user_id
    return Snapshot(
        profile=await get_own_profile(transaction, user_id),
        devices=(await list_devices(context)).devices,
        friends=await list_friends(transaction, user_id),
        requests=await list_requests(transaction, user_id),
        blocked=await list_blocked(transaction, user_id),
    )
