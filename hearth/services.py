"""What the running server consists of, as one typed record that every verb can reach through its context."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hearth.bus.local import Bus
    from hearth.clock import Clock
    from hearth.config import Config
    from hearth.db.engine import Database
    from hearth.messages.log import MessageLog
    from hearth.presence.board import PresenceBoard
    from hearth.reactions import Reactions
    from hearth.wire.limits import Limits


@dataclass(frozen=True, slots=True)
class Identity:
    """Which server this is: `server_id` never changes, `generation` changes when a backup is restored."""

    server_id: bytes
    generation: bytes


@dataclass(slots=True)
class Services:
    """The parts of one running server, made by `hearth.app.create_app`."""

    config: "Config"
    clock: "Clock"
    database: "Database"
    identity: Identity
    bus: "Bus"
    limits: "Limits"
    reactions: "Reactions"
    messages: "MessageLog"
    presence: "PresenceBoard"
