"""How often strangers may try a recovery proof: five an hour for one name from one network.

Nothing is counted for a name alone: a proof is 32 random bytes, which nobody guesses, and strangers in many
networks must not keep a person from the only way that is left to them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from hearth.accounts.usernames import username_key
from hearth.services import Services

RECOVERIES = "60/3600s"
FAILED_RECOVERIES_HERE = "5/3600s"


def allow_recoveries(services: Services, network: str) -> None:
    """Let a network ask, before anything of its request is read, or raise TooManyRequests."""
    services.limits.take("recovery.network", network, RECOVERIES)


@contextmanager
def allow_recovery(services: Services, network: str, username: str) -> Iterator[None]:
    """Let one attempt through or raise TooManyRequests; success is given back."""
    here = f"{network} {username_key(username)}"
    services.limits.take("recovery.here", here, FAILED_RECOVERIES_HERE)
    yield
    services.limits.take("recovery.here", here, FAILED_RECOVERIES_HERE, cost=-1)
