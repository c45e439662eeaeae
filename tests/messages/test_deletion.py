"""A deletion empties its target in its own transaction: hashes and places stay, the bytes are gone."""

import asyncio
import hashlib
from typing import Any

import pytest
from sqlalchemy import Row, select

from hearth.client.replica.log_hash import chain_hash
from hearth.messages import append as append_module
from hearth.messages.contract import Entry, Page, ReadHistory
from hearth.messages.tables import MESSAGE
from tests.directory.conftest import Home
from tests.epochs.kit import make_group, make_record_of
from tests.messages.talk import Talk, make_pair, make_talk
from tests.messages.unsealed import write_unsealed
from tests.prepared import prepare
from tests.stage import Stage

EDIT, REACTION, DELETION = 2, 3, 4


@pytest.fixture
async def talk(stage: Stage) -> Talk:
    return await prepare(stage, make_talk)


async def read_rows(talk: Talk) -> dict[int, Row[Any]]:
    async with talk.stage.services.database.transaction("read") as transaction:
        query = select(MESSAGE).where(MESSAGE.c.conversation_id == talk.room.conversation)
        return {row.seq: row for row in await transaction.execute(query)}


async def read_page(talk: Talk, home: Home) -> dict[int, Entry]:
    """Read the log as a member does, and check its chain as a client does."""
    page: Page = await talk.stage.run(home.phone, ReadHistory(conversation_id=talk.room.id, seq=0))
    before = page.hash_before
    for entry in page.entries:
        assert chain_hash(before, entry) == entry.log_hash
        before = entry.log_hash
    return {entry.seq: entry for entry in page.entries}


async def test_what_is_deleted_is_gone_with_its_edits_and_reactions(talk: Talk) -> None:
    said = await talk.sends(talk.bob, record=make_record_of(b"a secret"))
    edit = await talk.sends(talk.bob, kind=EDIT, target_seq=said.seq)
    like = await talk.sends(talk.carol, kind=REACTION, target_seq=said.seq)
    reply = await talk.sends(talk.carol, target_seq=said.seq)
    other = await talk.sends(talk.alice)
    before = await read_rows(talk)
    deletion = await talk.sends(talk.bob, kind=DELETION, target_seq=said.seq)
    after = await read_rows(talk)
    emptied = {said.seq, edit.seq, like.seq}
    assert {seq for seq, row in after.items() if not row.message} == emptied
    for seq, row in before.items():
        kept = {**row._mapping, "message": b"" if seq in emptied else row.message}
        assert dict(after[seq]._mapping) == kept
    assert after[deletion.seq].message and after[reply.seq].message and after[other.seq].message


async def test_members_read_it_emptied_with_the_hash_that_it_had(talk: Talk) -> None:
    record = make_record_of(b"a secret")
    said = await talk.sends(talk.bob, record=record)
    whole = (await read_page(talk, talk.carol))[said.seq]
    assert (whole.record, whole.record_hash) == (record, None)
    await talk.sends(talk.bob, kind=DELETION, target_seq=said.seq)
    for home in (talk.alice, talk.bob, talk.carol):
        entry = (await read_page(talk, home))[said.seq]
        assert (entry.record, entry.record_hash) == (b"", hashlib.sha256(record).digest())
        assert (entry.kind, entry.counter, entry.log_hash) == (1, whole.counter, whole.log_hash)


async def test_members_are_told_of_the_deletion_and_nobody_else(talk: Talk) -> None:
    said = await talk.sends(talk.bob)
    await talk.removes(talk.carol)
    talk.stage.clear()
    await talk.sends(talk.alice, kind=DELETION, target_seq=said.seq)
    told = [(set(to.ids), payload) for to, name, payload in talk.stage.bus.sent if name == "message.sent"]
    (audience, payload) = told[0]
    assert len(told) == 1 and audience == {talk.alice.owner.user, talk.bob.owner.user}
    assert (payload["entry"]["kind"], payload["entry"]["target_seq"]) == (DELETION, said.seq)
    assert "record_hash" not in payload["entry"]


async def test_an_edit_or_reaction_alone_can_be_taken_back(talk: Talk) -> None:
    said = await talk.sends(talk.bob)
    for kind in (EDIT, REACTION):
        it = await talk.sends(talk.bob, kind=kind, target_seq=said.seq)
        await talk.sends(talk.bob, kind=DELETION, target_seq=it.seq)
        rows = await read_rows(talk)
        assert not rows[it.seq].message and rows[said.seq].message


