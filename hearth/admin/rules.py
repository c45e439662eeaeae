"""The decisions of administration that need no database. Pure."""

from hearth.errors import Conflict, HearthError

PAGE = 50


class AdministratorsOnly(HearthError):
    """The same for every command of this noun and whatever it names: nothing is looked up before."""

    code = "administrators_only"
    status = 403
    title = "Only administrators may do that"


class OwnAccount(Conflict):
    """Thus at least the administrator who asks is left, and a new password takes the old one."""

    code = "own_account"
    title = "Administrators do not do that to their own account"


def require_another(asker_id: int, user_id: int) -> None:
    """Raise OwnAccount when somebody is about to shut themselves out, or to get round their own password."""
    if asker_id == user_id:
        raise OwnAccount
