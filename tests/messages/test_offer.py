"""After a restore: what a member can do to others with entries that they give back, and cannot."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from hearth.conversations.tables import MEMBER
from hearth.db.engine import CONNECTIONS
from hearth.epochs.contract import EpochTaken
from hearth.errors import InvalidInput, TooManyRequests
from hearth.messages.append import Draft, Place
from hearth.messages.contract import Entry
from tests.epochs.test_restore import Lost, fields_of, make_lost, offer
from tests.stage import Stage


@pytest.fixture
async def lost(stage: Stage) -> Lost:
    return await make_lost(stage)


async def test_what_a_device_wrote_that_was_removed_before_the_backup_is_not_taken(lost: Lost) -> None:
    """Else whoever has its key writes words in its person's name that verify."""
    talk, bob, services = lost.talk, lost.talk.bob, lost.stage.services
    old, since, again = await bob.adds(), await bob.adds(), await bob.adds()
    await bob.run(bob.owner.remove(bob.id, old.device_id))
    await bob.run(bob.owner.retire(again.device_id), again)
    services.identity = replace(services.identity, restored_at=lost.stage.clock.now())
    lost.stage.clock.advance(60)
    new = await bob.adds()
    await bob.run(bob.owner.retire(new.device_id), new)
    await bob.run(bob.owner.remove(bob.id, since.device_id))
    await bob.run(bob.owner.set_profile(bob.id))
    await lost.stage.run(talk.alice.phone, lost.mark(talk.alice))
    for number, (device, code) in enumerate(
        (
            (bob.phone, None),
            (old, "not_accepted"),
            (again, "not_accepted"),
            (since, None),
            (new, None),
        )
    ):
        changes = {"client_id": f"{number + 256:032x}", "from_device": device.device_id.hex()}
        entry = Entry(**{**fields_of(lost.entries[6]), **changes})
        ((_, found),) = await lost.gives(talk.carol, offer(talk.room.id, entry))
        assert found == code, number


async def test_what_is_given_back_says_nothing_of_what_its_author_has_read(lost: Lost) -> None:
    talk = lost.talk
    before = await read_cursors(lost)
    await lost.stage.run(talk.alice.phone, lost.mark(talk.alice))
    assert [code for _, code in await lost.gives(talk.carol, lost.offers(6))] == [None, None]
    assert await read_cursors(lost) == before


async def read_cursors(lost: Lost) -> set[tuple[int, int, int]]:
    cursors = select(MEMBER.c.user_id, MEMBER.c.delivered_seq, MEMBER.c.read_seq)
    async with lost.stage.services.database.transaction("read") as transaction:
        rows = await transaction.execute(
            cursors.where(MEMBER.c.conversation_id == lost.talk.room.conversation)
        )
        return {(user, delivered, read) for user, delivered, read in rows}


async def test_what_waits_to_be_written_holds_no_connection(
    lost: Lost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else eight such requests at once hold all there are."""
    talk, services = lost.talk, lost.stage.services
    await lost.stage.run(talk.alice.phone, lost.mark(talk.alice))
    is_free = asyncio.Event()

    async def wait(draft: Draft) -> Place:
        await is_free.wait()
        return Place(9, 9, b"", services.clock.now(), (), is_new=True)

    monkeypatch.setattr(services.messages, "offer", lambda draft: asyncio.ensure_future(wait(draft)))
    waiting = [asyncio.create_task(lost.gives(talk.bob, lost.offers(6))) for _ in range(2 * CONNECTIONS)]
    await asyncio.wait(waiting, timeout=0.5)
    assert len(await lost.reads(talk.carol)) == 5
    is_free.set()
    assert await asyncio.gather(*waiting) == [[(9, None), (9, None)]] * len(waiting)


async def test_so_many_entries_are_given_back_in_a_minute_and_of_so_many_epochs_at_once(
    lost: Lost, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = lost.talk
    monkeypatch.setattr("hearth.messages.offer.ENTRIES", "4/60s")
    await lost.stage.run(talk.alice.phone, lost.mark(talk.alice))
    entry = lost.entries[5]
    of_three = [Entry(**{**fields_of(entry), "epoch": n}) for n in (1, 2, 3)]
    with pytest.raises(InvalidInput):
        await lost.gives(talk.bob, offer(talk.room.id, *of_three))
    for _ in range(2):
        await lost.gives(talk.bob, lost.offers(6))
    with pytest.raises(TooManyRequests):
        await lost.gives(talk.bob, lost.offers(6))
    await lost.gives(talk.carol, lost.offers(6))
    lost.stage.clock.advance(60)
    await lost.gives(talk.bob, lost.offers(6))


async def test_a_deletion_empties_nothing_that_was_aimed_at_its_place_in_the_lost_log(lost: Lost) -> None:
    talk = lost.talk
    await lost.stage.run(talk.alice.phone, lost.mark(talk.alice))
    aimed = {"kind": 3, "target_seq": 8}
    like = Entry(**{**fields_of(lost.entries[5]), **aimed})
    assert await lost.gives(talk.bob, offer(talk.room.id, like)) == [(6, None)]
    assert [(await talk.sends(talk.bob, epoch=1)).seq for _ in range(2)] == [7, 8]
    edit = await talk.sends(talk.bob, epoch=1, kind=2, target_seq=8)
    await talk.sends(talk.bob, epoch=1, kind=4, target_seq=8)
    entries = await lost.reads(talk.carol)
    assert [entry.seq for entry in entries if not entry.record] == [8, edit.seq]
    assert {name: getattr(entries[5], name) for name in aimed} == aimed, "as its author signed it"


async def test_the_id_of_a_lost_epochs_entry_can_be_taken_by_nobody(lost: Lost) -> None:
    """Whoever was in it knows its hash: with a record under that id it could never come back."""
    talk = lost.talk
    await lost.stage.run(talk.alice.phone, lost.mark(talk.alice))
    client_id = lost.entries[7].client_id
    assert client_id == talk.room.records[1].hash()[:16].hex()
    garbage = {"client_id": client_id, "from_user": lost.entries[7].from_user}
    entry = Entry(**{**fields_of(lost.entries[5]), **garbage})
    assert [code for _, code in await lost.gives(talk.bob, offer(talk.room.id, entry))] == [None]
    taken: EpochTaken = await lost.stage.run(talk.bob.phone, lost.epoch)
    (there,) = [entry for entry in await lost.reads(talk.carol) if entry.seq == taken.seq]
    assert there.client_id == client_id
    told = [payload["entry"] for _, name, payload in lost.stage.bus.sent if name == "message.sent"]
    assert [entry["client_id"] for entry in told if entry["kind"] == 16] == [client_id]


async def test_other_bytes_under_the_id_of_an_entry_are_a_conflict_whatever_their_epoch(lost: Lost) -> None:
    """Only its author knows that they are the same message, sealed again."""
    talk = lost.talk
    await lost.stage.run(talk.alice.phone, lost.mark(talk.alice))
    await lost.gives(talk.bob, lost.offers(6))
    await lost.stage.run(talk.bob.phone, lost.epoch)
    changes = {"epoch": 2, "record": lost.entries[9].record}
    entry = Entry(**{**fields_of(lost.entries[6]), **changes})
    assert await lost.gives(talk.carol, offer(talk.room.id, entry)) == [(0, "conflict")]
    again: dict[str, Any] = {"client_id": entry.client_id, "record": entry.record, "epoch": 2}
    assert (await talk.sends(talk.bob, **again)).seq == 7
