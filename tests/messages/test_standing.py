"""What is about a conversation as a whole: which states and pins are told, and to whom."""

import pytest

from hearth.errors import NotFound
from hearth.inbox.contract import GetInboxItems, InboxItem
from hearth.messages import standing
from hearth.messages.contract import Pins, ReadPins, ReadStates, States
from hearth.messages.tables import STANDING
from hearth.sealed.group.epoch import Role
from tests.directory.conftest import Home
from tests.epochs.kit import OPEN, make_record_of
from tests.messages.conftest import Scene
from tests.messages.talk import Talk, make_talk
from tests.prepared import prepare
from tests.stage import Stage

STATE, PIN = 6, 7


@pytest.fixture
async def talk(stage: Stage) -> Talk:
    """Members add, admins set."""
    return await prepare(stage, make_talk)


async def says(talk: Talk, home: Home, *, size: int = 10) -> int:
    return (await talk.sends(home, kind=STATE, record=make_record_of(b"x" * size))).seq


async def states(talk: Talk, home: Home, *ids: str) -> States:
    found: States = await talk.stage.run(home.phone, ReadStates(conversations=list(ids) or [talk.room.id]))
    return found


async def pins(talk: Talk, home: Home) -> Pins:
    found: Pins = await talk.stage.run(home.phone, ReadPins(conversation_id=talk.room.id))
    return found


async def row(talk: Talk, home: Home) -> InboxItem:
    items = await talk.stage.run(home.phone, GetInboxItems(conversations=[talk.room.id]))
    (item,) = items.items
    assert isinstance(item, InboxItem)
    return item


async def test_the_newest_states_of_who_sets_come_and_the_first_of_who_repeats(talk: Talk) -> None:
    assert OPEN.add_by is Role.MEMBER and OPEN.settings_by is Role.ADMIN
    assert (await states(talk, talk.bob)).entries == []
    repeats = [await says(talk, talk.bob) for _ in range(5)]
    ruling = [await says(talk, talk.alice) for _ in range(5)]
    last = await says(talk, talk.carol)
    found = await states(talk, talk.carol)
    assert [entry.seq for entry in found.entries] == [*repeats[:3], *ruling[-3:], last]
    assert {entry.kind for entry in found.entries} == {STATE} and found.left_out == []


async def test_a_row_of_the_inbox_names_the_newest_state_and_pin(talk: Talk) -> None:
    assert ((await row(talk, talk.bob)).state_seq, (await row(talk, talk.bob)).pin_seq) == (0, 0)
    state = await says(talk, talk.alice)
    (sent,) = await pin(talk, *await messages(talk, 1))
    item = await row(talk, talk.bob)
    assert (item.state_seq, item.pin_seq) == (state, sent)
    assert [entry.seq for entry in (await states(talk, talk.bob)).entries] == [state]


async def test_who_came_later_is_told_what_was_said_since_who_left_what_was_before(
    talk: Talk,
) -> None:
    before, message = await says(talk, talk.alice), (await talk.sends(talk.alice)).seq
    await talk.sends(talk.alice, kind=PIN, target_seq=message)
    await talk.room.run(talk.alice, talk.room.remove(talk.alice, talk.carol))
    left = await row(talk, talk.carol)
    during, missed = await says(talk, talk.alice), (await talk.sends(talk.bob)).seq
    assert (await row(talk, talk.carol)).state_seq == left.state_seq == before
    assert [entry.seq for entry in (await states(talk, talk.carol)).entries] == [before]
    await talk.room.run(talk.alice, talk.room.add(talk.alice, talk.carol))
    item = await row(talk, talk.carol)
    assert (item.state_seq, item.pin_seq) == (0, 0)
    assert (await states(talk, talk.carol)).entries == [] and (await pins(talk, talk.carol)).entries == []
    after = await says(talk, talk.bob)
    assert [entry.seq for entry in (await states(talk, talk.carol)).entries] == [after]
    assert [entry.seq for entry in (await states(talk, talk.bob)).entries] == [before, during, after]
    (sent,) = await pin(talk, missed)
    found = await pins(talk, talk.carol)
    assert told(found) == ([sent], [], False)


