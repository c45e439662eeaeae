"""Devices that make the next epoch at the same moment: exactly one does, and the log has no gap (F40)."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import select

from hearth.accounts.living import lock_living
from hearth.contract import Actor, Context
from hearth.directory.contract import ChainTaken
from hearth.directory.renew import renew
from hearth.epochs.contract import EpochTaken, MakeEpoch
from hearth.epochs.rules import EpochMoved, ReceiveOutdated
from hearth.epochs.tables import EPOCH, EPOCH_WRAP
from hearth.friends.contract import RemoveFriend
from hearth.messages.contract import SendMessage
from hearth.messages.tables import MESSAGE
from hearth.work import perform
from tests.directory.conftest import Home
from tests.epochs.conftest import Cast
from tests.epochs.kit import Room, make_group, make_record

Asking = tuple[Home, Actor, MakeEpoch]


async def race(room: Room, asking: list[Asking]) -> Counter[str]:
    """Let all of them ask at once; keep what was taken and return what became of each."""
    runs = [home.stage.run(device, command) for home, device, command in asking]
    outcomes = await asyncio.gather(*runs, return_exceptions=True)
    for (_, _, command), outcome in zip(asking, outcomes, strict=True):
        if isinstance(outcome, EpochTaken):
            room.keep(command, outcome)
    return Counter(type(outcome).__name__ for outcome in outcomes)


async def race_on(cast: Cast, rounds: int) -> None:
    """Two devices of alice's and one of bob's rotate at once, again and again."""
    laptop = await cast.alice.adds()
    room = await cast.group(cast.bob)
    for _ in range(rounds):
        asking: list[Asking] = [
            (cast.alice, cast.alice.phone, room.rotate(cast.alice)),
            (cast.alice, laptop, room.rotate(cast.alice, device=laptop)),
            (cast.bob, cast.bob.phone, room.rotate(cast.bob)),
        ]
        before = room.n
        assert await race(room, asking) == {"EpochTaken": 1, "EpochMoved": 2}
        assert room.n == before + 1
        cast.stage.clock.advance(180)
        cast.stage.clear()
    await compare(cast, room)


async def compare(cast: Cast, room: Room) -> None:
    """What is stored is one chain of records, one log without a gap, and the wraps of what was taken."""
    async with cast.stage.services.database.transaction("read") as transaction:
        of_room = EPOCH.c.conversation_id == room.conversation
        rows = (await transaction.execute(select(EPOCH).where(of_room).order_by(EPOCH.c.n))).all()
        log = (
            await transaction.execute(
                select(MESSAGE.c.seq, MESSAGE.c.kind, MESSAGE.c.message)
                .where(MESSAGE.c.conversation_id == room.conversation)
                .order_by(MESSAGE.c.seq)
            )
        ).all()
        columns = select(EPOCH_WRAP.c.n, EPOCH_WRAP.c.user_id)
        here = EPOCH_WRAP.c.conversation_id == room.conversation
        wraps = (await transaction.execute(columns.where(here))).all()
    assert [(row.n, row.hash) for row in rows] == [(r.n, r.hash()) for r in room.records]
    assert [entry.seq for entry in log] == list(range(1, len(log) + 1))
    assert [(row.seq, row.record) for row in rows] == [(e.seq, e.message) for e in log if e.kind == 16]
    wanted = {
        (n, line.user)
        for n, roster in enumerate(room.rosters, 1)
        for line in roster.members
        if line.receive_version
    }
    assert {tuple(row) for row in wraps} == wanted


async def test_f40_of_racing_epochs_one_is_next(cast: Cast) -> None:
    await race_on(cast, 12)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
async def test_f40_a_thousand_races_have_one_winner_each(cast: Cast, part: int) -> None:
    await race_on(cast, 250)


async def test_a_removal_and_a_rotation(cast: Cast) -> None:
    """Whichever is first, who was removed has no wrap of that epoch or of one after it."""
    for number in range(4):
        room = make_group(cast.alice, cast.bob, cast.carol, time=number + 1)
        await room.run(cast.alice, room.create(cast.alice))
        asking: list[Asking] = [
            (cast.alice, cast.alice.phone, room.remove(cast.alice, cast.bob)),
            (cast.bob, cast.bob.phone, room.rotate(cast.bob)),
        ]
        outcomes = await race(room, asking)
        assert outcomes["EpochTaken"] == 1 and outcomes["EpochMoved"] + outcomes["NotFound"] == 1
        cast.stage.clock.advance(60)
        await compare(cast, room)


async def test_the_same_epoch_many_times_at_once_is_one(cast: Cast) -> None:
    room = make_group(cast.alice, cast.bob)
    for command in (room.create(cast.alice), None):
        asked = command or room.rotate(cast.alice)
        runs = [cast.stage.run(cast.alice.phone, asked) for _ in range(4)]
        answers = await asyncio.gather(*runs)
        assert len({(answer.n, answer.seq, answer.timestamp) for answer in answers}) == 1
        room.keep(asked, answers[0])
    await compare(cast, room)


async def test_messages_and_epochs_share_one_log(cast: Cast) -> None:
    """The committer's batches and epochs take places in turn."""
    room = await cast.group(cast.bob)
    number = 0
    for _ in range(6):
        messages = []
        for _ in range(5):
            number += 1
            client_id = f"{number:032x}"
            messages.append(
                SendMessage(
                    conversation_id=room.id,
                    client_id=client_id,
                    counter=number,
                    record=make_record(),
                    epoch=room.n,
                )
            )
        command = room.rotate(cast.alice)
        runs = [cast.stage.run(cast.bob.phone, message) for message in messages]
        *_, taken = await asyncio.gather(*runs, cast.stage.run(cast.alice.phone, command))
        room.keep(command, taken)
        cast.stage.clock.advance(60)
    await compare(cast, room)


