"""One random history from its seed to its end: every device shows the same in both implementations."""

from random import Random

from tests.histories import acts, hostile
from tests.histories.devices import learn, open_device
from tests.histories.epochs import begin
from tests.histories.pair import Differ, NodeViews
from tests.histories.town import Town

LEAST, MOST = 2, 30
FORGERIES = 60


def choose_people(dice: Random, most: int = MOST) -> int:
    """Return how many there are: few mostly, as what goes wrong goes wrong among few, too."""
    return dice.randint(LEAST, most) if dice.random() < 0.5 else dice.randint(LEAST, min(most, 5))


def run(nodes: NodeViews, seed: int, *, people: int, steps: int, attacks: int = 6) -> Town:
    """Live a history. Raises Differ, with the seed and what was done until then."""
    town = Town(nodes, seed, people)
    try:
        begin(town)
        for _ in range(steps):
            acts.act(town)
        compare_all(town)
        for _ in range(attacks):
            hostile.attack(town, forgeries=FORGERIES)
        nodes.settle()
    except Differ as error:
        nodes.forget()
        script = "\n".join(f"  {line}" for line in town.script)
        raise Differ(f"seed {seed}, {people} people, {steps} steps\n{script}\n{error}") from None
    finally:
        for device in town.devices.values():
            device.pair.close()
    return town


def compare_all(town: Town) -> None:
    """Each member's devices learn everything; then all that have the same keys see the same."""
    for user in town.members:
        for name in town.people[user].device_names:
            device = town.devices.get(name) or open_device(town, user, name)
            learn(town, device)
            device.pair.show()
