"""What belongs to a page and stands elsewhere: which of it comes along, and what is left out. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from hearth.messages.contract import KIND_DELETION, KIND_EDIT, KIND_PIN, KIND_REACTION
from hearth.messages.rules import fit

MOST_OF_A_KIND = 200
"""Aimed at one entry; what is older is asked for by `message.aimed`."""
NEWEST = 2
"""Of edits, pins and deletions: one should do, but the newest may not open or not be what it seems."""


class Aimed(NamedTuple):
    """An entry that is aimed at another, in outline. `has_more`: there are older ones of its kind."""

    seq: int
    kind: int
    target_seq: int
    size: int
    has_more: bool = False


class Belonging(NamedTuple):
    """The seqs that come along, and how much at least is missing of what is aimed at an entry."""

    aimed: set[int]
    answered: set[int]
    left_out: dict[int, int]


def choose_belonging(
    aimed: Sequence[Aimed], taken_back: Sequence[Aimed], answered: Mapping[int, int], room: int
) -> Belonging:
    """Return what fits into `room` bytes, what matters most first.

    `aimed` is what was found of the entries on the page and of `answered` (sizes by seq); `taken_back` are
    deletions of those of `aimed` that were emptied. Reactions of all entries take turns, the newest first.
    """
    first, later = rank_aimed(aimed)
    changing, room = fit(((one.seq, one.size) for one in first), room)
    replied, room = fit(sorted(answered.items(), reverse=True), room)
    others, _ = fit(((one.seq, one.size) for one in [*later, *taken_back]), room)
    targets = {one.seq: one.target_seq for one in aimed}
    left_out = Counter({target: 1 for target in {one.target_seq for one in later if one.has_more}})
    for one in [*first, *later, *taken_back]:
        if one.seq not in changing and one.seq not in others:
            left_out[targets.get(one.target_seq, one.target_seq)] += 1
    return Belonging(changing | others, replied, dict(sorted(left_out.items())))


def rank_aimed(aimed: Iterable[Aimed]) -> tuple[list[Aimed], list[Aimed]]:
    """Return what changes how an entry reads (deletions, edits), and the rest (pins, then reactions)."""
    deletions: list[Aimed] = []
    edits: list[Aimed] = []
    pins: list[Aimed] = []
    reactions: list[tuple[int, Aimed]] = []
    ordered = sorted(aimed, key=lambda one: (one.target_seq, one.kind, -one.seq))
    for (_, kind), of_kind in groupby(ordered, key=lambda one: (one.target_seq, one.kind)):
        found = list(of_kind)
        live = [one for one in found if one.size > 0]
        if kind == KIND_DELETION:
            deletions += found[-NEWEST:]  # the first of all did it
        elif kind == KIND_EDIT:
            edits += live[:NEWEST] + live[NEWEST:][-1:]  # a poll is closed by its first
        elif kind == KIND_PIN:
            pins += live[:NEWEST]
        elif kind == KIND_REACTION:
            reactions += enumerate(live)
    by_turn = sorted(reactions, key=lambda item: (item[0], -item[1].seq))
    edits.sort(key=lambda one: one.target_seq, reverse=True)
    return deletions + edits, pins + [one for _, one in by_turn]


def list_emptied(aimed: Iterable[Aimed]) -> list[int]:
    """Return the edits and reactions that were taken back: a device may have them from before."""
    return [one.seq for one in aimed if one.kind in (KIND_EDIT, KIND_REACTION) and one.size == 0]
