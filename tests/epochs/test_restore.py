"""After a restore: three clients at different heads give back what the database has lost (10.10)."""

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from hearth.conversations.tables import CONVERSATION
from hearth.directory.restored import NotRestored
from hearth.directory.rules import ChainMoved
from hearth.epochs.contract import EpochTaken, ListEpochHeads, MakeEpoch, MarkRestored, OfferEpoch, RestoredAt
from hearth.epochs.rules import EpochMoved
from hearth.epochs.tables import EPOCH, EPOCH_WRAP
from hearth.errors import NotFound
from hearth.messages.contract import Entry, Offered, OfferedEntry, OfferEntries, Page, ReadHistory
from hearth.messages.known_epochs import KnownEpochs
from hearth.messages.tables import MESSAGE
from hearth.sealed.core.packed import Place
from hearth.sealed.group.entries import Restored
from hearth.services import Identity
from hearth.vault.rules import NotAccepted
from tests.directory.conftest import Home
from tests.directory.kit import NOW
from tests.epochs.conftest import make_people
from tests.messages.talk import Talk, make_talk
from tests.prepared import prepare
from tests.stage import Stage

GENERATION = b"g" * 16


@dataclass
class Lost:
    """What there was: entries by seq, epochs as they were made; the backup has those up to `kept`."""

    talk: Talk
    entries: dict[int, Entry]
    made: list[MakeEpoch]
    kept: int

    @property
    def stage(self) -> Stage:
        return self.talk.stage

    def offers(self, last: int, first: int = 0) -> OfferEntries:
        """What a client that was at `last` gives back, without the epochs between."""
        first = first or self.kept + 1
        entries = [self.entries[seq] for seq in range(first, last + 1) if self.entries[seq].kind < 16]
        return offer(self.talk.room.id, *entries)

    def mark(self, home: Home, **changes: Any) -> MarkRestored:
        record, owner = self.talk.room.records[0], home.owner
        entry = Restored(
            server=owner.server,
            conversation=self.talk.room.conversation,
            database_generation=GENERATION,
            epoch=record.n,
            record_hash=record.hash(),
            old=Place(len(self.entries), self.entries[len(self.entries)].log_hash),
            user=owner.user,
            device=home.id,
            time=NOW,
            extensions=(),
        )
        return MarkRestored(entry=replace(entry, **changes).sign(owner.seeds[home.id]))

    async def gives(self, home: Home, command: OfferEntries) -> list[tuple[int, str | None]]:
        offered: Offered = await self.stage.run(home.phone, command)
        return [(place.seq, place.code) for place in offered.places]

    async def reads(self, home: Home) -> list[Entry]:
        page: Page = await self.stage.run(
            home.phone, ReadHistory(conversation_id=self.talk.room.id, seq=0, limit=100)
        )
        return page.entries

    @property
    def epoch(self) -> OfferEpoch:
        """The epoch that was made after the backup."""
        (made,) = self.made
        return OfferEpoch(record=made.record, roster=made.roster)


def offer(conversation_id: str, *entries: Entry) -> OfferEntries:
    offered = [
        OfferedEntry(
            from_user=entry.from_user,
            from_device=entry.from_device,
            client_id=entry.client_id,
            counter=entry.counter,
            record=entry.record,
            kind=entry.kind,  # type: ignore[arg-type]  # one that is sealed
            epoch=entry.epoch,
            target_seq=entry.target_seq,
        )
        for entry in entries
    ]
    return OfferEntries(conversation_id=conversation_id, entries=offered)


@pytest.fixture
async def lost(stage: Stage) -> Lost:
    return await make_lost(stage)


async def make_lost(stage: Stage) -> Lost:
    """Ten entries: four of which the backup has, then more, an epoch, and more under that."""
    talk = await prepare(stage, make_talk)
    made = []
    for home in (talk.alice, talk.bob, talk.carol, talk.alice, talk.bob):
        await talk.sends(home)
    made.append(talk.room.rotate(talk.alice))
    await talk.room.run(talk.alice, made[0])
    for home in (talk.carol, talk.alice, talk.bob):
        await talk.sends(home)
    page: Page = await stage.run(talk.bob.phone, ReadHistory(conversation_id=talk.room.id, seq=0, limit=100))
    lost = Lost(talk, {entry.seq: entry for entry in page.entries}, made, kept=4)
    assert sorted(lost.entries) == list(range(1, 11))
    await roll_back(lost)
    stage.clear()
    return lost


