"""The Python client library for bots, scripts, tests and load; of the server it imports contracts only."""

from hearth.client.client import Client
from hearth.client.connection import Connected
from hearth.client.messages import Message
from hearth.client.problems import Disconnected, LogBroken, ProtocolBroken, Refused, Unreachable

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
