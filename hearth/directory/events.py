"""What only the server's own reactions hear of the directory: holders of a person's card are told there."""

from hearth.contract import Event, UserId
from hearth.vault.contract import Number


class ChainAppended(Event):
    """A person's chain has grown to `n`."""

    user_id: UserId
    n: Number


class ReceivePublished(Event):
    """A person's newest receive statement has this version."""

    user_id: UserId
    version: Number
