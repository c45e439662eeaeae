"""What follows from what: event → what happens in the same transaction, and after its commit.

The one place to look for "and then". A lower noun never calls a higher one; what must follow upward stands here.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from hearth.contract import Context, Event

React = Callable[[Context, Any], Awaitable[None]]
Table = dict[type[Event], tuple[React, ...]]


class Reactions:
    """Runs the table below for the events that a verb published."""

    def __init__(self, in_transaction: Table, after_commit: Table) -> None:
        self._in_transaction = in_transaction
        self._after_commit = after_commit

    async def in_transaction(self, context: Context) -> None:
        """React to every published event, also to those that reactions publish."""
        done = 0
        while done < len(context.published):
            event, _ = context.published[done]
            done += 1
            for react in self._in_transaction.get(type(event), ()):
                await react(context, event)

    async def after_commit(self, context: Context) -> None:
        """React to what is on disk now; a failure here loses nothing that counts."""
        for event, audience in context.published:
            for react in self._after_commit.get(type(event), ()):
                await react(context, (event, audience))
