"""A member who floods: what it costs the others is bounded by the day, and they go on beside it."""

import pytest
from sqlalchemy import select

from hearth.accounts.contract import DeleteAccount
from hearth.epochs.tables import EPOCH_WRAP
from hearth.errors import TooManyRequests
from tests.epochs.conftest import Cast
from tests.epochs.kit import make_group


async def test_one_member_makes_so_many_epochs_a_day_and_the_others_theirs(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is work for everybody's devices, and a wrap stored for each member."""
    monkeypatch.setattr("hearth.epochs.rules.PER_MEMBER", "20/86400s")
    room = await cast.group(cast.bob, cast.carol)
    made = 0
    for _ in range(30):
        cast.stage.clock.advance(60)
        try:
            await room.run(cast.bob, room.rotate(cast.bob))
            made += 1
        except TooManyRequests as error:
            assert error.retry_after is not None and error.retry_after > 60
    assert made == 20
    await room.run(cast.carol, room.rotate(cast.carol))
    await room.run(cast.alice, room.remove(cast.alice, cast.bob))


async def test_what_is_refused_takes_nothing_from_the_day(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hearth.epochs.rules.PER_MEMBER", "1/86400s")
    room = await cast.pair()
    stale = room.rotate(cast.bob)
    await room.run(cast.bob, room.rotate(cast.bob))
    for _ in range(3):
        cast.stage.clock.advance(60)
        with pytest.raises(Exception, match="another epoch"):
            await cast.stage.run(cast.bob.phone, stale)


async def test_a_friend_does_not_fill_up_ones_groups_in_an_hour(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hearth.epochs.rules.GROUPS_MADE", "3/86400s")
    for time in range(1, 4):
        room = make_group(cast.alice, cast.bob, time=time)
        await room.run(cast.alice, room.create(cast.alice))
    cast.stage.clock.advance(3600)
    late = make_group(cast.alice, cast.bob, time=9)
    with pytest.raises(TooManyRequests):
        await late.run(cast.alice, late.create(cast.alice))
    other = make_group(cast.bob, cast.alice, time=9)
    await other.run(cast.bob, other.create(cast.bob))


async def test_nothing_is_kept_for_who_is_deleted(cast: Cast) -> None:
    """A group that goes on with a deleted member would keep a wrap of every epoch for ever."""
    room = await cast.group(cast.bob, cast.carol)
    await cast.stage.run(cast.bob.phone, DeleteAccount(auth_key=cast.bob.owner.auth_key))
    for _ in range(3):
        await room.run(cast.carol, room.rotate(cast.carol))
    async with cast.stage.services.database.transaction("read") as transaction:
        rows = (await transaction.execute(select(EPOCH_WRAP.c.user_id, EPOCH_WRAP.c.n))).all()
    kept = {row.user_id for row in rows if row.n > 1}
    assert kept == {cast.alice.owner.user, cast.carol.owner.user}
