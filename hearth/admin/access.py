"""Who may administer: asked of the database in every command's own transaction, never of the session.

So an administrator who has just been demoted or disabled is refused, however old their socket is (A20).
"""

from hearth.accounts.roster import is_administrator
from hearth.admin.rules import AdministratorsOnly
from hearth.contract import Context


async def require_administrator(context: Context, *, lock: bool = False) -> None:
    """Raise AdministratorsOnly unless the asker is one now; `lock` keeps it so until the commit.

    Of two administrators who disable each other at once the lock lets one through.
    """
    if not await is_administrator(context, context.user_id, lock=lock):
        raise AdministratorsOnly
