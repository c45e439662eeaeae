"""The Python client library for bots, scripts, tests and load; of the server it imports contracts only."""

from hearth.client.client import Client
from hearth.client.messages import Message
from hearth.client.problems import Disconnected, LogBroken, ProtocolBroken, Refused, Unreachable
from hearth.client.wire.connection import Connected

__all__ = [
    "Client",
    "Connected",
    "Disconnected",
    "LogBroken",
    "Message",
    "ProtocolBroken",
    "Refused",
    "Unreachable",
]
