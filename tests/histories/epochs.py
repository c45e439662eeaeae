"""The epochs of a history: of any action, allowed or not, first and too late."""

from typing import Any

from hearth.sealed.core import ed25519
from hearth.sealed.group.ids import direct_id, group_id, self_id
from tests.client.crypto.cast import SERVER, device_id, seed_of
from tests.histories.devices import learn, open_device
from tests.histories.pair import Differ
from tests.histories.town import DAY, ORACLE, Device, Town

Step = dict[str, Any]
LINK = ed25519.public_key(seed_of("link"))


def random_settings(town: Town) -> Step:
    link = {"public_key": LINK.hex(), "ends": town.now + DAY, "limit": 5}
    dice = town.dice
    return {
        "add_by": dice.choice((1, 2, 3)),
        "post_by": dice.choice((2, 3, 3)),
        "settings_by": dice.choice((1, 2, 3)),
        "timer": dice.choice((0, 0, 0, 3600, 86400)),
        "links": [link] if dice.random() < 0.3 else [],
        "pin_by": dice.choice((1, 2, 2, 3)),
        "everyone_by": dice.choice((1, 2, 2, 3)),
    }


def begin(town: Town) -> None:
    """Make the conversation's first epoch, of a random kind."""
    kind = town.dice.choices(("group", "direct", "self"), (8, 1, 1))[0]
    actor = town.people[town.dice.choice(list(town.people))]
    name = town.dice.choice(actor.device_names)
    others = [user for user in town.people if user != actor.user]
    step: Step = {"op": "begin", "kind": kind, "time": town.now}
    if kind == "group":
        members = town.dice.sample(others, town.dice.randint(0, len(others)))
        step |= {"members": sorted(members), "settings": random_settings(town)}
        town.begin(group_id(SERVER, actor.user, device_id(name), town.now))
    elif kind == "direct":
        step |= {"other": town.dice.choice(others)}
        town.begin(direct_id(SERVER, actor.user, step["other"]))
    else:
        town.begin(self_id(SERVER, actor.user))
    town.note(f"{name} begins a {kind}")
    for _ in range(town.dice.choice((0, 0, 2))):
        record = b"\0" + town.dice.randbytes(4).hex().encode()
        counter = town.dice.choice((0, 1, 7))
        town.post(
            1, actor.user, device_id(name), 0, record, client_id=town.dice.randbytes(16), counter=counter
        )
    device = open_device(town, actor.user, name)
    device.pair.take(*(one for user in town.people for one in town.statement_steps(device, user)))
    if not device.pair.may_make(step):
        raise Differ(f"nobody may begin?{device.pair.tell()}")
    made = device.pair.make(step, by_web=town.dice.random() < 0.5)["answer"]
    offer(town, device, made)


def watch(town: Town) -> Device:
    """Return the relay's own eyes: both implementations, who know everything at once."""
    if "relay" not in town.devices:
        town.devices["relay"] = Device(ORACLE, "relay", town.open_pair(ORACLE, "relay"), 1)
    eyes = town.devices["relay"]
    steps = [one for user in town.people for one in town.statement_steps(eyes, user)]
    if eyes.told_rows < len(town.rows):
        steps.append(town.rows_step(eyes.told_rows + 1, len(town.rows)))
        eyes.told_rows = len(town.rows)
    eyes.pair.take({"op": "now", "now": town.now}, *steps)
    return eyes


