"""How the server does, for administrators: what `/healthz` keeps from strangers, and a few figures."""

from hearth import __version__
from hearth.accounts.roster import count_accounts
from hearth.admin.access import require_administrator
from hearth.admin.contract import AdminHealth
from hearth.contract import Context


async def get_health(context: Context) -> AdminHealth:
    """Return what is wrong now, what is doubtful, and how much there is to do."""
    await require_administrator(context)
    services = context.services
    watch = services.watch
    found = await watch.examine()
    return AdminHealth(
        faults=found.faults,
        doubts=watch.doubts,
        version=__version__,
        database=services.database.describe(),
        users=await count_accounts(context),
        devices=watch.count_devices(),
        waiting=services.messages.depth,
        disk_free=found.disk_free,
        loop_lag=watch.lag.worst,
        running_since=watch.since,
    )
