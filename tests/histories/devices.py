"""How a device of a history learns: in any order, and what it then must have taken."""

from typing import Any

from hearth.sealed.group.epoch import Action
from tests.histories.pair import Differ
from tests.histories.town import Device, Town

Step = dict[str, Any]


def open_device(town: Town, user: int, name: str) -> Device:
    """Let a device of a member begin, knowing nothing."""
    device = Device(user, name, town.open_pair(user, name), 0)
    town.devices[name] = device
    return device


def find_stay(town: Town, user: int) -> int:
    """Return the epoch at which a person's present stay begins."""
    first = len(town.epochs)
    while first > 1 and user in town.epochs[first - 2].roster.by_user():
        first -= 1
    return first


def learn(town: Town, device: Device) -> None:
    """Tell a device all that the relay has for it, in a random order. Raises Differ."""
    if device.user not in town.members:
        learn_chains(town, device)
        return
    device.pair.take({"op": "now", "now": town.now})
    for generation in town.generations:
        device.pair.take({"op": "database", "generation": generation.hex()})
    if town.dice.random() < 0.5:
        learn_chains(town, device)
        learn_rows(town, device)
        learn_epochs(town, device)
    else:
        chores = [learn_chains, learn_rows, learn_epochs, learn_epochs]
        town.dice.shuffle(chores)
        for chore in chores:
            chore(town, device)
        learn_chains(town, device)
        learn_rows(town, device)
        learn_epochs(town, device)
    require_all(town, device)
    learn_seeds(town, device)
    for user in town.members:
        if user not in device.met and user != device.user:
            device.pair.take({"op": "meet", "user": user})
            device.met.add(user)


def learn_chains(town: Town, device: Device) -> None:
    users = list(town.people)
    town.dice.shuffle(users)
    steps = [step for user in users for step in town.statement_steps(device, user)]
    if steps:
        device.pair.take(*steps)


def learn_rows(town: Town, device: Device) -> None:
    """Pages in any order, some of them twice."""
    if device.told_rows == 0 and device.next_epoch == 0:
        device.told_rows = town.epochs[find_first(town, device) - 1].seq - 1 if device.user else 0
        if find_first(town, device) == 1:
            device.told_rows = 0
    pages = []
    first, last = device.told_rows + 1, len(town.rows)
    while first <= last:
        end = min(last, first + town.dice.choice((0, 1, 4, 30, 100)))
        pages.append((first, end))
        first = end + 1
    if pages and town.dice.random() < 0.2:
        pages.append(town.dice.choice(pages))
    order = town.dice.choice(("oldest", "newest", "any"))
    if order == "newest":
        pages.reverse()
    elif order == "any":
        town.dice.shuffle(pages)
    device.told_rows = last
    if pages:
        device.pair.take(*(town.rows_step(*page) for page in pages))


def find_first(town: Town, device: Device) -> int:
    """Return the epoch from which on a device is shown the log: history that was given counts."""
    stay = find_stay(town, device.user)
    record = town.epochs[stay - 1].record
    return record.history_from or stay


def learn_epochs(town: Town, device: Device) -> None:
    """Epochs in order, each until it is taken; what is unproven comes again later."""
    if device.next_epoch == 0:
        begin_epochs(town, device)
    while 0 < device.next_epoch <= len(town.epochs):
        step = town.epoch_step(device.next_epoch)
        if town.dice.random() < 0.1 and device.next_epoch > device.joins_at + 1:
            device.pair.take(town.epoch_step(device.next_epoch - 1))
        if device.pair.take(step) != [None]:
            return
        device.next_epoch += 1


def begin_epochs(town: Town, device: Device) -> None:
    stay, n = find_stay(town, device.user), len(town.epochs)
    is_brought_in = town.epochs[stay - 1].record.action in (Action.ADD, Action.CREATE)
    if n > stay and (town.dice.random() < 0.4 or not is_brought_in):
        anchored = town.dice.randint(stay, n)
        steps = [town.whole_step(anchored, "anchor"), {"op": "head"}]
        if device.pair.take(*steps)[0] is not None:
            return
        device.joins_at, device.next_epoch = anchored, anchored + 1
    elif stay == 1:
        if device.pair.take(town.epoch_step(1)) != [None]:
            return
        device.joins_at, device.next_epoch = 1, 2
    else:
        if device.pair.take(town.whole_step(stay, "join")) != [None]:
            return
        device.joins_at, device.next_epoch = stay, stay + 1
    for earlier in range(device.joins_at - 1, find_first(town, device) - 1, -1):
        device.pair.take(town.whole_step(earlier, "before"))


def require_all(town: Town, device: Device) -> None:
    """What the relay took every member takes: it judged by the same page."""
    if device.next_epoch != len(town.epochs) + 1:
        raise Differ(
            f"{device.name} does not take epoch {device.next_epoch}, which the relay took{device.pair.tell()}"
        )


def learn_seeds(town: Town, device: Device) -> None:
    """Wraps that were not lost, from the relay or (opened by another device) from the keyring."""
    known = device.pair.python.epochs.known
    for n in sorted(known):
        if known[n].key is not None:
            continue
        step = town.wrap_step(n, device.user)
        if step is None or device.user not in town.epochs[n - 1].roster.by_user():
            continue
        if (n, device.user) not in town.lost and town.dice.random() < 0.6:
            device.pair.take({"op": "seed", "n": n, "seed": town.epochs[n - 1].seed.hex()})
        else:
            device.pair.take(step)
        history = town.history_step(n, device.user)
        if history is not None:
            device.pair.take(history)
