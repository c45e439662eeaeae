"""A private MariaDB server for the tests: own directory, own port, durable settings, gone afterwards.

Its temporary files are its own, too: a server that starts removes those that it finds, whosever they are.
"""

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

START_SECONDS = 60
ROOMY_ENOUGH = 1 << 30


class MariaDBMissing(Exception):
    """The programs of a MariaDB server are not installed."""


def find_program(*names: str) -> str:
    """Return the path of the first program that is installed; servers often stand outside a user's PATH."""
    path = os.pathsep.join(
        [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/sbin"]
    )
    for name in names:
        if found := shutil.which(name, path=path):
            return found
    raise MariaDBMissing(f"{names[0]} is not installed")


class PrivateMariaDB:
    """One server process. `start` it, make databases on it, `stop` it."""

    def __init__(self) -> None:
        self.server = find_program("mariadbd", "mysqld")
        self.installer = find_program("mariadb-install-db", "mysql_install_db")
        self.client = find_program("mariadb", "mysql")
        self.dumper = find_program("mariadb-dump", "mysqldump")
        self.port = 0
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def directory(self) -> Path:
        if self._directory is None:
            raise RuntimeError("the server has not been started")
        return Path(self._directory.name)

    def start(self) -> None:
        """Make the data directory and wait until the server answers. Raises RuntimeError with its log."""
        self._directory = tempfile.TemporaryDirectory(prefix="hearth-mariadb-", dir=choose_place())
        (self.directory / "tmp").mkdir()
        self._run(
            self.installer,
            f"--datadir={self.directory / 'data'}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            f"--tmpdir={self.directory / 'tmp'}",
            f"--user={getpass.getuser()}",
        )
        self.port = find_free_port()
        self._launch()

    def stop(self) -> None:
        """End the process and remove its directory."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    def kill(self) -> None:
        """End the process as a power cut would; `start_again` brings it back on the same data."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def start_again(self) -> None:
        """Start on the existing data after `kill`."""
        self._launch()

    def create_database(self, name: str, content: str = "") -> str:
        """Make a database, empty or with what `dump` returned of another, and return its address."""
        self.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4; USE `{name}`; {content}")
        return f"mysql+asyncmy://root@127.0.0.1:{self.port}/{name}"

    def dump(self, name: str) -> str:
        """Return the statements that make a database's tables and rows."""
        options = ("--hex-blob", "--skip-comments", "--skip-add-drop-table", "--skip-add-locks")
        return self._run(self.dumper, "--user=root", f"--socket={self.socket}", *options, name)

    def drop_database(self, name: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS `{name}`")

    def execute(self, statement: str) -> str:
        """Run SQL as root and return what the command-line client prints."""
        options = ("--user=root", f"--socket={self.socket}", "--batch")
        return self._run(self.client, *options, given=statement)

    @property
    def socket(self) -> Path:
        return self.directory / "s.sock"

    def _launch(self) -> None:
        log = self.directory / "server.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [self.server, "--no-defaults", *self._settings()], stdout=output, stderr=output
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                text = log.read_text(errors="replace")
                self.stop()
                raise RuntimeError(f"the private MariaDB server did not start:\n{text[-4000:]}")
            time.sleep(0.1)

    def _settings(self) -> list[str]:
        return [
            f"--datadir={self.directory / 'data'}",
            f"--tmpdir={self.directory / 'tmp'}",
            f"--socket={self.socket}",
            f"--pid-file={self.directory / 'server.pid'}",
            f"--port={self.port}",
            f"--user={getpass.getuser()}",
            "--bind-address=127.0.0.1",
            "--character-set-server=utf8mb4",
            "--innodb-flush-log-at-trx-commit=1",
            "--innodb-buffer-pool-size=64M",
            "--innodb-log-file-size=32M",
            "--max-connections=200",
            "--performance-schema=OFF",
            "--skip-name-resolve",
        ]

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except RuntimeError:
            return False
        return True

    def _run(self, program: str, *arguments: str, given: str = "") -> str:
        done = subprocess.run(
            [program, "--no-defaults", *arguments],
            check=False,
            capture_output=True,
            text=True,
            input=given,
            timeout=120,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout


def choose_place() -> str | None:
    """Return a directory in memory if there is room: a database per test is mostly waiting for the disk."""
    memory = Path("/dev/shm")
    try:
        return str(memory) if shutil.disk_usage(memory).free > ROOMY_ENOUGH else None
    except OSError:
        return None


def find_free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
