"""Entries for other nouns: one query for many conversations."""

from hearth.messages.entries import list_entries_at, list_ordinals_at
from tests.epochs.kit import make_record_of
from tests.messages.conftest import Scene


async def test_the_latest_of_many_conversations_come_in_one_query(scene: Scene) -> None:
    group = await scene.make_group(scene.alice, scene.bob)
    await scene.sends(scene.alice, record=b"one")
    await scene.sends(scene.alice, kind=0)
    await scene.sends(scene.bob, group, record=b"two")
    absent = b"\xee" * 16
    async with scene.stage.services.database.transaction("read") as transaction:
        scene.stage.clear()
        entries = await list_entries_at(transaction, {scene.pair: 1, group: 1, absent: 1})
        ordinals = await list_ordinals_at(transaction, {scene.pair: 2, group: 0, absent: 5})
        assert len(scene.statements) == 2
        assert await list_entries_at(transaction, {}) == await list_entries_at(transaction, {group: 0}) == {}
        assert len(scene.statements) == 2
    one, two = make_record_of(b"one"), make_record_of(b"two")
    assert {key: entry.record for key, entry in entries.items()} == {scene.pair: one, group: two}
    assert ordinals == {scene.pair: 1, group: 0, absent: 0}
