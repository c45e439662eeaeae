"""Everybody whose chain a client knows, by user id on one server."""

from hearth.sealed.core.verdicts import Verdict, require
from hearth.sealed.person.chain import Chain


class People:
    """Chains by user. A chain that nobody fetched yet is empty: what rests on it is `unproven`."""

    def __init__(self, server: bytes) -> None:
        self.server = server
        self._chains: dict[int, Chain] = {}

    def chain(self, user: int) -> Chain:
        """Return the chain of a person, empty at first."""
        require(user >= 1, Verdict.MALFORMED, "there is no user 0")
        return self._chains.setdefault(user, Chain(self.server, user))
