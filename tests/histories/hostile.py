"""A relay and a member who do what they like with a history: whatever they do, both judge it alike."""

from dataclasses import replace
from random import Random
from typing import Any

from hearth.client.crypto.log.chain import next_hash
from hearth.client.crypto.log.rows import Row
from hearth.sealed.core.hashing import sha256
from hearth.sealed.core.packed import Head, Place
from hearth.sealed.core.verdicts import Rejected
from hearth.sealed.group.epoch import Action, EpochRecord, Kind, Member, Role, Roster, Target
from tests.client.crypto.cast import device_id, seed_of
from tests.histories.epochs import watch
from tests.histories.pair import Pair
from tests.histories.town import Town
from tests.histories.view import show_row

Step = dict[str, Any]
KINDS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 18, 300)


def attack(town: Town, *, forgeries: int) -> None:
    """Show a fresh device of a member an altered history, and then forged epochs. Raises Differ."""
    user = town.dice.choice(list(town.members))
    name = town.people[user].device_name()
    pair = town.open_pair(user, name)
    try:
        for step in alter_steps(town, list_steps(town)):
            n = step.get("n")
            if n is None or n in pair.python.epochs.known:
                pair.take(step)
        pair.show()
        for _ in range(forgeries):
            forge(town, pair)
        pair.show()
    finally:
        pair.close()


def list_steps(town: Town) -> list[Step]:
    """Return everything from the beginning, in an order in which it can be taken, rows altered."""
    steps: list[Step] = [{"op": "database", "generation": one.hex()} for one in town.generations]
    for user, person in town.people.items():
        steps += [{"op": "chain", "user": user, "statement": one.hex()} for one in person.statements]
        steps += [town.receive_step(user, version) for version in range(1, len(person.received) + 1)]
    rows = alter_rows(town.dice, list(town.rows)) if town.dice.random() < 0.8 else list(town.rows)
    hashes = [town.hashes[0]]
    for row in rows:
        hashes.append(next_hash(hashes[-1], row.seq, row.kind, row.user, row.record_hash))
    first = 0
    while first < len(rows):
        end = min(len(rows), first + town.dice.choice((1, 5, 20, 100)))
        page = [show_row(row) for row in rows[first:end]]
        steps.append({"op": "rows", "before": hashes[first].hex(), "rows": page})
        first = end
    for n, one in enumerate(town.epochs, 1):
        steps.append(town.epoch_step(n))
        if town.dice.random() < 0.9:
            steps.append({"op": "seed", "n": n, "seed": one.seed.hex()})
    return steps


def alter_steps(town: Town, steps: list[Step]) -> list[Step]:
    """Drop, repeat, move and falsify some of what a device is told."""
    dice = town.dice
    for _ in range(dice.choice((0, 1, 2, 4))):
        at = dice.randrange(len(steps))
        what = dice.choice(("drop", "repeat", "move", "falsify", "falsify"))
        if what == "drop":
            steps.pop(at)
        elif what == "repeat":
            steps.insert(dice.randrange(at, len(steps)), dict(steps[at]))
        elif what == "move":
            steps.insert(dice.randrange(len(steps)), steps.pop(at))
        else:
            steps.insert(at, falsify(dice, steps[at]))
    return steps


def falsify(dice: Random, step: Step) -> Step:
    """Return a step with one of its values changed."""
    names = [name for name in step if name not in ("op", "n", "rows", "user", "public_key")]
    name = dice.choice(names) if names else None
    if name is None or step[name] is None:
        return step
    if isinstance(step[name], int):
        return step | {name: max(1, step[name] + dice.choice((-1, 1, 1000)))}
    return step | {name: flip(dice, bytes.fromhex(step[name])).hex()}


def flip(dice: Random, data: bytes) -> bytes:
    """Return bytes with a bit changed, or one byte longer or shorter."""
    at = dice.randrange(len(data)) if data else 0
    what = dice.random()
    if not data or what < 0.1:
        return data + b"\0"
    if what < 0.2:
        return data[:-1]
    return data[:at] + bytes((data[at] ^ (1 << dice.randrange(8)),)) + data[at + 1 :]


