"""Sealed records: what the server takes under which epoch, from which device, and what it costs."""

from typing import Any

import pytest
from sqlalchemy import update

from hearth.directory.tables import USER_CHAIN
from hearth.errors import HearthError, InvalidInput, NotFound
from hearth.friends.contract import RemoveFriend
from hearth.messages import append as append_module
from hearth.messages import log as log_module
from hearth.messages import sealed as sealed_module
from hearth.messages.rules import NotSealed
from hearth.messages.sealed import EpochTooOld
from tests.epochs.conftest import make_people
from tests.epochs.kit import make_record
from tests.messages.talk import Talk, make_pair, make_talk
from tests.messages.unsealed import write_unsealed
from tests.prepared import prepare
from tests.stage import Stage

DAY = 24 * 3600
SHORT = 256


@pytest.fixture
async def talk(stage: Stage) -> Talk:
    return await prepare(stage, make_talk)


async def test_members_devices_write_under_the_newest_epoch(talk: Talk) -> None:
    seqs = [(await talk.sends(home)).seq for home in (talk.alice, talk.bob, talk.carol)]
    assert seqs == [2, 3, 4]
    laptop = await talk.bob.adds()
    assert (await talk.sends(talk.bob, laptop)).seq == 5


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("has_epoch", [True, False])
async def test_what_is_not_sealed_is_taken_nowhere(stage: Stage, has_epoch: bool, kind: int) -> None:
    talk = await (make_talk if has_epoch else make_pair)(stage)
    for record in (b"\0{}", make_record()):
        await talk.refuses(NotSealed, talk.alice, epoch=0, kind=kind, record=record)
    if has_epoch:
        await talk.rejects("unsupported", talk.alice, kind=kind, record=b"\0" * 289)
    assert [name for _, name, _ in stage.bus.sent if name.startswith("message.")] == []


async def test_a_known_client_id_is_answered_first_also_of_what_was_not_sealed(stage: Stage) -> None:
    talk = await prepare(stage, make_pair)
    alice, bob = talk.alice, talk.bob
    old = await write_unsealed(stage.services, alice.phone, talk.room.conversation)
    again = talk.record(alice, client_id=old.client_id, record=old.record, epoch=0)
    assert (await stage.run(alice.phone, again)).seq == old.seq
    await talk.refuses(InvalidInput, alice, epoch=1)
    await talk.room.run(alice, talk.room.create(alice))
    first = talk.record(alice)
    assert (await stage.run(alice.phone, first)).seq == 3
    await stage.run(alice.phone, RemoveFriend(user_id=bob.owner.user))
    error = await talk.refuses(HearthError, bob)
    assert error.code == "not_friends"
    assert (await stage.run(alice.phone, first)).seq == 3
    assert (await stage.run(alice.phone, again)).seq == old.seq


@pytest.mark.parametrize(
    ("record", "verdict"),
    [
        (b"\x00" * 289, "unsupported"),
        (b"\x02" * 289, "unsupported"),
        (make_record(255), "malformed"),
        (make_record(257), "malformed"),
        (make_record(1025), "malformed"),
        (b"\x01", "malformed"),
    ],
)
async def test_a_record_has_the_form_of_one(talk: Talk, record: bytes, verdict: str) -> None:
    await talk.rejects(verdict, talk.alice, record=record)
    for plaintext in (512, 1024, 1088, 63_488):
        await talk.sends(talk.alice, record=make_record(plaintext))


async def test_who_is_no_member_hears_what_there_is_to_hear_of_nothing(talk: Talk) -> None:
    (stranger,) = await make_people(talk.stage, "dave1")
    await talk.refuses(NotFound, stranger)
    await talk.refuses(NotFound, stranger, conversation_id="ab" * 16)
    await talk.removes(talk.carol)
    await talk.refuses(NotFound, talk.carol)
    await talk.refuses(NotFound, talk.carol, epoch=1)


async def test_a_session_that_is_not_listed_writes_nothing_sealed(talk: Talk) -> None:
    session = await talk.bob.signs_in()
    await talk.rejects("not_listed", talk.bob, session)
    await talk.bob.run(talk.bob.owner.add_device(session.device_id), session)
    await talk.sends(talk.bob, session)


async def test_a_device_that_was_taken_off_the_list_writes_nothing_more(talk: Talk) -> None:
    laptop = await talk.bob.adds()
    await talk.sends(talk.bob, laptop)
    await talk.bob.run(talk.bob.owner.remove(talk.bob.id, laptop.device_id))
    await talk.rejects("not_listed", talk.bob, laptop)
    await talk.sends(talk.bob)


async def test_who_has_reset_writes_nothing_until_the_roster_says_who_they_are(talk: Talk) -> None:
    await talk.sends(talk.bob)
    link = await talk.bob.gets_link()
    await talk.bob.run(talk.bob.owner.reset(talk.bob.id, link, b"n" * 32))
    await talk.rejects("not_listed", talk.bob)
    await talk.sends(talk.alice)


