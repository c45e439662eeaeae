"""What may happen next in a history, and how often."""

from tests.histories.entries import empty, leave, restore, write
from tests.histories.epochs import change_epoch
from tests.histories.people import accept, change_person, compare, heal, pass_time
from tests.histories.town import Town

ACTS = {
    write: 12,
    change_epoch: 9,
    change_person: 5,
    leave: 1,
    empty: 2,
    accept: 1,
    compare: 1,
    heal: 2,
    pass_time: 2,
    restore: 0.3,
}


def act(town: Town) -> None:
    town.now += 1
    town.dice.choices(list(ACTS), list(ACTS.values()))[0](town)