async def roll_back(lost: Lost) -> None:
    """Put the conversation where it was at entry `kept`, and let the database be of another generation."""
    services, room = lost.stage.services, lost.talk.room
    last = lost.entries[lost.kept]
    async with services.database.transaction("write") as transaction:
        for table in (MESSAGE, EPOCH):
            of_room = (table.c.conversation_id == room.conversation, table.c.seq > lost.kept)
            await transaction.execute(delete(table).where(*of_room))
        await transaction.execute(delete(EPOCH_WRAP).where(EPOCH_WRAP.c.n > 1))
        end = {"last_seq": last.seq, "last_ordinal": last.ordinal, "log_hash": last.log_hash, "epoch": 1}
        conversation = CONVERSATION.c.id == room.conversation
        await transaction.execute(update(CONVERSATION).where(conversation).values(end))
    services.messages._known_epochs = KnownEpochs()
    services.identity = Identity(services.identity.server_id, GENERATION, lost.stage.clock.now())
    lost.stage.clock.advance(60)


async def test_three_clients_at_different_heads_give_everything_back(lost: Lost) -> None:
    """Carol had seen 6 entries, alice 8, bob all ten; they come in any order, and twice."""
    talk = lost.talk
    marked: RestoredAt = await lost.stage.run(talk.carol.phone, lost.mark(talk.carol))
    assert (marked.seq, marked.is_own) == (5, True)
    assert await lost.gives(talk.carol, lost.offers(6)) == [(6, None), (7, None)]
    late: RestoredAt = await lost.stage.run(talk.bob.phone, lost.mark(talk.bob))
    assert (late.seq, late.is_own) == (5, False)
    assert await lost.gives(talk.bob, lost.offers(6)) == [(6, None), (7, None)]
    for home in (talk.bob, talk.alice):  # alice made it, bob has it
        taken: EpochTaken = await lost.stage.run(home.phone, lost.epoch)
        assert (taken.n, taken.seq) == (2, 8)
    assert await lost.gives(talk.alice, lost.offers(8)) == [(6, None), (7, None), (9, None)]
    for home in (talk.bob, talk.carol):
        places = await lost.gives(home, lost.offers(10))
        assert places == [(6, None), (7, None), (9, None), (10, None), (11, None)]
    entries = await lost.reads(talk.carol)
    assert [entry.kind for entry in entries] == [16, 1, 1, 1, 18, 1, 1, 16, 1, 1, 1]
    old = [hashlib.sha256(lost.entries[seq].record).digest() for seq in sorted(lost.entries)]
    kept = [hashlib.sha256(entry.record).digest() for entry in entries if entry.kind != 18]
    assert kept == old, "everything, byte for byte, in its order"
    assert (await talk.sends(talk.bob)).seq == 12
    heads = await lost.stage.run(talk.carol.phone, ListEpochHeads(conversation_ids=[talk.room.id]))
    assert heads.heads[0].n == 2


async def test_members_are_told_of_what_comes_back_and_nobody_else(lost: Lost) -> None:
    talk = lost.talk
    (stranger,) = await make_people(lost.stage, "dave1")
    lost.stage.clear()
    await lost.stage.run(talk.alice.phone, lost.mark(talk.alice))
    await lost.gives(talk.alice, lost.offers(6))
    told = [(set(to.ids), payload) for to, name, payload in lost.stage.bus.sent if name == "message.sent"]
    members = {home.owner.user for home in (talk.alice, talk.bob, talk.carol)}
    assert [audience for audience, _ in told] == [members] * len(told)
    assert {payload["entry"]["seq"] for _, payload in told} >= {6, 7}
    for command in (lost.mark(stranger), lost.offers(6), lost.epoch):
        with pytest.raises(NotFound):
            await lost.stage.run(stranger.phone, command)


async def test_ages_do_not_count_and_everything_else_does(lost: Lost) -> None:
    talk = lost.talk
    lost.stage.clock.advance(20 * 86_400)
    await lost.stage.run(talk.alice.phone, lost.mark(talk.alice))
    entry = lost.entries[5]
    for changes, code in (
        ({}, None),
        ({"client_id": "a" * 32, "record": b"\1short"}, "not_accepted"),
        ({"client_id": "b" * 32, "from_device": "d" * 32}, "not_accepted"),
        ({"client_id": "c" * 32, "kind": 4, "target_seq": 0}, "not_accepted"),
        ({"client_id": "d" * 32, "epoch": 2}, "invalid_input"),
        ({"client_id": "e" * 32, "from_user": 999}, "not_found"),
        ({"record": lost.entries[6].record}, "conflict"),
    ):
        changed = Entry(**{**fields_of(entry), **changes})
        ((seq, found),) = await lost.gives(talk.bob, offer(talk.room.id, changed))
        assert found == code and (seq > 0) == (code is None), changes


