"""What people write in a history, of every kind, some late, some twice; and what a relay empties."""

from dataclasses import replace
from typing import Any

from hearth.client.crypto.log.rows import Row
from hearth.sealed.core.hashing import sha256
from hearth.sealed.core.packed import Place
from hearth.sealed.group.entries import EntryKind, Restored
from tests.client.crypto.cast import SERVER, device_id, seed_of
from tests.histories.epochs import choose_device
from tests.histories.town import Device, Town


def write(town: Town) -> None:
    """Seal entries of any kind, at any target, and post them; some come late, some twice."""
    device = choose_device(town)
    if device.next_epoch == 0 or device.pair.python.epochs.newest is None:
        return
    for _ in range(town.dice.choice((1, 1, 2, 5))):
        write_one(town, device)


def write_one(town: Town, device: Device) -> None:
    dice = town.dice
    newest = device.pair.python.epochs.newest
    assert newest is not None
    if device.user not in newest.members or device.pair.python.epochs.known[newest.record.n].key is None:
        return
    kind = dice.choices((0, 1, 2, 3, 4, 5, 6, 7), (1, 8, 3, 3, 3, 1, 1, 1))[0]
    target = choose_target(town, device, kind)
    device.counter += 1
    step: dict[str, Any] = {
        "op": "seal",
        "kind": kind,
        "client_id": sha256(f"{device.name} {device.counter} {town.seed}".encode())[:16].hex(),
        "counter": device.counter,
        "target_seq": 0 if target is None else target.seq,
        "target_hash": bytes(32).hex() if target is None else target.record_hash.hex(),
        "time": town.now,
        "text": f"{device.name} says {dice.randint(0, 999)} \U0001f600",
    }
    by_web = dice.random() < 0.5
    made = device.pair.make(step, by_web=by_web)
    if made["verdict"] is not None:  # the Python client asks first whether it may
        made = device.pair.make(step, by_web=True)
    if made["verdict"] is not None:
        device.counter -= 1
        return
    for _ in range(2 if dice.random() < 0.03 else 1):
        town.post(
            kind,
            device.user,
            device_id(device.name),
            newest.record.n,
            bytes.fromhex(made["answer"]),
            client_id=bytes.fromhex(step["client_id"]),
            counter=step["counter"],
            target_seq=step["target_seq"],
        )


def choose_target(town: Town, device: Device, kind: int) -> Row | None:
    known = [row for row in device.pair.python.conversation.log.list_rows() if row.kind < 16]
    if not known or kind in (0, 5, 6) or (kind == 1 and town.dice.random() < 0.7):
        return None
    if town.dice.random() < 0.6:
        known = [row for row in known if row.kind == 1 and row.user == device.user] or known
    return town.dice.choice(known[-30:])


def empty(town: Town) -> None:
    """The relay empties an entry: of a deletion's target, or without any reason."""
    deleted = [row.target_seq for row in town.rows if row.kind == EntryKind.DELETION and row.target_seq]
    seqs = deleted if deleted and town.dice.random() < 0.8 else [row.seq for row in town.rows if row.kind < 8]
    if seqs:
        seq = town.dice.choice(seqs)
        town.rows[seq - 1] = replace(town.rows[seq - 1], record=b"")
        town.note(f"the relay empties {seq}")


def leave(town: Town) -> None:
    device = choose_device(town)
    step = {"op": "leave", "time": town.now}
    if device.pair.python.epochs.newest is None:
        return
    made = device.pair.make(step, by_web=town.dice.random() < 0.5)
    if made["verdict"] is None:
        row = town.keep_leave(device.user, bytes.fromhex(made["answer"]))
        town.note(f"{device.name} leaves at {row.seq}")


def restore(town: Town) -> None:
    """The database came from a backup: a member says so."""
    device = choose_device(town)
    newest = device.pair.python.epochs.newest
    if newest is None:
        return
    generation = town.dice.randbytes(16)
    if town.dice.random() < 0.7:
        town.generations.append(generation)
    old = Place(len(town.rows) + 5, town.dice.randbytes(32))
    restored = Restored(
        SERVER,
        town.conversation,
        generation,
        newest.record.n,
        newest.hash,
        old,
        device.user,
        device_id(device.name),
        town.now,
        (),
    )
    signed, hash_ = restored.sign(seed_of(device.name)), restored.hash()
    town.post(
        EntryKind.RESTORED, device.user, device_id(device.name), newest.record.n, signed, client_id=hash_[:16]
    )
