"""What a program keeps between runs: session, keys, cursors and unsent messages, never the password.

Every change replaces the file as a whole (0600, fsync, rename), so that a crash leaves the old or the new
one.
"""

import contextlib
import os
import tempfile
from pathlib import Path

import msgspec

from hearth.client.keys.kept import AccountKeys
from hearth.messages.contract import Sent

REMEMBERED_SENT = 256


class Cursor(msgspec.Struct, frozen=True):
    """How far a conversation's log was handled, H(seq), and the last counter of each device up to there.

    `is_whole`: it was read from its first entry on, so that a device without a counter has sent nothing.
    `used` are the highest counters of those entries that are proven, by user and device.
    `places` are some of the places before, H by seq: where a restored log is the one that was known.
    `handled` are the counters up to which entries were handled before a restore, by device.
    """

    seq: int
    log_hash: bytes
    counters: dict[str, int] = {}
    is_whole: bool = False
    used: dict[str, int] = {}
    places: dict[int, bytes] = {}
    handled: dict[str, int] = {}


class KeptWaiting(msgspec.Struct, frozen=True):
    """Entries that could not be opened yet, and where reading has to begin again to judge them."""

    base: Cursor
    seqs: list[int]


class OutboxTarget(msgspec.Struct, frozen=True):
    """What an unsent entry is aimed at, as it was seen: the hash is that of its record."""

    seq: int
    kind: int
    user: int
    hash: bytes


class OutboxRow(msgspec.Struct):
    """A message that may not have reached the server. `counter` is 0 until it is about to be sent.

    `record` is what was written; `sealed` the same under an epoch, once it is sealed, byte for byte as it is
    sent. `given_id` is the client id that a program knows it by, if it goes out under another one.
    """

    client_id: str
    conversation_id: str
    record: bytes
    kind: int
    counter: int = 0
    sealed: bytes = b""
    epoch: int = 0
    given_id: str = ""
    target: OutboxTarget | None = None


class DeviceState(msgspec.Struct, kw_only=True):
    """One signed-in device. `cursors` is None until the first connection, `keys` for who has none.

    `unsettled` are cursors of before a restore: where the log is still the same is not known yet.
    `settled` are the seqs of the last own messages that are known to stand.
    """

    format: int = 1
    url: str
    username: str
    user_id: int
    device_id: str
    token: str
    generation: str = ""
    cursors: dict[str, Cursor] | None = None
    unsettled: dict[str, Cursor] = {}
    waiting: dict[str, KeptWaiting] = {}
    counters: dict[str, int] = {}
    settled: dict[str, int] = {}
    outbox: list[OutboxRow] = []
    sent: dict[str, Sent] = {}
    keys: AccountKeys | None = None


class DeviceFile:
    """A device's state, kept in memory or, with a path, on disk as well."""

    def __init__(self, state: DeviceState, path: Path | None = None) -> None:
        self.state = state
        self.path = path

    @classmethod
    def load(cls, path: str | Path) -> "DeviceFile":
        """Read a file that `save` wrote. Raises OSError and ValueError."""
        path = Path(path)
        try:
            state = msgspec.json.decode(path.read_bytes(), type=DeviceState)
        except msgspec.MsgspecError as error:
            raise ValueError(f"{path} is not a device file: {error}") from error
        return cls(state, path)

    def save(self) -> None:
        """Put the state on disk. Returns when it would survive a power cut."""
        while len(self.state.sent) > REMEMBERED_SENT:
            del self.state.sent[next(iter(self.state.sent))]
        if self.path is not None:
            write_private(self.path, msgspec.json.format(msgspec.json.encode(self.state), indent=1) + b"\n")

    def remove(self) -> None:
        """Forget the device for good, after signing out."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """Replace a file by one that only its owner may read, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:  # mkstemp made it 0600
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