async def test_what_was_aimed_at_something_comes_back_and_empties_nothing(lost: Lost) -> None:
    """Seqs are others now: what it is aimed at, readers find by its hash."""
    talk = lost.talk
    await lost.stage.run(talk.alice.phone, lost.mark(talk.alice))
    entry = lost.entries[6]
    deletion = Entry(**{**fields_of(entry), "kind": 4, "target_seq": 999})
    assert [code for _, code in await lost.gives(talk.bob, offer(talk.room.id, deletion))] == [None]
    async with lost.stage.services.database.transaction("read") as transaction:
        rows = list(await transaction.execute(select(MESSAGE.c.message)))
    assert all(row.message for row in rows)


def fields_of(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Entry.__struct_fields__}


async def test_nothing_is_taken_back_without_a_restore_or_long_after(lost: Lost) -> None:
    talk, services = lost.talk, lost.stage.services
    with pytest.raises(NotRestored):
        await lost.gives(talk.bob, lost.offers(6))  # the log is not marked
    for restored_at in (None, lost.stage.clock.now() - timedelta(days=30, seconds=1)):
        services.identity = replace(services.identity, restored_at=restored_at)
        for command in (lost.mark(talk.bob), lost.offers(6), lost.epoch):
            with pytest.raises(NotRestored):
                await lost.stage.run(talk.bob.phone, command)


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"database_generation": b"x" * 16}, "not_allowed"),
        ({"server": b"x" * 16}, "wrong_place"),
        ({"device": b"x" * 16}, "not_allowed"),
        ({"user": 99}, "not_allowed"),
        ({"record_hash": b"x" * 32}, "fork"),
    ],
)
async def test_a_mark_says_what_is_so(lost: Lost, changes: dict[str, Any], verdict: str) -> None:
    with pytest.raises(NotAccepted) as caught:
        await lost.stage.run(lost.talk.bob.phone, lost.mark(lost.talk.bob, **changes))
    assert caught.value.fields == {"verdict": verdict}


async def test_a_mark_that_is_said_again_is_answered_as_before(lost: Lost) -> None:
    alice, bob = lost.talk.alice, lost.talk.bob
    marks = [(alice, lost.mark(alice)), (alice, lost.mark(alice)), (bob, lost.mark(bob))]
    answers: list[RestoredAt] = [await lost.stage.run(home.phone, mark) for home, mark in marks]
    assert [(answer.seq, answer.is_own) for answer in answers] == [(5, True), (5, True), (5, False)]


async def test_a_mark_is_of_the_newest_epoch_and_signed(lost: Lost) -> None:
    bob = lost.talk.bob
    with pytest.raises(EpochMoved):
        await lost.stage.run(bob.phone, lost.mark(bob, epoch=2))
    entry = lost.mark(bob).entry
    forged = entry[:-1] + bytes([entry[-1] ^ 1])
    with pytest.raises(NotAccepted) as caught:
        await lost.stage.run(bob.phone, MarkRestored(entry=forged))
    assert caught.value.fields == {"verdict": "bad_signature"}


async def test_an_epoch_of_before_is_judged_by_the_chains_of_then(lost: Lost) -> None:
    """Its rosters state heads that are old by now; one that nobody has offered yet has to come first."""
    talk = lost.talk
    await talk.alice.run(talk.alice.owner.set_profile(talk.alice.id))
    await talk.bob.run(talk.bob.owner.renew(talk.bob.id))
    taken: EpochTaken = await lost.stage.run(talk.bob.phone, lost.epoch)
    assert taken.n == 2


async def test_an_epoch_waits_for_the_chain_that_it_states(lost: Lost) -> None:
    """Carol's chain has lost a statement, too: until her device has given it back, the epoch is unproven."""
    talk = lost.talk
    talk.carol.owner.profile(talk.carol.id, "Carol anew")
    talk.room.records.pop()
    talk.room.rosters.pop()
    stating = talk.room.rotate(talk.alice)
    with pytest.raises(ChainMoved):
        await lost.stage.run(talk.bob.phone, OfferEpoch(record=stating.record, roster=stating.roster))


async def test_a_forged_epoch_is_not_taken_back(lost: Lost) -> None:
    """Offered by a member, signed by nobody's device, or by somebody who may not."""
    talk, (epoch,) = lost.talk, lost.made
    forged = epoch.record[:-1] + bytes([epoch.record[-1] ^ 1])
    with pytest.raises(NotAccepted) as caught:
        await lost.stage.run(talk.bob.phone, OfferEpoch(record=forged, roster=epoch.roster))
    assert caught.value.fields == {"verdict": "bad_signature"}
    talk.room.records.pop()
    talk.room.rosters.pop()
    removal = talk.room.remove(talk.bob, talk.carol)
    with pytest.raises(NotAccepted) as caught:
        await lost.stage.run(talk.bob.phone, OfferEpoch(record=removal.record, roster=removal.roster))
    assert caught.value.fields == {"verdict": "not_allowed"}
