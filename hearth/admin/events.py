"""What only the server's own reactions hear of administration. Nameless, so never sent or logged to users."""

from typing import Literal

from hearth.contract import Event

Act = Literal["disabled", "enabled", "reset_sign_in", "created_invite", "revoked_invite"]


class AdministratorActed(Event):
    """An administrator did something to an account (with 0: to an invite); for the server's own log."""

    act: Act
    user_id: int = 0
