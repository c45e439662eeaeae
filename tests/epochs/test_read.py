"""Reading epochs and wraps: those of one's stays and for oneself, page by page, and nothing else."""

import pytest

from hearth.accounts.contract import DeleteAccount
from hearth.contract import Actor
from hearth.epochs.contract import (
    DropWraps,
    Epochs,
    ListEpochHeads,
    ListEpochs,
    ListWraps,
    OwnWraps,
    ReadEpochHistory,
    WrapName,
)
from hearth.epochs.tables import EPOCH_HISTORY, EPOCH_WRAP, HISTORY_WRAP
from hearth.errors import NotFound
from hearth.messages.contract import ReadHistory, SendMessage
from hearth.sealed.group.epoch import Role, Roster
from tests.directory.conftest import Home
from tests.epochs.conftest import Cast
from tests.epochs.kit import Room, make_record
from tests.security.conftest import dump


async def list_epochs(cast: Cast, room: Room, home: Home, first: int = 1, limit: int = 50) -> Epochs:
    command = ListEpochs(conversation_id=room.id, first=first, limit=limit)
    page: Epochs = await cast.stage.run(home.phone, command)
    return page


async def rotate(cast: Cast, room: Room, count: int = 1) -> None:
    for _ in range(count):
        await room.run(cast.alice, room.rotate(cast.alice))
        cast.stage.clock.advance(60)
    cast.stage.clear()


async def test_pages_have_each_roster_once(cast: Cast) -> None:
    room = await cast.group()
    await rotate(cast, room, 2)
    await cast.alice.adds()
    await rotate(cast, room, 2)
    page = await list_epochs(cast, room, cast.bob)
    assert page.n == 5
    assert [epoch.n for epoch in page.epochs] == [1, 2, 3, 4, 5]
    assert [epoch.roster is not None for epoch in page.epochs] == [True, False, False, True, False]
    assert [epoch.record for epoch in page.epochs] == [
        entry.record
        for entry in (
            await cast.stage.run(cast.bob.phone, ReadHistory(conversation_id=room.id, seq=0))
        ).entries
    ]
    for first, limit in ((2, 2), (3, 1), (5, 50), (4, 2)):
        part = await list_epochs(cast, room, cast.bob, first, limit)
        assert [epoch.n for epoch in part.epochs] == list(range(first, min(first + limit, 6)))
        roster = part.epochs[0].roster
        assert roster is not None, "a page can be read by itself"
        assert Roster.unpack(roster) == room.rosters[first - 1]
    assert (await list_epochs(cast, room, cast.bob, 6)).epochs == []


async def test_a_page_costs_the_same_whatever_came_before(cast: Cast) -> None:
    room = await cast.group()
    counts = set()
    for _ in range(3):
        await rotate(cast, room, 2)
        await list_epochs(cast, room, cast.bob, 2)
        counts.add(cast.stage.queries)
        cast.stage.clear()
        await cast.stage.run(cast.bob.phone, ListEpochHeads(conversation_ids=[room.id]))
        counts.add(-cast.stage.queries)
        cast.stage.clear()
    assert counts == {3, -2}


async def test_e13_epochs_of_ones_stays_and_the_one_before(cast: Cast) -> None:
    """Dave came with epoch 3, was removed with 5, came back with 7, and 8 follows."""
    room = await cast.group()
    await rotate(cast, room)
    await room.run(cast.alice, room.add(cast.alice, cast.dave))
    await rotate(cast, room)
    await room.run(cast.alice, room.remove(cast.alice, cast.dave))
    assert (await list_epochs(cast, room, cast.dave)).n == 4
    page = await list_epochs(cast, room, cast.dave)
    assert [epoch.n for epoch in page.epochs] == [2, 3, 4]
    heads = await cast.stage.run(cast.dave.phone, ListEpochHeads(conversation_ids=[room.id]))
    assert [(head.n, head.record_hash) for head in heads.heads] == [(4, room.records[3].hash())]
    await rotate(cast, room)
    await room.run(cast.alice, room.add(cast.alice, cast.dave))
    await rotate(cast, room)
    page = await list_epochs(cast, room, cast.dave)
    assert [epoch.n for epoch in page.epochs] == [2, 3, 4, 6, 7, 8]
    assert page.n == 8
    rosters = {epoch.n: epoch.roster for epoch in page.epochs}
    assert rosters[6] is not None and Roster.unpack(rosters[6]) == room.rosters[5]
    log = await cast.stage.run(cast.dave.phone, ReadHistory(conversation_id=room.id, seq=0))
    seqs = {entry.seq for entry in log.entries}
    assert room.taken[5].seq not in seqs and room.taken[6].seq in seqs
    with pytest.raises(NotFound):
        await list_epochs(cast, room, cast.erin)


