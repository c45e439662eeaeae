"""The links that the command line prints. Tokens stand after `#`, which browsers send to nobody."""

from hearth.accounts.invite import create_first_invite
from hearth.accounts.sessions import NOBODY
from hearth.services import Services
from hearth.work import perform


async def make_first_account_link(services: Services) -> str | None:
    """Return a one-time link for the administrator's account, or None when there is an administrator."""
    token = await perform(services, NOBODY, create_first_invite)
    return None if token is None else make_invite_link(services.config.public_url, token)


def make_invite_link(public_url: str, token: str) -> str:
    """Return the address of the registration page that brings the invite along."""
    return f"{public_url}/register#invite={token}"


def make_reset_link(public_url: str, token: str) -> str:
    """Return the address of the page on which somebody chooses a new password."""
    return f"{public_url}/reset#token={token}"
