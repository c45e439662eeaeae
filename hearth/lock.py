"""One server per data directory: a lock that ends with its process, so a crash leaves none."""

import os
import sys
from pathlib import Path
from types import TracebackType

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FILE_NAME = "hearth.lock"
# Windows forbids others to read a locked byte, so the lock lies far behind the pid.
LOCKED_BYTE = 1 << 30


class DirectoryInUse(Exception):
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
        """Take the lock and write our pid into it. Raises DirectoryInUse."""
        descriptor = os.open(self.directory / FILE_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            lock_descriptor(descriptor)
        except OSError:
            pid = read_pid(descriptor)
            os.close(descriptor)
            raise DirectoryInUse(self.directory, pid) from None
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

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


def read_pid(descriptor: int) -> int | None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    text = os.read(descriptor, 20).strip()
    return int(text) if text.isdigit() else None
