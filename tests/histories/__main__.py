"""Random histories for as long as one likes.

    python -m tests.histories --minutes 20 [--seed N]     from a random seed on, or from N
    python -m tests.histories --only N [--people P --steps S]

A history in which the two implementations differ is told, shortened to the fewest steps that still show it.
"""

import argparse
import secrets
import sys
import time
from random import Random

from tests.histories.history import choose_people, run
from tests.histories.pair import Differ, NodeViews


def shorten(nodes: NodeViews, seed: int, people: int, steps: int) -> str:
    """Return the differing history with the fewest steps. Steps are drawn one by one: a beginning is one."""
    told = ""
    low, high = 0, steps
    while low < high:
        middle = (low + high) // 2
        try:
            run(nodes, seed, people=people, steps=middle)
        except Differ as error:
            told, high = str(error), middle
        else:
            low = middle + 1
    return told


def live(nodes: NodeViews, seed: int, people: int, steps: int) -> tuple[int, int]:
    """Live one history and return its epochs and entries. Raises Differ, shortened where that is possible."""
    try:
        town = run(nodes, seed, people=people, steps=steps)
    except Differ as error:
        raise Differ(shorten(nodes, seed, people, steps) or str(error)) from None
    return len(town.epochs), len(town.rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.histories", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000_000))
    parser.add_argument("--only", type=int)
    parser.add_argument("--people", type=int)
    parser.add_argument("--steps", type=int)
    options = parser.parse_args()
    seed = options.seed if options.only is None else options.only
    histories = epochs = entries = different = 0
    end = time.monotonic() + options.minutes * 60
    with NodeViews() as nodes:
        while histories == 0 or (options.only is None and time.monotonic() < end):
            dice = Random(seed)
            people = options.people or choose_people(dice)
            steps = options.steps or dice.choice((20, 40, 80))
            try:
                made = live(nodes, seed, people, steps)
                epochs, entries = epochs + made[0], entries + made[1]
            except Differ as error:
                different += 1
                sys.stdout.write(f"{error}\n\n")
                sys.stdout.flush()
            histories, seed = histories + 1, seed + 1
    cpu = time.process_time()
    found = f"{histories} histories, {epochs} epochs, {entries} entries: {different} differ"
    sys.stdout.write(f"{found} (last seed {seed - 1}, {cpu:.0f} s of this processor)\n")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
