"""Both implementations of docs/protocol-encryption.md live the same histories (python -m tests.histories)."""

from collections.abc import Iterator
from random import Random

import pytest

from tests.histories.history import choose_people, run
from tests.histories.pair import Differ, NodeViews

pytestmark = pytest.mark.sqlite
SEEDS = range(1, 11)


@pytest.fixture(scope="module")
def nodes() -> Iterator[NodeViews]:
    with NodeViews() as views:
        yield views


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_both_implementations_live_the_same_history(nodes: NodeViews, seed: int) -> None:
    town = run(nodes, seed, people=choose_people(Random(seed), most=6), steps=30, attacks=4)
    assert town.epochs and town.rows


def test_a_difference_is_told_with_its_seed_and_script(
    nodes: NodeViews, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a view that judges otherwise is found out, and the history can be lived again."""
    monkeypatch.setattr("tests.histories.view.View.take_now", lambda _view, _step: "another answer")
    with pytest.raises(Differ, match=r"(?s)seed 3, 2 people.*begins a .*python 'another answer'"):
        run(nodes, 3, people=2, steps=10)
