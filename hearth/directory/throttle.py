"""How often strangers may try a recovery proof: five an hour for one name from one network."""

from collections.abc import Iterator
from contextlib import contextmanager

from hearth.accounts.usernames import username_key
from hearth.services import Services

RECOVERIES = "60/3600s"
FAILED_RECOVERIES_HERE = "5/3600s"
FAILED_RECOVERIES = "50/3600s"


def allow_recoveries(services: Services, network: str) -> None:
    """Let a network ask, before anything of its request is read, or raise TooManyRequests."""
    services.limits.take("recovery.network", network, RECOVERIES)


@contextmanager
def allow_recovery(services: Services, network: str, username: str) -> Iterator[None]:
    """Let one attempt through or raise TooManyRequests; success is given back to the account."""
    key = username_key(username)
    here = f"{network} {key}"
    services.limits.take("recovery.here", here, FAILED_RECOVERIES_HERE)
    services.limits.take("recovery.account", key, FAILED_RECOVERIES)
    yield
    services.limits.take("recovery.here", here, FAILED_RECOVERIES_HERE, cost=-1)
    services.limits.take("recovery.account", key, FAILED_RECOVERIES, cost=-1)
