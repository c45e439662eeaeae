"""What each line of the matrix sends: the JSON of the fields, aimed at something of alice's."""

import base64
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from hearth.contract import Actor, Command
from hearth.epochs.contract import AskRewrap, EpochTaken, LeaveGroup, MakeEpoch
from hearth.sealed.core.packed import Place
from hearth.sealed.group.entries import Leave
from hearth.sealed.group.epoch import Kind
from hearth.sealed.group.rewrap import RewrapRequest
from tests.directory.kit import NOW, Owner, make_way
from tests.epochs.kit import Room, make_home, make_record_of
from tests.security.people import KDF, People

NO_ANSWER = EpochTaken(conversation_id="00" * 16, n=1, seq=1, timestamp=datetime(2026, 5, 1, tzinfo=UTC))
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
        "record": encode(make_record_of(b"psst")),
        "epoch": 1,
    }


def offered(sent: dict[str, Any], author: Actor) -> dict[str, Any]:
    """Return a send as an entry from before a restore."""
    entry = {name: value for name, value in sent.items() if name != "conversation_id"}
    return {**entry, "kind": 1, "from_user": author.user_id, "from_device": author.device_id.hex()}


def request_of(people: People, name: str) -> int:
    return people.requests[name]


def own_key(people: People, role: str) -> str:
    return encode(people.alice.auth_key if role == "nobody" else people.by_role[role].auth_key)


def listed(people: People) -> bytes:
    """Alice's first device, which asks for her."""
    return people.alice.actor.device_id


def asking(people: People, role: str) -> bytes:
    return (people.alice if role == "nobody" else people.by_role[role]).actor.device_id


def known(people: People) -> Owner:
    """What alice's devices know; who has no chain yet gets a make-believe one, which the server has not."""
    owner = people.owner("self")
    if owner.state is None:
        owner.set_up(people.others["phone"].actor.device_id)
        owner.add_device(listed(people))
    return owner


def built(command: Command) -> dict[str, Any]:
    """Return a command's fields as JSON has them."""
    fields: dict[str, Any] = msgspec.to_builtins(command)
    return fields


def set_up_with_hers(people: People, role: str) -> dict[str, Any]:
    owner = people.owner("self")
    return {**built(owner.set_up(listed(people))), "auth_key": own_key(people, role)}


def next_in(
    people: People, role: str, conversation_id: str, kind: Kind = Kind.DIRECT, n: int = 1
) -> MakeEpoch:
    """Return what an actor's device makes of a conversation; alice's notes are in their first epoch."""
    owner = known(people) if role in ("self", "nobody") else people.owner(role)
    device = listed(people) if role in ("self", "nobody") else asking(people, role)
    if owner.state is None:
        owner.set_up(device)
    home = make_home(owner, people.alice.actor if role == "nobody" else people.by_role[role].actor)
    room = Room({owner.user: home}, kind, bytes.fromhex(conversation_id))
    if n == 1:
        return room.create(home)
    if people.notes_room is not None:
        room.records, room.rosters = list(people.notes_room.records), list(people.notes_room.rosters)
        room.homes = {people.alice.actor.user_id: home}
    else:
        room.keep(room.create(home), NO_ANSWER)
    return room.rotate(home)


def sign_in_notes(people: People, role: str) -> tuple[Owner, bytes, bytes]:
    """Return somebody with keys, the device that they ask from, and the hash of her notes' first epoch."""
    owner, device = known(people), listed(people)
    if role not in ("self", "nobody"):
        owner, device = people.owner(role), asking(people, role)
        owner.set_up(device)
    room = people.notes_room
    return owner, device, b"h" * 32 if room is None else room.records[0].hash()


def leave_notes(people: People, role: str) -> LeaveGroup:
    owner, device, record_hash = sign_in_notes(people, role)
    notes, seen = bytes.fromhex(people.notes), Place(0, bytes(32))
    entry = Leave(owner.server, notes, 1, record_hash, owner.user, device, NOW, seen, ())
    return LeaveGroup(entry=entry.sign(owner.seeds[device]))


def ask_in_notes(people: People, role: str) -> AskRewrap:
    owner, device, record_hash = sign_in_notes(people, role)
    version, digest = owner.receive_version, owner.receive_hash
    request = RewrapRequest(
        owner.server,
        bytes.fromhex(people.notes),
        1,
        record_hash,
        owner.user,
        device,
        version,
        digest,
        NOW,
        (),
    )
    return AskRewrap(request=request.sign(owner.seeds[device]))


def add_to_hers(people: People, role: str, key: str) -> dict[str, Any]:
    owner = known(people)
    device = asking(people, role)
    if device in owner.now.devices:
        device = bytes(15) + b"x"
    return {**built(owner.add_device(device)), "auth_key": key}


