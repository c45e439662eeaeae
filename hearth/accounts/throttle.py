"""How often strangers may try: by network, and for sign-in also by account, under the name's key.

And how often a signed-in device may guess at the password that it is asked for again.

Only failures count against an account, and generously, so that nobody can lock a person out for good; a
network is held much shorter. Limits are taken before the work, in memory: refusing costs nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from hearth.accounts.usernames import username_key
from hearth.contract import Actor
from hearth.services import Services

REGISTRATIONS = "30/3600s"
SIGN_INS = "30/300s"
FAILED_SIGN_INS_HERE = "10/900s"
FAILED_SIGN_INS = "100/3600s"
FAILED_PROOFS_HERE = "10/900s"
FAILED_PROOFS = "100/3600s"
PARAMETERS = "60/300s"
RESETS = "20/3600s"
LINKS = "60/300s"
AVATARS_SET = "20/600s"
AVATARS_SHOWN = "1200/60s"


@contextmanager
def allow_sign_in(services: Services, network: str, username: str) -> Iterator[None]:
    """Let one attempt through or raise TooManyRequests; success is given back to the account."""
    key = username_key(username)
    here = f"{network} {key}"
    services.limits.take("sign_in.network", network, SIGN_INS)
    services.limits.take("sign_in.here", here, FAILED_SIGN_INS_HERE)
    services.limits.take("sign_in.account", key, FAILED_SIGN_INS)
    yield
    services.limits.take("sign_in.here", here, FAILED_SIGN_INS_HERE, cost=-1)
    services.limits.take("sign_in.account", key, FAILED_SIGN_INS, cost=-1)


@contextmanager
def allow_proof(services: Services, actor: Actor) -> Iterator[None]:
    """Let one proof of the password through or raise TooManyRequests; a right one is given back.

    By device first: a thief who guesses must not keep the owner from signing the stolen device out.
    """
    services.limits.take("password.proof.here", actor.device_id.hex(), FAILED_PROOFS_HERE)
    services.limits.take("password.proof", str(actor.user_id), FAILED_PROOFS)
    yield
    services.limits.take("password.proof.here", actor.device_id.hex(), FAILED_PROOFS_HERE, cost=-1)
    services.limits.take("password.proof", str(actor.user_id), FAILED_PROOFS, cost=-1)


def allow_parameters(services: Services, network: str) -> None:
    services.limits.take("sign_in.parameters", network, PARAMETERS)


def allow_registration(services: Services, network: str) -> None:
    services.limits.take("register.network", network, REGISTRATIONS)


def allow_reset(services: Services, network: str) -> None:
    services.limits.take("sign_in.reset", network, RESETS)


def allow_link(services: Services, network: str) -> None:
    services.limits.take("link.network", network, LINKS)


def allow_avatar_change(services: Services, user_id: int) -> None:
    services.limits.take("avatar.set", user_id, AVATARS_SET)


def allow_avatar_view(services: Services, user_id: int) -> None:
    services.limits.take("avatar.get", user_id, AVATARS_SHOWN)