async def messages(talk: Talk, count: int, *, size: int = 10) -> list[int]:
    return [(await talk.sends(talk.bob, record=make_record_of(b"x" * size))).seq for _ in range(count)]


async def pin(talk: Talk, *targets: int, size: int = 10) -> list[int]:
    record = make_record_of(b"x" * size)
    return [(await talk.sends(talk.alice, kind=PIN, target_seq=seq, record=record)).seq for seq in targets]


def told(found: Pins) -> tuple[list[int], list[int], bool]:
    return [entry.seq for entry in found.entries], [entry.seq for entry in found.pinned], found.left_out


async def test_pins_come_with_what_they_are_aimed_at(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = await messages(talk, 3)
    sent = await pin(talk, third, first, second, first)
    assert told(await pins(talk, talk.carol)) == ([sent[0], *sent[2:]], [first, second, third], False)
    monkeypatch.setattr(standing, "MOST_PINS", 2)
    assert told(await pins(talk, talk.carol)) == (sent[2:], [first, second], True)


async def test_what_is_pinned_again_and_again_pushes_nothing_out(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "MOST_PINS", 3)
    first, second = await messages(talk, 2)
    sent = await pin(talk, first, *[second] * 5)
    assert told(await pins(talk, talk.carol)) == ([sent[0], sent[-1]], [first, second], False)
    monkeypatch.setattr(standing, "MOST_LOOKED", 5)
    assert told(await pins(talk, talk.carol)) == ([sent[-1]], [second], True)


async def test_large_pins_leave_room_for_others_and_for_what_is_pinned(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "MAX_PAGE_BYTES", 20_000)
    early, *targets = await messages(talk, 5)
    (small,) = await pin(talk, early)
    large = await pin(talk, *targets, size=5_000)
    assert told(await pins(talk, talk.carol)) == ([small, large[-1]], [early, *targets], True)


async def test_what_does_not_fit_is_named_or_left_away(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "MAX_PAGE_BYTES", 4 * (289 + 384))
    (large,), (small,) = await messages(talk, 1, size=5_000), await messages(talk, 1)
    sent = await pin(talk, large, small)
    assert told(await pins(talk, talk.carol)) == (sent, [small], True)
    await says(talk, talk.alice, size=5_000)
    assert await states(talk, talk.carol) == States(entries=[], left_out=[talk.room.id])


async def test_strangers_are_told_nothing(scene: Scene) -> None:
    group = await scene.make_group(scene.alice, scene.bob)
    for where in (group.hex(), "ee" * 16):
        with pytest.raises(NotFound):
            await scene.stage.run(scene.carol, ReadPins(conversation_id=where))
        answer = await scene.stage.run(scene.carol, ReadStates(conversations=[where]))
        assert answer == States(entries=[], left_out=[])


async def test_many_groups_cost_as_many_queries_as_one_and_many_entries_as_few(talk: Talk) -> None:
    """Access, choice, entries; for pins the sizes of their targets, too."""
    message = (await talk.sends(talk.bob)).seq
    for count in (1, 6):
        for _ in range(count):
            await says(talk, talk.alice)
            await talk.sends(talk.alice, kind=PIN, target_seq=message)
        talk.stage.clear()
        await states(talk, talk.bob, talk.room.id, "ee" * 16)
        assert talk.stage.queries == 3
        talk.stage.clear()
        await pins(talk, talk.bob)
        assert talk.stage.queries == 4


async def test_nothing_of_it_is_left_of_notes_that_are_forgotten(scene: Scene) -> None:
    from hearth.messages import store

    message = (await scene.sends(scene.alice)).seq
    await scene.sends(scene.alice, kind=PIN, target_seq=message)
    assert len(await scene.rows(STANDING)) == 1
    async with scene.stage.services.database.transaction("write") as transaction:
        await store.delete_log(transaction, scene.pair)
    assert await scene.rows(STANDING) == []
