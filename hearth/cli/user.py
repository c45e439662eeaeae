"""`hearth user …`: list accounts, disable or enable one, help somebody back in who forgot their password.

Works on the database, also while a server runs on it, which notices within seconds and closes the sockets.
"""

import argparse

from hearth.accounts.disable import disable_user, enable_user
from hearth.accounts.first_account import make_reset_link
from hearth.accounts.reset_sign_in import create_reset
from hearth.accounts.roster import Account, get_living_id, has_administrator, list_accounts
from hearth.accounts.rules import RESET_LASTS
from hearth.cli.one_verb import find_public_url, run_verb
from hearth.config import Config
from hearth.contract import Context
from hearth.refusal import Refusal
from hearth.safety import prepare_data

PAGE = 500


def run(config: Config, options: argparse.Namespace) -> int:
    prepare_data(config.data)
    if options.action == "list":
        return print_users(config, options.username or "")
    if not options.username:
        raise Refusal(f"Say who: hearth user {options.action} NAME")
    return ACTIONS[options.action](config, options.username)


def print_users(config: Config, search: str) -> int:
    """Print one line for each account, newest first: tabs between, for people and for cut."""

    async def load(context: Context) -> list[Account]:
        found: list[Account] = []
        while page := await list_accounts(
            context, search=search, before=found[-1].card.id if found else None, limit=PAGE
        ):
            found += page
        return found

    for account in run_verb(config, load):
        standing = ["administrator"] if account.is_admin else []
        standing += [f"disabled {account.disabled_at:%Y-%m-%d}"] if account.disabled_at else []
        since = f"since {account.created_at:%Y-%m-%d}"
        devices = f"{account.devices} device{'' if account.devices == 1 else 's'}"
        print("\t".join([account.card.username, since, devices, ", ".join(standing)]).rstrip())
    return 0


def disable(config: Config, username: str) -> int:
    async def act(context: Context) -> bool:
        await disable_user(context, await get_living_id(context, username))
        return await has_administrator(context)

    is_administered = run_verb(config, act)
    print(
        f"{username} is signed out everywhere and cannot sign in. A running server cuts them off in seconds."
    )
    if not is_administered:
        print("No administrator is left: the next start of the server prints a link that makes one.")
    return 0


def enable(config: Config, username: str) -> int:
    async def act(context: Context) -> None:
        await enable_user(context, await get_living_id(context, username))

    run_verb(config, act)
    print(f"{username} can sign in again.")
    return 0


def reset_sign_in(config: Config, username: str) -> int:
    token = run_verb(config, lambda context: create_reset(context, username))
    hours = int(RESET_LASTS.total_seconds() // 3600)
    print(make_reset_link(find_public_url(config), token))
    print(f"Hand this link to {username} in person. It works once, within {hours} hours,")
    print("and signs out all of their devices.")
    return 0


ACTIONS = {"disable": disable, "enable": enable, "reset-sign-in": reset_sign_in}