async def test_a_receive_key_that_is_renewed_meanwhile(cast: Cast) -> None:
    """Who makes an epoch waits for a member's own change and then sees it: no seed goes to a dropped key."""
    room = await cast.pair()
    command = room.rotate(cast.alice)
    waiting: list[asyncio.Task[EpochTaken]] = []

    async def renew_slowly(context: Context) -> ChainTaken:
        await lock_living(context.transaction, (cast.bob.owner.user,))
        waiting.append(asyncio.create_task(cast.stage.run(cast.alice.phone, command)))
        await asyncio.wait(waiting, timeout=0.5)
        return await renew(context, cast.bob.owner.renew(cast.bob.id))

    await perform(cast.stage.services, cast.bob.phone, renew_slowly)
    with pytest.raises(ReceiveOutdated):
        await waiting[0]
    await room.run(cast.alice, room.rotate(cast.alice))


async def test_a_friendship_that_ends_meanwhile(cast: Cast) -> None:
    """Either the epoch is first, or the conversation is closed for it."""
    room = await cast.pair()
    command = room.rotate(cast.alice)
    outcomes = await asyncio.gather(
        cast.stage.run(cast.bob.phone, RemoveFriend(user_id=cast.alice.owner.user)),
        cast.stage.run(cast.alice.phone, command),
        return_exceptions=True,
    )
    assert not isinstance(outcomes[0], BaseException)
    assert isinstance(outcomes[1], EpochTaken) or type(outcomes[1]).__name__ == "ConversationClosed"


async def test_epoch_moved_is_told_to_who_was_second(cast: Cast) -> None:
    room = await cast.pair()
    first, second = room.rotate(cast.alice), room.rotate(cast.bob)
    await room.run(cast.alice, first)
    with pytest.raises(EpochMoved) as caught:
        await cast.stage.run(cast.bob.phone, second)
    assert (caught.value.code, caught.value.status) == ("epoch_moved", 409)
