"""`hearth invite`: links with which people can register, each once and within seven days."""

import argparse

from hearth.accounts.first_account import make_invite_link
from hearth.accounts.invite import create_invite
from hearth.accounts.rules import INVITE_DAYS
from hearth.cli.one_verb import find_public_url, run_verb
from hearth.config import Config
from hearth.contract import Context
from hearth.safety import prepare_data


def run(config: Config, options: argparse.Namespace) -> int:
    prepare_data(config.data)

    async def create(context: Context) -> list[str]:
        return [await create_invite(context) for _ in range(options.count)]

    for token in run_verb(config, create):
        print(make_invite_link(find_public_url(config), token))
    print(f"Each link lets one person register within {INVITE_DAYS} days.")
    return 0