async def test_a_newcomer_reads_from_where_the_history_begins(cast: Cast) -> None:
    room = await cast.group(cast.bob)
    for number in range(1, 4):
        message = SendMessage(
            conversation_id=room.id,
            client_id=f"{number:032x}",
            counter=number,
            record=make_record(),
            epoch=room.n,
        )
        await cast.stage.run(cast.bob.phone, message)
        await rotate(cast, room)
    command = room.add(cast.alice, cast.carol, history=3)
    await room.run(cast.alice, command)
    page = await list_epochs(cast, room, cast.carol)
    assert [epoch.n for epoch in page.epochs] == [2, 3, 4, 5]
    log = await cast.stage.run(cast.carol.phone, ReadHistory(conversation_id=room.id, seq=0))
    assert [entry.seq for entry in log.entries] == list(range(room.taken[2].seq, room.taken[4].seq + 1))
    wraps: OwnWraps = await cast.stage.run(cast.carol.phone, ListWraps())
    assert [(wrap.n, wrap.has_history) for wrap in wraps.wraps] == [(5, True)]
    question = ReadEpochHistory(conversation_id=room.id, n=5)
    given = await cast.stage.run(cast.carol.phone, question)
    assert command.history is not None
    assert (given.sealed, given.wrap) == (command.history.sealed, command.history.wraps[0].wrap)
    with pytest.raises(NotFound):
        await cast.stage.run(cast.bob.phone, question)
    name = WrapName(conversation_id=room.id, n=5)
    await cast.stage.run(cast.carol.phone, DropWraps(wraps=[name]))
    with pytest.raises(NotFound):
        await cast.stage.run(cast.carol.phone, question)
    stored = await dump(cast.stage.services)
    assert stored[EPOCH_HISTORY.name] == stored[HISTORY_WRAP.name] == []


async def test_a_history_stays_while_somebody_waits_for_it(cast: Cast) -> None:
    room = await cast.group(cast.bob)
    await room.run(cast.alice, room.add(cast.alice, cast.carol, cast.dave, history=1))
    name = WrapName(conversation_id=room.id, n=2)
    await cast.stage.run(cast.carol.phone, DropWraps(wraps=[name]))
    question = ReadEpochHistory(conversation_id=room.id, n=2)
    assert (await cast.stage.run(cast.dave.phone, question)).sealed
    await cast.stage.run(cast.dave.phone, DropWraps(wraps=[name, name]))
    assert (await dump(cast.stage.services))[EPOCH_HISTORY.name] == []


async def test_a_stay_that_begins_in_the_past_swallows_those_within_it(cast: Cast) -> None:
    """Carol was there, left, and is given all of it when she comes back: she is a member, with one stay."""
    room = await cast.group(cast.bob, cast.carol)
    await room.run(cast.alice, room.remove(cast.alice, cast.carol))
    await rotate(cast, room)
    await room.run(cast.alice, room.add(cast.alice, cast.carol, history=1))
    page = await list_epochs(cast, room, cast.carol)
    assert [epoch.n for epoch in page.epochs] == [1, 2, 3, 4]
    log = await cast.stage.run(cast.carol.phone, ReadHistory(conversation_id=room.id, seq=0))
    assert len(log.entries) == 4
    message = SendMessage(
        conversation_id=room.id, client_id="c" * 32, counter=1, record=make_record(), epoch=room.n
    )
    assert (await cast.stage.run(cast.carol.phone, message)).seq == 5
    await room.run(cast.alice, room.set_role(cast.alice, cast.carol, Role.ADMIN))


async def test_wraps_of_many_conversations_in_pages(cast: Cast) -> None:
    room, pair = await cast.group(), await cast.pair()
    await rotate(cast, room, 2)
    await rotate(cast, pair)
    names, after = [], None
    for _ in range(10):
        page: OwnWraps = await cast.stage.run(cast.bob.phone, ListWraps(after=after, limit=2))
        names += [(wrap.conversation_id, wrap.n) for wrap in page.wraps]
        if not page.more:
            break
        after = WrapName(conversation_id=names[-1][0], n=names[-1][1])
    wanted = [(room.id, 1), (room.id, 2), (room.id, 3), (pair.id, 1), (pair.id, 2)]
    assert names == sorted(wanted)
    gone = [WrapName(conversation_id=room.id, n=n) for n in (1, 2, 9)]
    await cast.stage.run(cast.bob.phone, DropWraps(wraps=gone))
    rest: OwnWraps = await cast.stage.run(cast.bob.phone, ListWraps())
    assert sorted((wrap.conversation_id, wrap.n) for wrap in rest.wraps) == sorted([*wanted[2:]])
    others: OwnWraps = await cast.stage.run(cast.alice.phone, ListWraps())
    assert len(others.wraps) == 5, "one drops one's own"


async def test_a_device_off_the_list_neither_reads_nor_drops(cast: Cast) -> None:
    """Who signed in with a stolen key alone must not make seeds disappear."""
    room = await cast.pair()
    laptop: Actor = await cast.bob.signs_in()
    name = WrapName(conversation_id=room.id, n=1)
    for command in (ListWraps(), DropWraps(wraps=[name]), ReadEpochHistory(conversation_id=room.id, n=1)):
        with pytest.raises(NotFound):
            await cast.stage.run(laptop, command)
    assert len((await dump(cast.stage.services))[EPOCH_WRAP.name]) == 2


async def test_heads_of_many_at_once(cast: Cast) -> None:
    room, pair = await cast.group(), await cast.pair()
    await rotate(cast, pair)
    ids = [room.id, pair.id, "00" * 16]
    heads = await cast.stage.run(cast.bob.phone, ListEpochHeads(conversation_ids=ids))
    found = {head.conversation_id: (head.n, head.seq) for head in heads.heads}
    assert found == {room.id: (1, 1), pair.id: (2, 2)}
    carols = await cast.stage.run(cast.carol.phone, ListEpochHeads(conversation_ids=ids))
    assert [head.conversation_id for head in carols.heads] == [room.id]


async def test_what_waited_for_a_deleted_account_is_gone(cast: Cast) -> None:
    room = await cast.group(cast.bob)
    await room.run(cast.alice, room.add(cast.alice, cast.carol, history=1))
    await cast.stage.run(cast.carol.phone, DeleteAccount(auth_key=cast.carol.owner.auth_key))
    stored = await dump(cast.stage.services)
    assert stored[HISTORY_WRAP.name] == []
    assert len(stored[EPOCH_WRAP.name]) == 4
