"""`hearth serve`: check the settings, lock the directory, run the server until a signal comes."""

import argparse
import logging
import sys
from contextlib import ExitStack
from dataclasses import replace

from hearth.announcement import describe_server, say
from hearth.config import Config
from hearth.lock import DirectoryLock
from hearth.logs import set_up_logging
from hearth.network import open_sockets
from hearth.safety import list_warnings, prepare


def run(config: Config, options: argparse.Namespace) -> int:
    config = prepare(config)
    set_up_logging(config.log_format)
    for warning in list_warnings(config):
        say(f"Warning: {warning}", sys.stderr)
    with ExitStack() as stack:
        # What the log still has to say comes before the last word, a refusal or "stopped".
        stack.callback(logging.shutdown)
        lock = None
        if config.sqlite_directory is not None:
            lock = stack.enter_context(DirectoryLock(config.sqlite_directory))
        sockets = open_sockets(config.host, config.port)
        for sock in sockets:
            stack.callback(sock.close)
        config = replace(config, port=sockets[0].getsockname()[1])

        # The stack of libraries takes most of a second to import: settings are judged before that.
        from hearth.app import create_app
        from hearth.cli.one_verb import refusals_explained
        from hearth.server import run_server

        def announce(lines: list[str]) -> None:
            if lock is not None:
                lock.announce(config.public_url)
            say("\n".join(describe_server(config, lines)), sys.stdout)

        with refusals_explained():
            run_server(create_app, config, sockets, announce)
    say("Hearth has stopped.", sys.stdout)
    return 0
