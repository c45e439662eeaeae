"""`hearth user reset-sign-in NAME`: a one-time link to set a new password with."""

import argparse

from hearth.accounts.first_account import make_reset_link
from hearth.accounts.reset_sign_in import create_reset
from hearth.accounts.rules import RESET_LASTS
from hearth.cli.one_verb import find_public_url, run_verb
from hearth.config import Config
from hearth.safety import prepare_data


def run(config: Config, options: argparse.Namespace) -> int:
    prepare_data(config.data)
    token = run_verb(config, lambda context: create_reset(context, options.username))
    hours = int(RESET_LASTS.total_seconds() // 3600)
    print(make_reset_link(find_public_url(config), token))
    print(f"Hand this link to {options.username} in person. It works once, within {hours} hours,")
    print("and signs out all of their devices.")
    return 0
