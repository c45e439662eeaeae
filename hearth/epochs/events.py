"""What only the server's own reactions hear of epochs: the log of messages grows by their entries."""

from typing import Literal

from hearth.contract import Event


class EntrySigned(Event):
    """A signed entry takes the next place of a held conversation's log, in this transaction.

    `log_hash` and `ordinal` are those of the entry before; `told` are the users who are told of it.
    """

    conversation_id: bytes
    seq: int
    ordinal: int
    log_hash: bytes
    kind: Literal[16, 17, 18]
    from_user: int
    from_device: bytes
    client_id: bytes
    epoch: int
    record: bytes
    told: tuple[int, ...]
