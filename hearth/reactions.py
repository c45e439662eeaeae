"""What follows from what: event → what happens in the same transaction, and after its commit.

The one place to look for "and then". A lower noun never calls a higher one; what follows upward stands here.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from hearth.accounts.contract import ProfileChanged, SessionEnded, SettingsChanged
from hearth.accounts.events import AccountDeleted, UserRegistered
from hearth.admin.events import AdministratorActed
from hearth.admin.note import log_act
from hearth.contract import Audience, Context, Event
from hearth.conversations.announce import (
    announce_chain,
    announce_deletion,
    announce_receive,
    announce_user,
)
from hearth.conversations.open import (
    close_for_deleted,
    close_for_former_friends,
    open_for_friends,
    open_notes,
)
from hearth.directory.events import ChainAppended, ReceivePublished
from hearth.epochs.events import EntrySigned
from hearth.epochs.forget import forget_wraps
from hearth.friends.announce import announce_profile, forget_user
from hearth.friends.contract import FriendAdded, FriendRemoved
from hearth.messages.forget import forget_notes
from hearth.messages.signed import append_signed
from hearth.presence.react import announce_setting, introduce_friend
from hearth.private.forget import begin_anew, forget_rows
from hearth.vault.events import OwnChainBegun
from hearth.vault.forget import forget_secrets

React = Callable[[Context, Any], Awaitable[None]]
Table = dict[type[Event], tuple[React, ...]]


class Reactions:
    """Runs the table below for the events that a verb published."""

    def __init__(self, in_transaction: Table, after_commit: Table, in_doubt: Table | None = None) -> None:
        self._in_transaction = in_transaction
        self._after_commit = after_commit
        self._in_doubt = in_doubt or {}

    async def in_transaction(self, context: Context) -> None:
        """React to every published event, also to those that reactions publish."""
        done = 0
        while done < len(context.published):
            event, _ = context.published[done]
            done += 1
            for react in self._in_transaction.get(type(event), ()):
                await react(context, event)

    async def in_doubt(self, context: Context) -> None:
        """React to what may be on disk: the transaction failed, or its answer was lost. Waits for nothing."""
        for event, audience in context.published:
            for react in self._in_doubt.get(type(event), ()):
                await react(context, (event, audience))

    async def after_commit(self, context: Context) -> None:
        """React to what is on disk now; a failure here loses nothing that counts."""
        for event, audience in context.published:
            for react in self._after_commit.get(type(event), ()):
                await react(context, (event, audience))


async def forget_standing(context: Context, event: ChainAppended) -> None:
    """What was known of somebody's devices may be over as soon as the commit is on its way."""
    context.services.messages.forget_person(event.user_id)


async def forget_standing_again(context: Context, told: tuple[ChainAppended, Audience]) -> None:
    """It may have been read again before the commit."""
    event, _ = told
    context.services.messages.forget_person(event.user_id)


async def close_sockets(context: Context, told: tuple[SessionEnded, Audience]) -> None:
    """A session that ended has no sockets; the device was told why just before."""
    event, audience = told
    context.services.bus.disconnect(audience, event.reason)


REACTIONS = Reactions(
    in_transaction={
        UserRegistered: (open_notes,),
        ProfileChanged: (announce_profile, announce_user),
        AccountDeleted: (
            announce_deletion,
            forget_user,
            close_for_deleted,
            forget_notes,
            forget_secrets,
            forget_rows,
            forget_wraps,
        ),
        ChainAppended: (announce_chain, forget_standing),
        ReceivePublished: (announce_receive,),
        OwnChainBegun: (begin_anew,),
        EntrySigned: (append_signed,),
        FriendAdded: (open_for_friends,),
        FriendRemoved: (close_for_former_friends,),
    },
    after_commit={
        SessionEnded: (close_sockets,),
        ChainAppended: (forget_standing_again,),
        SettingsChanged: (announce_setting,),
        FriendAdded: (introduce_friend,),
        AdministratorActed: (log_act,),
    },
    in_doubt={ChainAppended: (forget_standing_again,)},
)
