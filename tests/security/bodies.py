"""What each line of the matrix sends: the JSON of the fields, aimed at something of alice's."""

import base64
import secrets
from collections.abc import Callable
from typing import Any

from tests.security.people import KDF, People

Body = Callable[[People, str], dict[str, Any]]
"""From the people and the actor's role to the fields."""


def encode(content: bytes) -> str:
    return base64.b64encode(content).decode()


def kdf() -> dict[str, Any]:
    return {
        "salt": encode(KDF.salt),
        "memory": KDF.memory,
        "iterations": KDF.iterations,
        "parallelism": KDF.parallelism,
    }


def message(conversation_id: str) -> dict[str, Any]:
    client_id = secrets.token_hex(16)
    return {
        "conversation_id": conversation_id,
        "client_id": client_id,
        "counter": 2,
        "record": encode(b"\1psst"),
    }


def request_of(people: People, name: str) -> int:
    return people.requests[name]


def own_key(people: People, role: str) -> str:
    return encode(people.alice.auth_key if role == "nobody" else people.by_role[role].auth_key)


BODIES: dict[str, Body] = {
    "message.send in what they share": lambda p, role: message(p.shared(role)),
    "message.send in alice and her friend's": lambda p, role: message(p.pair("friend")),
    "message.send in her notes": lambda p, role: message(p.notes),
    "message.history of what they share": lambda p, role: {"conversation_id": p.shared(role), "seq": 0},
    "message.history of hers and her friend's": lambda p, role: {
        "conversation_id": p.pair("friend"),
        "seq": 1,
        "direction": "around",
    },
    "message.history of her notes": lambda p, role: {
        "conversation_id": p.notes,
        "seq": 0,
        "direction": "after",
    },
    "inbox.get of what they share": lambda p, role: {"conversations": [p.shared(role)]},
    "inbox.get of her notes": lambda p, role: {"conversations": [p.notes]},
    "receipt.mark in hers and her friend's": lambda p, role: {
        "conversation_id": p.pair("friend"),
        "read_seq": 2**53 - 1,
    },
    "receipt.mark in their group": lambda p, role: {"conversation_id": p.group.hex(), "delivered_seq": 9},
    "typing.start in what they share": lambda p, role: {"conversation_id": p.shared(role)},
    "typing.start in her notes": lambda p, role: {"conversation_id": p.notes},
    "typing.stop in what they share": lambda p, role: {"conversation_id": p.shared(role)},
    "friend.find alice": lambda p, role: {"username": p.alice.username},
    "friend.request to alice": lambda p, role: {"username": p.alice.username},
    "friend.accept what alice was asked": lambda p, role: {"request_id": request_of(p, "asker")},
    "friend.accept what alice asked": lambda p, role: {"request_id": request_of(p, "asked")},
    "friend.decline what alice was asked": lambda p, role: {"request_id": request_of(p, "asker")},
    "friend.cancel what alice asked": lambda p, role: {"request_id": request_of(p, "asked")},
    "friend.cancel what alice was asked": lambda p, role: {"request_id": request_of(p, "asker")},
    "friend.remove alice": lambda p, role: {"user_id": p.alice.actor.user_id},
    "friend.block alice": lambda p, role: {"username": p.alice.username},
    "friend.unblock whom alice blocks": lambda p, role: {"user_id": p.by_role["blocked"].actor.user_id},
    "device.revoke alice's phone": lambda p, role: {
        "device_id": p.others["phone"].actor.device_id.hex(),
        "auth_key": own_key(p, role),
    },
    "device.revoke alice's phone with her key": lambda p, role: {
        "device_id": p.others["phone"].actor.device_id.hex(),
        "auth_key": encode(p.alice.auth_key),
    },
    "device.revoke alice's phone without a key": lambda p, role: {
        "device_id": p.others["phone"].actor.device_id.hex()
    },
    "device.revoke the asking device": lambda p, role: {
        "device_id": (p.alice if role == "nobody" else p.by_role[role]).actor.device_id.hex()
    },
    "device.revoke_others with her key": lambda p, role: {"auth_key": encode(p.alice.auth_key)},
    "device.revoke_others of one's own": lambda p, role: {"auth_key": own_key(p, role)},
    "device.list of one's own": lambda p, role: {},
    "profile.update of one's own": lambda p, role: {"about": "me"},
    "settings.update of one's own": lambda p, role: {"share_presence": False},
    "presence.set of one's own": lambda p, role: {"away": True},
    "sync.open of one's own": lambda p, role: {},
    "sync.log of one's own": lambda p, role: {"after": 0},
    "sync.rest of one's own": lambda p, role: {"part": "friends", "after": 0},
    "sync.heads of one's own": lambda p, role: {},
    "account.change_password with her key": lambda p, role: {
        "old_auth_key": encode(p.alice.auth_key),
        "auth_key": encode(b"another".ljust(32, b"\0")),
        "kdf": kdf(),
    },
    "account.delete with her key": lambda p, role: {"auth_key": encode(p.alice.auth_key)},
    "account.delete with one's own key": lambda p, role: {"auth_key": own_key(p, role)},
    "admin.users of everybody": lambda p, role: {"search": "the"},
    "admin.disable a stranger": lambda p, role: {"user_id": p.by_role["strange"].actor.user_id},
    "admin.enable a stranger": lambda p, role: {"user_id": p.by_role["strange"].actor.user_id},
    "admin.reset_sign_in of a stranger": lambda p, role: {"user_id": p.by_role["strange"].actor.user_id},
    "admin.invites of the server": lambda p, role: {},
    "admin.create_invite for two": lambda p, role: {"days": 3, "uses": 2},
    "admin.revoke_invite that never was": lambda p, role: {"invite_id": "ab" * 32},
    "admin.health of the server": lambda p, role: {},
    "no.such.command": lambda p, role: {},
}
