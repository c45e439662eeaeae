"""What only the server's own reactions hear of accounts. Nameless, so never sent or logged."""

from hearth.contract import Event, UserId, Users

NOBODY_ELSE = Users(())


class UserRegistered(Event):
    """An account came into being; higher nouns give it what every account has (its Notes)."""

    user_id: UserId


class AccountDeleted(Event):
    """An account is gone; higher nouns end what it had and tell those who must know (`user.deleted`)."""

    user_id: UserId
