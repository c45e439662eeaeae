"""`hearth restore FILE`: put a backup in the place of the database, where no server runs."""

import argparse
from pathlib import Path

from hearth.backups.restore import restore_backup
from hearth.cli.backup import describe
from hearth.cli.one_verb import refusals_explained
from hearth.config import Config
from hearth.safety import prepare_data


def run(config: Config, options: argparse.Namespace) -> int:
    prepare_data(config.data)
    with refusals_explained():
        restored = restore_backup(config, Path(options.file), sign_out=options.sign_out_everybody)
    print(f"Restored {describe(restored.summary)}.")
    if restored.kept is not None:
        print(f"The database that was there is now {restored.kept}; delete it when you need it no more.")
    print("Passwords are those of the backup's day. Invites and reset links of that day are void.")
    if options.sign_out_everybody:
        print("Everybody has to sign in again.")
    else:
        print(
            "Devices signed out since then are signed in again; --sign-out-everybody would have ended that."
        )
    print("Start the server: every device takes everything anew.")
    return 0