BODIES: dict[str, Body] = {
    "message.send in what they share": lambda p, role: message(p.shared(role)),
    "message.send in alice and her friend's": lambda p, role: message(p.pair("friend")),
    "message.send in her notes": lambda p, role: message(p.notes),
    "message.send a deletion of what she wrote": lambda p, role: {
        **message(p.shared(role)),
        "kind": 4,
        "target_seq": 1,
    },
    "message.offer in what they share": lambda p, role: {
        "conversation_id": p.shared(role),
        "entries": [offered(message(p.shared(role)), p.alice.actor)],
    },
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
    "message.aimed of what they share": lambda p, role: {"conversation_id": p.shared(role), "seqs": [1, 2]},
    "message.aimed of hers and her friend's": lambda p, role: {
        "conversation_id": p.pair("friend"),
        "seqs": [1],
    },
    "message.states of what they share": lambda p, role: {"conversations": [p.shared(role)]},
    "message.pins of what they share": lambda p, role: {"conversation_id": p.shared(role)},
    "message.pins of her notes": lambda p, role: {"conversation_id": p.notes},
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
    "device.rename alice's phone": lambda p, role: {
        "device_id": p.others["phone"].actor.device_id.hex(),
        "name": "The old phone",
    },
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
    "vault.get of one's own": lambda p, role: {},
    "vault.generations of one's own": lambda p, role: {"limit": 5},
    "vault.device_keys of one's own": lambda p, role: {},
    "keyring.append a row of hers": lambda p, role: {"rows": [msgspec.to_builtins(known(p).receive_row())]},
    "keyring.list of one's own": lambda p, role: {"after": 0},
    "private.put a row of hers": lambda p, role: {
        "rows": [
            {
                "kind": 1,
                "place": p.notes,
                "before": 0,
                "version": 1,
                "g": known(p).g,
                "sealed": encode(b"\1" + bytes(288)),
            }
        ]
    },
    "private.list of one's own": lambda p, role: {"after": 0},
    "chain.read alice's": lambda p, role: {"user_id": p.alice.actor.user_id},
    "chain.heads alice's": lambda p, role: {"user_ids": [p.alice.actor.user_id]},
    "chain.receive alice's": lambda p, role: {"user_id": p.alice.actor.user_id},
    "chain.set_up of one's own": lambda p, role: built(p.owner(role).set_up(asking(p, role))),
    "chain.set_up with hers and one's own key": set_up_with_hers,
    "chain.add_device to hers": lambda p, role: add_to_hers(p, role, own_key(p, role)),
    "chain.add_device to hers with her key": lambda p, role: add_to_hers(p, role, encode(p.alice.auth_key)),
    "chain.retire the asking device of hers": lambda p, role: built(known(p).retire(listed(p))),
    "chain.profile in hers": lambda p, role: built(known(p).set_profile(listed(p))),
    "chain.remove_devices her phone": lambda p, role: built(
        known(p).remove(listed(p), p.others["phone"].actor.device_id)
    ),
    "chain.change_password with her key": lambda p, role: built(
        known(p).change_password(listed(p), b"another".ljust(32, b"\0"))
    ),
    "chain.change_ways with her key": lambda p, role: built(
        known(p).change_ways(listed(p), make_way(b"p" * 32))
    ),
    "chain.reset by her link": lambda p, role: built(
        known(p).reset(listed(p), p.link, b"another".ljust(32, b"\0"))
    ),
    "chain.renew hers": lambda p, role: built(known(p).renew(listed(p))),
    "chain.offer of hers": lambda p, role: {"statements": [encode(known(p).profile(listed(p)))]},
    "epoch.make in her notes": lambda p, role: built(next_in(p, role, p.notes, Kind.SELF, 2)),
    "epoch.make of hers in her notes": lambda p, role: built(next_in(p, "self", p.notes, Kind.SELF, 2)),
    "epoch.make in hers and her friend's": lambda p, role: built(next_in(p, role, p.pair("friend"))),
    "epoch.make in what they share": lambda p, role: built(next_in(p, role, p.shared(role))),
    "epoch.offer in her notes": lambda p, role: {
        name: value
        for name, value in built(next_in(p, role, p.notes, Kind.SELF, 2)).items()
        if name in ("record", "roster")
    },
    "epoch.restored in her notes": lambda p, role: built(leave_notes(p, role)),
    "epoch.list of her notes": lambda p, role: {"conversation_id": p.notes},
    "epoch.list of what they share": lambda p, role: {"conversation_id": p.shared(role)},
    "epoch.heads of her notes": lambda p, role: {"conversation_ids": [p.notes]},
    "epoch.wraps of one's own": lambda p, role: {},
    "epoch.drop_wraps of hers": lambda p, role: {"wraps": [{"conversation_id": p.notes, "n": 1}]},
    "epoch.history of hers": lambda p, role: {"conversation_id": p.notes, "n": 1},
    "epoch.leave her notes": lambda p, role: built(leave_notes(p, role)),
    "epoch.leave her notes by her entry": lambda p, role: built(leave_notes(p, "self")),
    "rewrap.ask in her notes": lambda p, role: built(ask_in_notes(p, role)),
    "rewrap.ask by her request": lambda p, role: built(ask_in_notes(p, "self")),
    "rewrap.answer hers": lambda p, role: {
        "conversation_id": p.notes,
        "n": 1,
        "user_id": p.alice.actor.user_id,
        "receive_hash": encode(b"h" * 32),
        "answer": encode(b"a" * 1168),
    },
    "rewrap.list of one's own": lambda p, role: {},
    "admin.users of everybody": lambda p, role: {"search": "the"},
    "admin.disable a stranger": lambda p, role: {"user_id": p.by_role["strange"].actor.user_id},
    "admin.enable a stranger": lambda p, role: {"user_id": p.by_role["strange"].actor.user_id},
    "admin.reset_sign_in of a stranger": lambda p, role: {
        "user_id": p.by_role["strange"].actor.user_id,
        "auth_key": own_key(p, role),
    },
    "admin.reset_sign_in with a wrong key": lambda p, role: {
        "user_id": p.by_role["strange"].actor.user_id,
        "auth_key": encode(b"w" * 32),
    },
    "admin.invites of the server": lambda p, role: {},
    "admin.create_invite for two": lambda p, role: {"days": 3, "uses": 2},
    "admin.revoke_invite that never was": lambda p, role: {"invite_id": "ab" * 32},
    "admin.health of the server": lambda p, role: {},
    "no.such.command": lambda p, role: {},
}
