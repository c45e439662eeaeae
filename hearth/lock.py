"""One server per data directory: a lock that ends with its process, so a crash leaves none.

The locked file says who holds it (pid) and where that server answers, for `hearth invite` and the like.
"""

import os
import sys
from pathlib import Path
from types import TracebackType

from hearth.refusal import Refusal

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FILE_NAME = "hearth.lock"
# Windows forbids others to read a locked byte, so the lock lies far behind the pid.
LOCKED_BYTE = 1 << 30


class DirectoryInUse(Refusal):
    """Another server runs on the directory. `pid` is its process id, or None when it could not be read."""

    def __init__(self, directory: Path, pid: int | None) -> None:
        who = f"process {pid}" if pid is not None else "another process"
        super().__init__(
            f"A Hearth server already runs on {directory} ({who}). Stop it first, or choose another "
            "--data directory."
        )
        self.pid = pid


class DirectoryLock:
    """Held from `acquire` to `release`, or as a context manager."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock, in a directory that is made if there is none. Raises DirectoryInUse or Refusal."""
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.directory / FILE_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Refusal(
                f"Nothing can be written to {self.directory}, where the database lies: {error.strerror}. "
                "Change its mode, or choose another place with --data or --database."
            ) from error
        try:
            lock_descriptor(descriptor)
        except OSError:
            pid, _ = read_holder(descriptor)
            os.close(descriptor)
            raise DirectoryInUse(self.directory, pid) from None
        self._descriptor = descriptor
        self.announce("")

    def announce(self, url: str) -> None:
        """Write who we are and where we answer into the locked file."""
        if self._descriptor is None:
            raise RuntimeError("the lock is not held")
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, f"{os.getpid()}\n{url}\n".encode())

    def release(self) -> None:
        """Give the lock back. The file stays: removing it would let two servers lock two files."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> "DirectoryLock":
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def lock_descriptor(descriptor: int) -> None:
    """Lock an open file without waiting. Raises OSError when somebody else holds it."""
    if sys.platform == "win32":
        os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def find_running_server(directory: Path) -> str | None:
    """Return the URL of the server that runs on a directory, or None when none does."""
    try:
        descriptor = os.open(directory / FILE_NAME, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        lock_descriptor(descriptor)
    except OSError:
        return read_holder(descriptor)[1] or None
    finally:
        os.close(descriptor)
    return None


def read_holder(descriptor: int) -> tuple[int | None, str]:
    os.lseek(descriptor, 0, os.SEEK_SET)
    pid, _, url = os.read(descriptor, 1000).decode("utf-8", "replace").partition("\n")
    return int(pid) if pid.isdigit() else None, url.strip()
