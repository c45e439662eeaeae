"""`hearth backup FILE`: everything the database holds in one verified file, also while a server runs."""

import argparse
from pathlib import Path

from hearth.backups.verify import Summary
from hearth.backups.write import make_backup
from hearth.cli.one_verb import refusals_explained
from hearth.config import Config


def run(config: Config, options: argparse.Namespace) -> int:
    with refusals_explained():
        summary = make_backup(config, Path(options.file))
    print(f"Wrote and verified {options.file}: {describe(summary)}.")
    print("Whoever has this file has the messages: keep it as safe as the server.")
    print("Settings (hearth.toml) and certificates (tls/) are files of their own: copy them, too.")
    return 0


def describe(summary: Summary) -> str:
    """Return what a backup holds in words."""
    newest = f", the newest of {summary.newest} UTC" if summary.newest else ""
    return (
        f"{summary.users} users, {summary.conversations} conversations, {summary.messages} messages{newest}"
    )