def alter_rows(dice: Random, rows: list[Row]) -> list[Row]:
    """Return a log as a hostile relay tells it; seqs and hashes follow from it."""
    for _ in range(dice.choice((1, 2, 5))):
        at = dice.randrange(len(rows))
        row = rows[at]
        what = dice.choice(("field", "field", "bytes", "empty", "swap", "repeat", "drop", "junk"))
        if what == "field":
            rows[at] = alter_field(dice, row, rows)
        elif what == "bytes":
            record = flip(dice, row.record)
            rows[at] = replace(row, record=record, record_hash=sha256(record))
        elif what == "empty":
            rows[at] = replace(row, record=b"")
        elif what == "swap":
            other = dice.randrange(len(rows))
            rows[at], rows[other] = rows[other], rows[at]
        elif what == "repeat":
            rows.insert(dice.randrange(len(rows) + 1), row)
        elif what == "drop" and len(rows) > 1:
            rows.pop(at)
        else:
            record = dice.choice((b"\0{}", b"\1", b"\2", dice.randbytes(300), dice.randbytes(289)))
            junk = replace(row, kind=dice.choice(KINDS), record=record, record_hash=sha256(record))
            rows.insert(at, junk)
    return [replace(row, seq=seq) for seq, row in enumerate(rows, 1)]


def alter_field(dice: Random, row: Row, rows: list[Row]) -> Row:
    other = dice.choice(rows)
    changes: list[dict[str, Any]] = [
        {"kind": dice.choice(KINDS)},
        {"user": other.user},
        {"device": other.device},
        {"user": other.user, "device": other.device},
        {"client_id": other.client_id},
        {"counter": dice.choice((0, row.counter + 1, other.counter))},
        {"epoch": max(0, row.epoch + dice.choice((-1, 1)))},
        {"target_seq": dice.choice((0, other.seq, row.seq, 9999))},
        {"time": row.time + dice.choice((-1, 1)) * 100_000_000},
    ]
    return replace(row, **dice.choice(changes))


def forge(town: Town, pair: Pair) -> None:
    """Tell of an epoch after the newest that a member signed, and that may break any rule."""
    newest = pair.python.epochs.newest
    if newest is None:
        return
    dice, before = town.dice, newest.record
    actor = dice.choice([*newest.members, *newest.members, dice.choice(list(town.people))])
    by = dice.choice(town.people[actor].device_names)
    action = dice.choice([*Action, Action.ROLE, Action.ROLE, Action.REMOVE, Action.REMOVE])
    members = {user: refresh(town, member) for user, member in newest.members.items()}
    pool = list(members) if action in (Action.REMOVE, Action.ROLE, Action.REIDENTIFY) else list(town.people)
    targets = forge_targets(town, pair, action, pool)
    apply_targets(town, action, members, targets)
    for _ in range(dice.choice((0, 0, 0, 1, 2))):
        spoil_member(town, members)
    try:
        roster = Roster(tuple(sorted(members.values(), key=lambda member: member.user)))
        settings = before.settings
        if action is Action.SETTINGS or dice.random() < 0.05:
            settings = replace(settings, timer=dice.choice((0, 60)), add_by=Role(dice.choice((1, 3))))
        record = replace(
            before,
            n=before.n + 1,
            previous=newest.hash,
            roster_hash=roster.hash(),
            settings=settings,
            action=action,
            targets=targets,
            history_from=dice.choice((0, 1, before.n)) if action is Action.ADD else 0,
            actor=actor,
            device=device_id(by),
            time=town.now,
            seen=Place(0, town.hashes[0]),
        )
        record = spoil_record(dice, record)
        signed = record.sign(seed_of(by if dice.random() < 0.95 else "nobody"))
        sent = roster.pack().hex() if dice.random() < 0.95 else None
    except Rejected:
        return  # what cannot even be written
    step = {
        "op": "epoch",
        "record": signed.hex(),
        "roster": sent,
        "seq": len(town.rows) + 1,
        "time": town.now,
    }
    pair.take({**step, "about": f"{action.name} by {actor} {[(one.user, int(one.role)) for one in targets]}"})