def offer(town: Town, device: Device, made: Step) -> bool:
    """Send an epoch to the relay, which takes the next one that it finds right. Returns whether it did."""
    eyes = watch(town)
    one = town.read_made(made)
    if one.record.n != len(town.epochs) + 1:
        town.note(f"  epoch_moved for {device.name}")
        return False
    outdated = [
        member.user
        for member in one.roster.members
        if member.receive_version and member.receive_version < len(town.people[member.user].received)
    ]
    if outdated and town.dice.random() < 0.5:
        town.note(f"  receive_outdated for {device.name}: {outdated}")
        return False
    step = {
        "op": "epoch",
        "record": made["record"],
        "roster": made["roster"],
        "seq": one.seq,
        "time": one.time,
    }
    verdict = eyes.pair.take(step)[0]
    if verdict is not None:
        raise Differ(f"the relay finds what {device.name} made {verdict}{device.pair.tell()}")
    was = town.members if town.epochs else {}
    town.keep_epoch(one)
    eyes.pair.take({"op": "seed", "n": one.record.n, "seed": one.seed.hex()})
    town.note(f"  epoch {one.record.n} {one.record.action.name} by {device.name}: {town.members}")
    settle(town, was)
    return True


def settle(town: Town, was: dict[int, int]) -> None:
    """Who went is shown nothing more; who came has devices; some wraps are lost."""
    now = town.members
    for name in [name for name, device in town.devices.items() if device.user in was.keys() - now.keys()]:
        town.devices.pop(name).pair.close()
    for user in now.keys() - was.keys():
        for name in town.people[user].device_names:
            if name not in town.devices:
                open_device(town, user, name)
    for user in now:
        if town.dice.random() < 0.05:
            town.lost.add((len(town.epochs), user))


def choose_device(town: Town) -> Device:
    """Return a device of a member, which mostly has learnt everything before it acts."""
    for user in town.members:
        for name in town.people[user].device_names:
            if name not in town.devices:
                open_device(town, user, name)
    names = [
        name
        for name, device in town.devices.items()
        if device.user in town.members and name in town.people[device.user].device_names
    ]
    device = town.devices[town.dice.choice(names)]
    if device.next_epoch == 0 or town.dice.random() < 0.8:
        learn(town, device)
    return device


def change_epoch(town: Town) -> None:
    """Try an epoch of any action, allowed or not: both must agree on that. Sometimes two race."""
    device = choose_device(town)
    step = random_act(town, device)
    rivals = [(device, step)]
    if town.dice.random() < 0.2:
        rival = choose_device(town)
        if rival is not device:
            rivals.append((rival, random_act(town, rival)))
    made = []
    for one, wanted in rivals:
        may = one.pair.may_make(wanted)
        town.note(f"{one.name} {wanted['action']} {wanted.get('targets', '')} {'may' if may else 'may not'}")
        if may:
            made.append((one, one.pair.make(wanted, by_web=town.dice.random() < 0.5)["answer"]))
    for one, answer in made:
        offer(town, one, answer)


def random_act(town: Town, device: Device) -> Step:
    dice, members = town.dice, town.members
    outside = [user for user in town.people if user not in members]
    others = [user for user in members if user != device.user]
    left = list(device.pair.python.conversation.marks.leaves.items())
    action = dice.choices(("rotate", "add", "remove", "role", "settings", "reidentify"), (3, 5, 4, 3, 2, 2))[
        0
    ]
    step: Step = {"op": "make", "action": action, "time": town.now, "history_from": 0}
    if action == "settings":
        return step | {"settings": random_settings(town)}
    if action == "rotate":
        return step
    pool = {"add": outside or others, "role": list(members), "remove": others}.get(action, others) or list(
        town.people
    )
    if dice.random() < 0.1:
        pool = list(town.people)
    users = sorted(dice.sample(pool, min(len(pool), dice.choice((1, 1, 2, 3)))))
    targets: list[Step] = [{"user": user, "role": dice.choice((1, 2, 3)), "cause": None} for user in users]
    if action == "add":
        known = sorted(device.pair.python.epochs.known)
        step["history_from"] = dice.choice([0, *known[-4:]])
        for target in targets:
            target["cause"] = LINK.hex() if dice.random() < 0.2 else None
    if action == "remove" and left and dice.random() < 0.6:
        (_, user), cause = dice.choice(left)
        targets = [{"user": user, "role": 0, "cause": cause.hex()}]
    return step | {"targets": targets}