async def test_a_chain_that_another_version_stored_is_read_from_its_statements(talk: Talk) -> None:
    async with talk.stage.services.database.transaction("write") as transaction:
        await transaction.execute(update(USER_CHAIN).values(state=b"\xff"))
    await talk.sends(talk.bob)


async def test_an_old_epoch_is_good_for_a_hundred_entries_after_the_next(talk: Talk) -> None:
    await talk.rotates()
    await talk.sends(talk.bob, epoch=1)
    for _ in range(98):
        await talk.sends(talk.alice)
    assert (await talk.sends(talk.bob, epoch=1)).seq == talk.room.taken[1].seq + 100
    await talk.refuses(EpochTooOld, talk.bob, epoch=1)
    await talk.sends(talk.bob)


async def test_a_device_that_has_moved_on_does_not_go_back(talk: Talk) -> None:
    laptop = await talk.bob.adds()
    for _ in range(2):
        await talk.rotates(talk.bob)  # bob's phone made these epochs: that is no record under them
    await talk.sends(talk.bob, epoch=1)
    await talk.sends(talk.bob)
    await talk.refuses(EpochTooOld, talk.bob, epoch=1)
    await talk.sends(talk.bob, laptop, epoch=1)
    await talk.sends(talk.alice, epoch=1)


async def test_who_came_with_an_epoch_does_not_write_under_the_one_before(talk: Talk) -> None:
    await talk.removes(talk.carol)
    await talk.room.run(talk.alice, talk.room.add(talk.alice, talk.carol, history=1))
    for n in (1, 2):
        await talk.refuses(EpochTooOld, talk.carol, epoch=n)
    await talk.sends(talk.carol)
    await talk.sends(talk.bob, epoch=1)


async def test_an_epoch_is_good_for_two_weeks(talk: Talk) -> None:
    talk.stage.clock.advance(14 * DAY)
    await talk.sends(talk.alice)
    talk.stage.clock.advance(1)
    await talk.refuses(EpochTooOld, talk.alice)
    await talk.rotates()
    await talk.sends(talk.alice)
    await talk.refuses(EpochTooOld, talk.bob, epoch=1)


async def test_an_epoch_is_good_for_so_many_entries(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sealed_module.MOST_ENTRIES == 2000
    monkeypatch.setattr(sealed_module, "MOST_ENTRIES", 3)
    for _ in range(3):
        await talk.sends(talk.alice)
    await talk.refuses(EpochTooOld, talk.alice)


async def test_after_a_leave_nothing_more_comes_under_its_epoch(talk: Talk) -> None:
    await talk.sends(talk.alice)
    await talk.notes_leave(talk.carol, n=1)
    await talk.refuses(EpochTooOld, talk.alice)
    await talk.removes(talk.carol)
    await talk.sends(talk.alice)
    await talk.refuses(EpochTooOld, talk.bob, epoch=1)


async def test_after_a_leave_nothing_more_comes_under_an_older_epoch(talk: Talk) -> None:
    """Who left has its key, too."""
    await talk.rotates()
    await talk.sends(talk.bob, epoch=1)
    await talk.notes_leave(talk.carol, n=2)
    await talk.refuses(EpochTooOld, talk.bob, epoch=1)
    await talk.removes(talk.carol)
    await talk.refuses(EpochTooOld, talk.bob, epoch=1)
    await talk.sends(talk.bob)


async def test_an_epoch_that_asks_for_another_format_takes_none_of_this_one(stage: Stage) -> None:
    talk = await make_talk(stage, minimum_format=2)
    await talk.rejects("not_allowed", talk.alice)


async def test_a_retry_is_answered_as_before_whatever_has_become_of_the_epoch(talk: Talk) -> None:
    command = talk.record(talk.alice)
    first = await talk.stage.run(talk.alice.phone, command)
    await talk.rotates()
    talk.stage.clock.advance(30 * DAY)
    assert await talk.stage.run(talk.alice.phone, command) == first


async def test_a_sealed_message_costs_the_statements_of_an_unsealed_one(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What records are judged by is read once: epoch, leaves, heads, chains; after a leave, the leaves."""
    counts: list[int] = []

    def counting(items: Any, syntax: Any, *rest: Any) -> Any:
        steps, answer, count = append_module.append(items, syntax, *rest), None, 0
        while True:
            try:
                statement = steps.send(answer)  # type: ignore[arg-type]
            except StopIteration as stop:
                counts.append(count)
                return stop.value
            count += 1
            answer = yield statement

    monkeypatch.setattr(log_module, "append", counting)
    for home in (talk.alice, talk.alice, talk.bob, talk.bob):
        await talk.sends(home)
    await talk.notes_leave(talk.carol, n=0)
    await talk.sends(talk.bob)
    await talk.sends(talk.bob)
    assert counts == [10, 6, 8, 6, 7, 6]