def refresh(town: Town, member: Member) -> Member:
    """Return a line that states the newest head where that is no reset, mostly."""
    person = town.people[member.user]
    is_reset = person.now.identity_key != member.identity_key
    if is_reset or town.dice.random() < 0.3:
        return member
    return line_of(town, member.user, member.role)


def line_of(town: Town, user: int, role: Role) -> Member:
    person = town.people[user]
    version = town.dice.choice((len(person.received), len(person.received), 1, 0))
    received = town.receive_hash(user, version) if version else bytes(32)
    return Member(user, role, person.now.identity_key, person.head, version, received)


def forge_targets(town: Town, pair: Pair, action: Action, pool: list[int]) -> tuple[Target, ...]:
    dice = town.dice
    if action in (Action.CREATE, Action.ROTATE, Action.SETTINGS) and dice.random() < 0.9:
        return ()
    users = sorted(dice.sample(pool, min(len(pool), dice.choice((0, 1, 1, 2)))))
    roles = {Action.ADD: (3, 3, 3, 2), Action.REMOVE: (0, 0, 0, 3)}.get(action, (1, 2, 3, 3))
    causes = [bytes(32), bytes(32), bytes(32), *pair.python.conversation.marks.leaves.values(), b"\7" * 32]
    return tuple(Target(user, Role(dice.choice(roles)), dice.choice(causes)) for user in users)


def apply_targets(
    town: Town, action: Action, members: dict[int, Member], targets: tuple[Target, ...]
) -> None:
    for target in targets:
        if target.role is Role.NONE or action is Action.REMOVE:
            members.pop(target.user, None)
        elif action in (Action.ADD, Action.REIDENTIFY) or target.user not in members:
            members[target.user] = line_of(town, target.user, target.role)
        else:
            members[target.user] = replace(members[target.user], role=target.role)


def spoil_member(town: Town, members: dict[int, Member]) -> None:
    """Change one thing about somebody in the roster."""
    dice = town.dice
    if not members:
        return
    user = dice.choice(list(members))
    member, person = members[user], town.people[user]
    what = dice.choice(("role", "key", "head", "other head", "receive", "gone", "new"))
    if what == "role":
        members[user] = replace(member, role=Role(dice.choice((1, 2, 3))))
    elif what == "key":
        keys = [*person.now.identity_keys, b"\5" * 32]
        members[user] = replace(member, identity_key=dice.choice(keys))
    elif what == "head":
        members[user] = replace(
            member, chain=Head(dice.choice((1, len(person.statements), 99)), member.chain.hash)
        )
    elif what == "other head":
        n = dice.randint(1, len(person.statements))
        members[user] = replace(member, chain=state_head(town, user, n))
    elif what == "receive":
        members[user] = line_of(town, user, member.role)
    elif what == "gone":
        members.pop(user)
    else:
        extra = dice.choice(list(town.people))
        members[extra] = line_of(town, extra, Role.MEMBER)


def state_head(town: Town, user: int, n: int) -> Head:
    return watch(town).pair.python.people.chain(user).states[n - 1].head


def spoil_record(dice: Random, record: EpochRecord) -> EpochRecord:
    if dice.random() < 0.8:
        return record
    changes: list[dict[str, Any]] = [
        {"n": record.n + dice.choice((-1, 1))},
        {"previous": bytes(32)},
        {"roster_hash": b"\1" * 32},
        {"minimum_format": dice.choice((0, 2))},
        {"kind": dice.choice(list(Kind))},
        {"conversation": b"\3" * 16},
        {"server": b"\3" * 16},
        {"history_from": dice.choice((1, record.n))},
        {"device": b"\3" * 16},
        {"n": 1, "previous": bytes(32), "action": Action.CREATE},
    ]
    return replace(record, **dice.choice(changes))
