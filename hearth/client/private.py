"""What a program keeps for its person's other devices: sealed rows that the server cannot read (6.4)."""

from typing import TYPE_CHECKING, Any

from hearth.client.crypto.private import NOWHERE, PrivateKind
from hearth.client.keys.keeper import Keeper

if TYPE_CHECKING:
    from hearth.client.keys.private_rows import Change

EVERYWHERE = NOWHERE.hex()
"""Where preferences stand."""


class Private:
    """`client.private`. A place is a conversation's id, EVERYWHERE for preferences, 32 hex digits of one's
    own for what is scheduled.

    Each method raises NoKeys, HearthError, and Rejected for what the server shows and cannot be.
    """

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    async def find(self, kind: PrivateKind, place: str = EVERYWHERE) -> dict[str, Any]:
        """Return what is kept in a place now: no fields for nothing."""
        async with self._keeper.hold() as room:
            await room.private.catch_up()
            return room.private.find(kind, place)

    async def list_kind(self, kind: PrivateKind) -> dict[str, dict[str, Any]]:
        """Return what is kept of a kind now, by place."""
        async with self._keeper.hold() as room:
            await room.private.catch_up()
            return room.private.list_kind(kind)

    async def change(self, kind: PrivateKind, change: "Change", place: str = EVERYWHERE) -> dict[str, Any]:
        """Let `change` make new fields of those that are there, and return what stands there then.

        It may be called more than once: another device may have been quicker. No fields take away what is
        kept; fields that one does not know are to be left there. Of two drafts the one of the later `time`
        counts. Raises Rejected(malformed) for a place where there is nothing of that kind, and for too much.
        """
        async with self._keeper.hold() as room:
            return await room.private.change(kind, place, change)
