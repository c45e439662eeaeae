"""What the server keeps in memory of epochs: bounded, and gone when it is not so any more."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import pytest

from hearth.contract import Transaction
from hearth.errors import HearthError, NotFound, StorageUnavailable
from hearth.messages import known_epochs
from hearth.messages import sealed as sealed_module
from hearth.messages.known_epochs import KnownEpochs, Room
from hearth.messages.log import MessageLog
from hearth.messages.sealed import EpochTooOld, Facts, Sealed
from tests.epochs.kit import make_record
from tests.messages.talk import Talk, make_talk
from tests.prepared import prepare
from tests.stage import RememberingBus, Stage


async def test_who_writes_under_one_old_epoch_after_the_other_fills_no_memory(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hearth.messages.known_epochs.MOST_EPOCHS", 3)
    entered: list[tuple[int, int, int]] = []
    enter = KnownEpochs._enter

    def remember(self: KnownEpochs, conversation_id: bytes, log_hash: bytes) -> Room:
        room = enter(self, conversation_id, log_hash)
        entered.append((len(room.epochs), len(room.has_leave), len(room.incarnations)))
        return room

    monkeypatch.setattr(KnownEpochs, "_enter", remember)
    talk = await make_talk(stage)
    for _ in range(12):
        await talk.sends(talk.bob)
        await talk.room.run(talk.alice, talk.room.rotate(talk.alice))
        stage.clock.advance(60)
    assert len(entered) == 12
    assert max(max(sizes) for sizes in entered) == 3
    await talk.sends(talk.bob, epoch=12)


@pytest.fixture
async def talk(stage: Stage) -> Talk:
    return await prepare(stage, make_talk)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Who was judged as a whole, in order."""
    users: list[int] = []
    judge = sealed_module.judge_sealed

    def note(sealed: Sealed, facts: Facts) -> HearthError | None:
        users.append(sealed.user_id)
        return judge(sealed, facts)

    monkeypatch.setattr(sealed_module, "judge_sealed", note)
    return users


async def test_who_writes_again_is_not_judged_as_a_whole_again(talk: Talk, judged: list[int]) -> None:
    alice, bob = talk.alice.owner.user, talk.bob.owner.user
    for home in (talk.alice, talk.alice, talk.bob, talk.alice, talk.bob):
        await talk.sends(home)
    assert judged == [alice, bob]
    await talk.sends(talk.alice, kind=0)
    await talk.sends(talk.alice, target_seq=2)
    await talk.sends(talk.alice, target_seq=2)
    assert judged == [alice, bob, alice, alice, alice], "another kind, and what is aimed at something"


@pytest.mark.parametrize("what", ["chain", "leave", "epoch", "stranger"])
async def test_a_permit_ends_with_what_it_rests_on(talk: Talk, judged: list[int], what: str) -> None:
    await talk.sends(talk.bob)
    if what == "chain":
        await talk.bob.run(talk.bob.owner.set_profile(talk.bob.id))
    elif what == "leave":
        await talk.notes_leave(talk.carol, n=0)
    elif what == "epoch":
        await talk.rotates()
    else:  # another process has appended to this log
        other = MessageLog(talk.stage.services.database, RememberingBus(), talk.stage.clock)
        await other.start()
        await other.append(talk.alice.phone, talk.record(talk.alice))
        await other.stop()
    judged.clear()
    await talk.sends(talk.bob)
    assert judged == [talk.bob.owner.user]


async def test_a_permit_is_no_leave_to_send_anything(talk: Talk) -> None:
    """What is different in each record is looked at each time."""
    await talk.sends(talk.bob, record=make_record(512))
    for record, verdict in (
        (b"\x02" + make_record(512)[1:], "unsupported"),
        (b"\x00" + make_record(512)[1:], "unsupported"),
        (make_record(512)[:-1], "malformed"),
        (b"\x01", "malformed"),
    ):
        await talk.rejects(verdict, talk.bob, record=record)
    await talk.rejects("not_allowed", talk.bob, kind=2)
    await talk.sends(talk.bob, record=make_record(1024))


async def test_who_was_removed_and_comes_back_has_no_permit_of_before(talk: Talk) -> None:
    await talk.sends(talk.carol)
    await talk.removes(talk.carol)
    await talk.refuses(NotFound, talk.carol, epoch=1)
    await talk.room.run(talk.alice, talk.room.add(talk.alice, talk.carol, history=1))
    await talk.refuses(EpochTooOld, talk.carol, epoch=1)
    await talk.sends(talk.carol)


async def test_a_device_off_the_list_writes_no_more_though_nobody_knows_of_the_commit(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was known is forgotten before the commit; what was read until then, when its answer is lost."""
    bob, services = talk.bob, talk.stage.services
    laptop = await bob.adds()
    await talk.sends(bob, laptop)
    people, transaction = services.messages._known_epochs._people, services.database.transaction
    known = people[bob.owner.user]

    @asynccontextmanager
    async def lose_answer(mode: Literal["write", "read"]) -> AsyncIterator[Transaction]:
        async with transaction(mode) as opened:
            yield opened
            assert bob.owner.user not in people
            people[bob.owner.user] = known
        raise StorageUnavailable

    monkeypatch.setattr(services.database, "transaction", lose_answer)
    with pytest.raises(StorageUnavailable):
        await bob.run(bob.owner.remove(bob.id, laptop.device_id))
    monkeypatch.undo()
    assert laptop.device_id not in (await read_devices(talk))
    await talk.rejects("not_listed", bob, laptop)


async def read_devices(talk: Talk) -> set[bytes]:
    state = await talk.bob.replays()
    assert state is not None
    return set(state.devices)


async def test_permits_fill_no_memory(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_epochs, "MOST_PERMITS", 2)
    for kind in (0, 1, 5, 6):
        await talk.sends(talk.alice, kind=kind)
        (room,) = talk.stage.services.messages._known_epochs._rooms.values()
        assert len(room.permits) <= 2
