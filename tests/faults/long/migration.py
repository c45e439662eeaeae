"""F29 at its full size: a million messages, and the next version's migration rewrites every one of them.

`scripts/soak migration [--messages N] [--kills N]`. SQLite. `kill -9` at random moments of it, then it is let
through: nothing may be missing or half done. Prints how long the server is away, which is what the migration
costs: one process migrates before it listens.
"""

import argparse
import asyncio
import contextlib
import hashlib
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import hearth.db.sqlite as sqlite
from bench.seed import seed_history
from hearth.db.migrate import FOLDER, list_revisions
from tests.faults.rig.victim import OPTIONS, ROOT
from tests.mariadb import find_free_port
from tests.served import clean_environment

REVISION = '''\
"""A column for every message, filled from another, and an index over it: the most a migration does."""

import sqlalchemy as sa
from alembic import op

revision = "{new}"
down_revision = "{old}"


def upgrade() -> None:
    op.add_column("message", sa.Column("size", sa.Integer))
    op.execute("UPDATE message SET size = length(message)")
    op.create_index("ix_message_size", "message", ["size"])
'''
WRITTEN = 256 * 1024
"""Bytes in SQLite's log by which the migration is seen to be under way."""
NEXT_VERSION = """\
import sys
from pathlib import Path
import hearth.db.migrate
hearth.db.migrate.FOLDER = Path(sys.argv.pop(1))
from hearth.cli import main
sys.exit(main(sys.argv[1:]))
"""


def write_next_version(folder: Path) -> Path:
    """Copy the migrations and add one; returns their folder."""
    target = folder / "migrations"
    shutil.copytree(FOLDER, target)
    old = list_revisions()[-1]
    new = f"{int(old) + 1:04}"
    (target / "versions" / f"{new}_next.py").write_text(REVISION.format(new=new, old=old))
    return target


class NextServer:
    """The next version of `hearth serve` on this data."""

    def __init__(self, migrations: Path, data: Path) -> None:
        self.port = find_free_port()
        command = ["serve", "--port", str(self.port), "--data", str(data), *OPTIONS]
        self.process = subprocess.Popen(
            [sys.executable, "-c", NEXT_VERSION, str(migrations), *command],
            cwd=ROOT,
            env=clean_environment(),
            stdout=subprocess.DEVNULL,
        )
        self.begun = time.monotonic()

    def answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        except ConnectionRefusedError:
            return False
        return True

    def wait_for_work(self, log: Path) -> None:
        """Wait until it has begun to write."""
        deadline = self.begun + 120
        while not log.exists() or log.stat().st_size < WRITTEN:
            assert time.monotonic() < deadline and self.process.poll() is None, "it never began"
            time.sleep(0.01)

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until it answers; tells whether it does."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.answers():
                return True
            assert self.process.poll() is None, "the server gave up"
            time.sleep(0.05)
        return False


def describe(path: Path) -> tuple[int, str]:
    """How many messages there are, and a hash over what every one of them says."""
    digest, count = hashlib.sha256(), 0
    with contextlib.closing(sqlite.LIBRARY.connect(str(path))) as connection:
        for row in connection.execute(
            "SELECT seq, message, log_hash FROM message ORDER BY conversation_id, seq"
        ):
            digest.update(repr(row).encode())
            count += 1
    return count, digest.hexdigest()


def count_wrong(path: Path) -> int:
    with contextlib.closing(sqlite.LIBRARY.connect(str(path))) as connection:
        ok = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        query = "SELECT count(*) FROM message WHERE size IS NOT length(message)"
        return int(connection.execute(query).fetchone()[0]) + (not ok)


def run(messages: int, kills: int, folder: Path) -> bool:
    data, path = folder / "data", folder / "data" / "hearth.db"
    data.mkdir(mode=0o700)
    asyncio.run(seed_history(f"sqlite+aiosqlite:///{path.as_posix()}", messages))
    before, size = describe(path), path.stat().st_size
    migrations = write_next_version(folder)
    print(f"{before[0]} messages, {size / 2**20:.0f} MiB", flush=True)
    killed, longest = 0, max(0.5, messages / 100_000)
    for _ in range(kills):
        server = NextServer(migrations, data)
        server.wait_for_work(path.with_name("hearth.db-wal"))
        done = server.wait(random.uniform(0, longest))
        server.process.kill()
        server.process.wait()
        if done:
            break
        killed += 1
    server = NextServer(migrations, data)
    assert server.wait(1800)
    took = time.monotonic() - server.begun
    log = path.with_name("hearth.db-wal")
    grown = log.stat().st_size if log.exists() else 0
    server.process.terminate()
    server.process.wait()
    after, wrong = describe(path), count_wrong(path)
    print(
        f"F29: killed {killed} times in the middle; then {took:.1f} s from the start to the first answer; "
        f"log file {grown / 2**20:.0f} MiB; {wrong} rows wrong, "
        f"messages {'as before' if after == before else 'CHANGED'}"
    )
    return after == before and wrong == 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/soak migration", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=8)
    options = parser.parse_args()
    os.umask(0o077)
    with tempfile.TemporaryDirectory(prefix="hearth-migration-") as folder:
        return 0 if run(options.messages, options.kills, Path(folder)) else 1


if __name__ == "__main__":
    raise SystemExit(main())
