"""What only the server's own reactions hear of the vault."""

from hearth.contract import Event, UserId


class OwnChainBegun(Event):
    """A reset: the own chain begins again at 1, and what was sealed under the one before opens no more."""

    user_id: UserId
