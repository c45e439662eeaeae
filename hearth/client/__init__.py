"""The Python client library for bots, scripts, tests and load; of the server it imports contracts only."""

from hearth.client.client import Client
from hearth.client.crypto.private import PrivateKind
from hearth.client.events import DeviceCopied, EntryMissing, GroupDoubted, KeysStopped
from hearth.client.identities import Identity
from hearth.client.messages import Message
from hearth.client.problems import (
    Disconnected,
    LogBroken,
    NoKeys,
    NotReady,
    ProtocolBroken,
    Refused,
    Unreachable,
    Waits,
)
from hearth.client.wire.connection import Connected
from hearth.sealed.person.pins import Change

__all__ = [
    "Change",
    "Client",
    "Connected",
    "DeviceCopied",
    "Disconnected",
    "EntryMissing",
    "GroupDoubted",
    "Identity",
    "KeysStopped",
    "LogBroken",
    "Message",
    "NoKeys",
    "NotReady",
    "PrivateKind",
    "ProtocolBroken",
    "Refused",
    "Unreachable",
    "Waits",
]
