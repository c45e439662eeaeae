"""How long a device that knows of something lost, and cannot give it back, waits for somebody who can."""

from hearth.client.keys.own import now_ms

PATIENCE_MS = 600_000


def end() -> int:
    """Return until when to wait that begins now (ms)."""
    return now_ms() + PATIENCE_MS
