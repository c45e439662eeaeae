"""Verdicts follow from what is known, not from the order in which it came: random histories, pages anyhow."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearth.client.crypto.conversation import Conversation, Findings
from hearth.sealed.group.entries import EntryKind
from tests.client.crypto.cast import NOW, meet
from tests.client.crypto.room import Room, make_cast

ACTS = ("send", "late", "reply", "delete", "rotate", "leave", "repeat", "skip", "device", "mark")


def play(acts: list[tuple[str, int]]) -> Room:
    """Return a room in which things happened; `by` chooses who and what."""
    room = Room(make_cast("alice", "bob", "carol"))
    room.create()
    for act, by in acts:
        users = [member.user for member in room.rosters[-1].members]
        user = users[by % len(users)]
        sealed = [row for row in room.rows if row.kind == EntryKind.MESSAGE]
        target = sealed[by % len(sealed)] if sealed else None
        if act == "late":
            room.send(user, epoch=1 + by % room.n)
        elif act == "reply" and target:
            room.send(user, target=target)
        elif act == "delete" and target:
            room.send(user, kind=EntryKind.DELETION, target=target)
        elif act == "rotate":
            room.rotate(user)
        elif act == "leave" and user != 1 and len(users) > 2:
            left = room.leave(user)
            room.send(users[0])
            room.remove(user, cause=left.record_hash)
        elif act == "repeat":
            room.send(user, counter=1)
        elif act == "skip":
            room.seal(user)
        elif act == "mark" and room.n > 1:
            room.leave(user, epoch=1, record_hash=room.records[0].hash())
        elif act == "device":
            room.cast[user].set_devices(f"{room.cast[user].name} phone")
        else:
            room.send(user)
    return room


def learn(room: Room, rng: random.Random) -> Findings:
    """Let a client learn everything in a random order: pages and epochs, then seeds."""
    conversation = room.open(2, people=meet(*room.cast.values()))
    fresh = Conversation(conversation.epochs.where, conversation.epochs.people)
    cuts = sorted({1, *(rng.randrange(1, len(room.rows) + 1) for _ in range(4))})
    pages = list(zip(cuts, [*(cut - 1 for cut in cuts[1:]), len(room.rows)], strict=True))
    rng.shuffle(pages)
    for first, last in pages:
        room.show(fresh, first=first, up_to=last)
    for record, roster, _ in room.epochs:
        fresh.judge(NOW)
        fresh.epochs.take(record, roster)
    seeds = [(n, seed) for n, (_, _, seed) in enumerate(room.epochs, 1)]
    rng.shuffle(seeds)
    for n, seed in seeds:
        fresh.judge(NOW)
        fresh.epochs.take_seed(n, seed)
    return fresh.judge(NOW)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(min_value=0, max_value=11)), max_size=14),
    seed=st.integers(),
)
def test_a_client_that_learns_in_any_order_comes_to_the_same_verdicts(
    acts: list[tuple[str, int]], seed: int
) -> None:
    room = play(acts)
    in_order = room.open(2)
    room.show(in_order)
    assert learn(room, random.Random(seed)) == in_order.judge(NOW)  # nothing secret
