"""The server's own secrets: made at first start, kept in the data directory, never printed."""

import secrets
from pathlib import Path

from hearth.files import write_private

SIZE = 32


def read_or_make_secret(data: Path, name: str) -> bytes:
    """Return the 32 secret bytes kept as DATA/secrets/NAME.key, making them the first time.

    Raises ValueError when the file was damaged: going on with another secret would break what rests on it.
    """
    path = data / "secrets" / f"{name}.key"
    try:
        secret = path.read_bytes()
    except FileNotFoundError:
        secret = secrets.token_bytes(SIZE)
        write_private(path, secret)
    if len(secret) != SIZE:
        raise ValueError(f"{path} is damaged: it must hold {SIZE} bytes. Restore it from a backup.")
    return secret
