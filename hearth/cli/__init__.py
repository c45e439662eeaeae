"""The `hearth` command. Each sub command is one module, imported only when it is called."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from hearth import __version__
from hearth.options import OPTIONS, add_flags, load_config
from hearth.refusal import Refusal
from hearth.safety import SHOWN_IN_PROCESS_LIST, has_password

COMMANDS = {
    "serve": ("hearth.cli.serve", "start the server"),
    "cert": ("hearth.cli.cert", "make or renew a certificate of your own, for HTTPS in your network"),
    "invite": ("hearth.cli.invite", "print links with which people can register"),
    "user": ("hearth.cli.user", "accounts: user list [PART], user disable|enable|reset-sign-in NAME"),
    "backup": ("hearth.cli.backup", "write a verified copy of everything to a file, also while it runs"),
    "restore": ("hearth.cli.restore", "put a backup in the place of the database"),
    "doctor": ("hearth.cli.doctor", "look at settings, database, disk, clock and certificates"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 refused, 2 misunderstood, 141 no longer read."""
    options = understand(arguments)
    if options is None:
        return 2
    if sys.platform != "win32":
        # Whatever is written to the data directory is for its owner alone.
        os.umask(0o077)
    module = importlib.import_module(COMMANDS[options.command][0])
    if has_password(options.database or ""):
        print(f"Warning: {SHOWN_IN_PROCESS_LIST}", file=sys.stderr)
    try:
        config = load_config(vars(options), os.environ)
        code = int(module.run(config, options))
        sys.stdout.flush()
        return code
    except Refusal as error:
        print(f"hearth: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever reads this (`head`, say) has enough: what is left in the buffer goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def understand(arguments: Sequence[str] | None = None) -> argparse.Namespace | None:
    """Read a command, or say what is wrong with it and return None. Needs nothing but Python."""
    parser = make_parser()
    options, unknown = parser.parse_known_args(arguments)
    if options.command is None:
        parser.print_help(sys.stderr)
        return None
    if unknown:
        told = f"There is no {' '.join(unknown)} here. `hearth {options.command} --help` shows what there is."
        print(f"hearth {options.command}: {told}", file=sys.stderr)
        return None
    return options


def make_parser() -> argparse.ArgumentParser:
    """Return the parser. All commands take all settings, so that they find the same server."""
    parser = argparse.ArgumentParser(
        prog="hearth",
        description="Hearth, a self-hosted chat.",
        epilog=describe_settings(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"hearth {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, (_, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=f"hearth {name}: {summary}.")
        if name == "cert":
            command.add_argument("names", nargs="*", metavar="NAME", help="more names or addresses to cover")
        elif name == "invite":
            command.add_argument(
                "--count", type=read_count, default=1, metavar="N", help="how many; default 1"
            )
        elif name in ("backup", "restore"):
            command.add_argument("file", metavar="FILE", help="the backup")
            if name == "restore":
                command.add_argument(
                    "--sign-out-everybody",
                    action="store_true",
                    help="end all sessions in the backup, among them those that were signed out since",
                )
        elif name == "user":
            actions = ["list", "disable", "enable", "reset-sign-in"]
            command.add_argument("action", choices=actions, help="what to do")
            command.add_argument(
                "username", metavar="NAME", nargs="?", help="whom it is for; for list, a part of the name"
            )
        add_flags(command.add_argument_group("settings"))
    return parser


def read_count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 100):
        raise argparse.ArgumentTypeError("must be a number from 1 to 100")
    return int(text)


def describe_settings() -> str:
    """Return what `hearth --help` says about every setting."""
    formatter = argparse.HelpFormatter(prog="hearth")
    actions = argparse.ArgumentParser(add_help=False)
    add_flags(actions)
    formatter.start_section("settings (for every command; also as variables, or as keys of hearth.toml)")
    formatter.add_arguments(actions._actions)
    formatter.end_section()
    names = ", ".join(option.variable for option in OPTIONS[:3])
    return f"{formatter.format_help()}\nFlags win over variables ({names}, …), and those over the file.\n"