async def test_who_may_not_delete_empties_nothing(talk: Talk) -> None:
    said = await talk.sends(talk.alice)
    await talk.rejects("not_allowed", talk.bob, kind=DELETION, target_seq=said.seq)
    await talk.rejects("not_allowed", talk.alice, kind=DELETION, target_seq=1)  # the entry of the epoch
    await talk.rejects("malformed", talk.alice, kind=DELETION, target_seq=said.seq, record=b"\1short")
    assert all(row.message for row in (await read_rows(talk)).values())


async def test_what_is_empty_already_is_not_looked_through_again(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each deletion of one message costs as much as there ever was aimed at it."""
    looked: list[int] = []
    empty = append_module.empty

    def note(syntax: Any, deleted: Any) -> Any:
        looked.extend(seq for _, seq in deleted)
        return empty(syntax, deleted)

    monkeypatch.setattr(append_module, "empty", note)
    said = await talk.sends(talk.bob)
    for _ in range(3):
        await talk.sends(talk.bob, kind=DELETION, target_seq=said.seq)
    assert looked == [said.seq]


async def test_in_one_batch_with_its_target_it_empties_that_too(talk: Talk) -> None:
    """The deletion is on its way while what it is aimed at is being stored."""
    end = len(await read_rows(talk))
    said = talk.record(talk.bob)
    edit = talk.record(talk.bob, kind=EDIT, target_seq=end + 1)
    deletion = talk.record(talk.bob, kind=DELETION, target_seq=end + 1)
    runs = [talk.stage.run(talk.bob.phone, command) for command in (said, edit, deletion)]
    assert [sent.seq for sent in await asyncio.gather(*runs)] == [end + 1, end + 2, end + 3]
    rows = await read_rows(talk)
    assert [bool(rows[seq].message) for seq in range(end + 1, end + 4)] == [False, False, True]


async def test_repeats_are_answered_as_before(talk: Talk) -> None:
    said = talk.record(talk.bob)
    first = await talk.stage.run(talk.bob.phone, said)
    deletion = talk.record(talk.bob, kind=DELETION, target_seq=first.seq)
    deleted = await talk.stage.run(talk.bob.phone, deletion)
    assert await talk.stage.run(talk.bob.phone, deletion) == deleted
    assert await talk.stage.run(talk.bob.phone, said) == first
    assert not (await read_rows(talk))[first.seq].message, "a retry does not bring it back"


async def test_more_reactions_than_fit_one_statement(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(append_module, "EMPTIED_AT_ONCE", 2)
    said = await talk.sends(talk.bob)
    for _ in range(5):
        await talk.sends(talk.carol, kind=REACTION, target_seq=said.seq)
    await talk.sends(talk.bob, kind=DELETION, target_seq=said.seq)
    emptied = [row for row in (await read_rows(talk)).values() if not row.message]
    assert len(emptied) == 6


async def test_the_same_seq_elsewhere_keeps_its_bytes(stage: Stage) -> None:
    talk = await prepare(stage, make_talk)
    room = talk.room
    said = await talk.sends(talk.bob)
    other = make_group(talk.alice, talk.bob, talk.carol, time=room.time + 1)
    await other.run(talk.alice, other.create(talk.alice))
    talk.room = other
    there = await talk.sends(talk.bob)
    assert there.seq == said.seq
    talk.room = room
    await talk.sends(talk.bob, kind=DELETION, target_seq=said.seq)
    talk.room = other
    assert (await read_rows(talk))[there.seq].message


async def test_what_was_written_before_encryption_can_be_deleted(stage: Stage) -> None:
    talk = await prepare(stage, make_pair)
    old = await write_unsealed(stage.services, talk.alice.phone, talk.room.conversation)
    await talk.room.run(talk.alice, talk.room.create(talk.alice))
    await talk.rejects("not_allowed", talk.bob, kind=DELETION, target_seq=old.seq)
    await talk.sends(talk.alice, kind=DELETION, target_seq=old.seq)
    entry = (await read_page(talk, talk.bob))[old.seq]
    assert (entry.record, entry.record_hash) == (b"", hashlib.sha256(old.record).digest())
