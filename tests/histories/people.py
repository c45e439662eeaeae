"""How people of a history change: devices come and go, keys are renewed, seeds are asked for."""

from tests.client.crypto.cast import seed_of
from tests.histories.epochs import choose_device
from tests.histories.town import DAY, HOUR, Town


def change_person(town: Town) -> None:
    """Somebody's chain goes on: devices come and go, keys are renewed, an account begins anew."""
    person = town.people[town.dice.choice(list(town.people))]
    what = town.dice.choices(
        ("add", "remove", "retire", "identity", "reset", "receive", "late", "profile"),
        (4, 3, 2, 2, 1, 3, 2, 1),
    )[0]
    names = person.device_names
    town.note(f"{person.name}: {what}")
    if what == "add":
        person.set_devices(*names, person.next_device())
    elif what == "remove" and len(names) > 1:
        person.set_devices(*town.dice.sample(names, len(names) - 1))
        if town.dice.random() < 0.7:
            person.renew_receive(time=town.now)
    elif what == "retire" and len(names) > 1:
        person.retire(town.dice.choice(names))
    elif what == "identity":
        person.renew_identity(person.next_identity())
    elif what == "reset":
        person.reset(person.next_identity(), person.next_device())
    elif what == "receive":
        person.renew_receive(town.dice.choice(names), time=town.now)
    elif what == "late":
        person.renew_receive(town.dice.choice(names), time=town.now + 2 * DAY)
    else:
        person.set_name(f"{person.name} the {town.dice.randint(1, 99)}", names[0])
    for name in [
        name
        for name, one in town.devices.items()
        if one.user == person.user and name not in person.device_names
    ]:
        town.devices.pop(name).pair.close()


def accept(town: Town) -> None:
    """Somebody takes the changed identities of others."""
    device = choose_device(town)
    for user in town.members:
        device.pair.take({"op": "accept", "user": user})


def compare(town: Town) -> None:
    """Somebody compares safety numbers with another, or takes that back."""
    device = choose_device(town)
    others = [user for user in town.members if user != device.user]
    if others:
        what = town.dice.choice(("compare", "compare", "uncompare"))
        device.pair.take({"op": what, "user": town.dice.choice(others)})


def heal(town: Town) -> None:
    """Who has no seed asks; any other device says whether it would answer, and one answer is taken."""
    device = choose_device(town)
    known = device.pair.python.epochs.known
    keyless = [n for n, one in known.items() if one.key is None and device.user in one.epoch.members]
    if not keyless:
        return
    n = town.dice.choice(keyless)
    step = {"op": "ask", "n": n}
    made = device.pair.make(step, by_web=town.dice.random() < 0.5)
    if made["verdict"] is not None:
        return
    helper = choose_device(town)
    answer = {"op": "answer", "request": made["answer"]}
    if helper.pair.may_make(answer):
        sealed = helper.pair.make(answer, by_web=town.dice.random() < 0.5)["answer"]
        version = len(town.people[device.user].received)
        receive_seed = seed_of(town.people[device.user].receive_name(version))
        receive_hash = town.receive_hash(device.user, version)
        taken = {"op": "answered", "n": n, "wrap": sealed, "receive_seed": receive_seed.hex()}
        verdicts = device.pair.take(taken | {"receive_hash": receive_hash.hex()})
        town.note(f"{helper.name} gives {device.name} the seed of {n}: {verdicts}")


def pass_time(town: Town) -> None:
    town.now += town.dice.choice((1, HOUR, 2 * HOUR, DAY, 8 * DAY))
