"""Pages of the log: the right stretch, checkable, bounded, and only what one may read."""

import hashlib
import struct
from typing import Any

import msgspec
import pytest

from hearth.conversations.ids import make_first_hash
from hearth.errors import NotFound
from hearth.messages import history, rules
from hearth.messages.contract import MarkReceived, Page
from tests.messages.conftest import Scene


async def fill(scene: Scene, count: int, conversation_id: bytes | None = None) -> None:
    """Append messages, every fourth entry a void."""
    for number in range(1, count + 1):
        await scene.sends(scene.alice, conversation_id, kind=0 if number % 4 == 0 else 1)
    scene.stage.clear()


def seqs(page: Page) -> list[int]:
    return [entry.seq for entry in page.entries]


def check_chain(page: Page) -> None:
    """What a client does: every hash follows from the one before."""
    previous = page.hash_before
    for entry in page.entries:
        record_hash = hashlib.sha256(entry.record).digest()
        link = previous + struct.pack(">QHQ", entry.seq, entry.kind, entry.from_user) + record_hash
        previous = hashlib.sha256(link).digest()
        assert entry.log_hash == previous


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"seq": 0, "limit": 3}, [16, 17, 18, 19, 20]),
        ({"seq": 0, "limit": 4}, [15, 16, 17, 18, 19, 20]),
        ({"seq": 10, "limit": 3}, [6, 7, 8, 9]),
        ({"seq": 3, "limit": 50}, [1, 2]),
        ({"seq": 1, "limit": 50}, []),
        ({"seq": 0, "direction": "after", "limit": 3}, [1, 2, 3, 4]),
        ({"seq": 17, "direction": "after", "limit": 50}, [18, 19, 20]),
        ({"seq": 20, "direction": "after", "limit": 50}, []),
        ({"seq": 10, "direction": "around", "limit": 4}, [7, 8, 9, 10, 11, 12]),
        ({"seq": 1, "direction": "around", "limit": 3}, [1, 2, 3, 4]),
        ({"seq": 99, "direction": "around", "limit": 2}, [18, 19, 20]),
        ({"seq": 2**53 - 1, "limit": 1}, [19, 20]),
    ],
)
async def test_a_page_is_the_asked_stretch(scene: Scene, asked: dict[str, Any], expected: list[int]) -> None:
    await fill(scene, 20)
    page = await scene.reads(scene.bob, **asked)
    assert seqs(page) == expected
    check_chain(page)
    assert (page.first_seq, page.last_seq, page.last_ordinal) == (1, 20, 15)


async def test_walking_back_in_pages_meets_every_entry_once(scene: Scene) -> None:
    await fill(scene, 33)
    found: list[int] = []
    seq = 0
    while not found or found[0] > 1:
        page = await scene.reads(scene.bob, seq=seq, limit=5)
        check_chain(page)
        found = [*seqs(page), *found]
        seq = found[0]
    assert found == list(range(1, 34))


async def test_the_entry_is_the_one_that_was_told(scene: Scene) -> None:
    await scene.sends(scene.alice, record=bytes(range(256)), counter=7)
    [(_, payload)] = scene.told("message.sent")
    page = await scene.reads(scene.bob)
    assert msgspec.json.decode(msgspec.json.encode(page.entries[0])) == payload["entry"]


async def test_an_empty_conversation_has_an_empty_page(scene: Scene) -> None:
    page = await scene.reads(scene.bob)
    assert (page.entries, page.last_seq, page.last_ordinal) == ([], 0, 0)
    assert page.hash_before == make_first_hash(scene.pair)


async def test_an_empty_page_at_the_head_names_the_hash_of_the_head(scene: Scene) -> None:
    await fill(scene, 3)
    page = await scene.reads(scene.bob, seq=3, direction="after")
    assert page.hash_before == (await scene.rows())[2].log_hash


async def test_a_page_carries_everybodys_cursors(scene: Scene) -> None:
    await fill(scene, 3)
    await scene.stage.run(
        scene.bob, MarkReceived(conversation_id=scene.pair.hex(), delivered_seq=3, read_seq=2)
    )
    scene.stage.services.messages._receipts.flush_now()
    await scene.stage.services.messages._committer.submit(())
    page = await scene.reads(scene.alice)
    assert [(member.user_id, member.delivered_seq, member.read_seq) for member in page.members] == [
        (scene.alice.user_id, 3, 3),
        (scene.bob.user_id, 3, 2),
    ]


async def test_former_friends_read_on_but_learn_nothing_of_each_other(scene: Scene) -> None:
    await fill(scene, 3)
    await scene.unfriend()
    await scene.stage.run(scene.bob, MarkReceived(conversation_id=scene.pair.hex(), read_seq=3))
    scene.stage.services.messages._receipts.flush_now()
    await scene.stage.services.messages._committer.submit(())
    page = await scene.reads(scene.alice)
    assert seqs(page) == [1, 2, 3]
    cursors = {member.user_id: (member.delivered_seq, member.read_seq) for member in page.members}
    assert cursors == {scene.alice.user_id: (3, 3), scene.bob.user_id: (0, 0)}


async def test_absent_and_forbidden_answer_alike(scene: Scene) -> None:
    await fill(scene, 1)
    problems = []
    for where in (scene.pair, b"\xee" * 16):
        with pytest.raises(NotFound) as refused:
            await scene.reads(scene.carol, where)
        problems.append(refused.value.to_problem())
    assert problems[0] == problems[1]


async def test_a_newcomer_reads_from_their_coming_on(scene: Scene) -> None:
    group = await scene.make_group(scene.alice, scene.bob)
    await fill(scene, 5, group)
    await scene.joins(scene.carol, group, 5)
    assert seqs(await scene.reads(scene.carol, group)) == []
    await fill(scene, 3, group)
    for asked in ({"seq": 0}, {"seq": 0, "direction": "after"}, {"seq": 2, "direction": "around"}):
        page = await scene.reads(scene.carol, group, **asked)
        assert seqs(page) == [6, 7, 8]
        assert page.first_seq == 6
        check_chain(page)


async def test_who_left_reads_up_to_their_leaving(scene: Scene) -> None:
    group = await scene.make_group(scene.alice, scene.bob)
    await fill(scene, 6, group)
    await scene.leaves(scene.bob, group, 6)
    await fill(scene, 6, group)
    page = await scene.reads(scene.bob, group)
    assert seqs(page) == [1, 2, 3, 4, 5, 6]
    assert (page.last_seq, page.last_ordinal) == (6, 5)


async def test_a_page_never_spans_a_time_away(scene: Scene) -> None:
    group = await scene.make_group(scene.alice, scene.bob)
    await fill(scene, 4, group)
    await scene.leaves(scene.bob, group, 4)
    await fill(scene, 4, group)
    await scene.joins(scene.bob, group, 8)
    await fill(scene, 4, group)
    assert seqs(await scene.reads(scene.bob, group)) == [9, 10, 11, 12]
    assert seqs(await scene.reads(scene.bob, group, seq=9)) == [1, 2, 3, 4]
    assert seqs(await scene.reads(scene.bob, group, seq=4, direction="after")) == [9, 10, 11, 12]
    assert seqs(await scene.reads(scene.bob, group, seq=6, direction="around")) == [9, 10, 11, 12]


async def test_a_page_is_bounded_in_bytes(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(8):
        await scene.sends(scene.alice, record=b"x" * 60_000)
    page = await scene.reads(scene.bob, limit=100)
    assert seqs(page) == [3, 4, 5, 6, 7, 8]
    assert sum(len(entry.record) for entry in page.entries) <= rules.MAX_PAGE_BYTES


async def test_reactions_make_no_page_poorer_in_messages(scene: Scene) -> None:
    message = (await scene.sends(scene.alice)).seq
    for _ in range(30):
        await scene.sends(scene.bob, kind=3, target_seq=message)
    await scene.sends(scene.alice)
    scene.stage.clear()
    assert seqs(await scene.reads(scene.bob, limit=2)) == list(range(1, 33))
    assert len(scene.statements) == 5, "it is looked at again, once"
    assert seqs(await scene.reads(scene.bob, limit=1)) == list(range(2, 33))
    assert seqs(await scene.reads(scene.bob, seq=1, direction="around", limit=3)) == list(range(1, 33))


async def test_a_flood_of_voids_does_not_make_a_page_endless(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(30):
        await scene.sends(scene.alice, kind=0)
    monkeypatch.setattr(history, "MOST_ENTRIES", 12)
    page = await scene.reads(scene.bob, limit=5)
    assert seqs(page) == list(range(19, 31))


@pytest.mark.parametrize(
    ("direction", "seq", "queries"),
    [("before", 0, 4), ("before", 10, 5), ("after", 10, 5), ("after", 18, 4), ("around", 10, 6)],
)
async def test_a_page_costs_a_fixed_number_of_queries(
    scene: Scene, direction: str, seq: int, queries: int
) -> None:
    """One more than at the head where something above may be aimed at what is on the page."""
    await fill(scene, 20)
    await scene.reads(scene.bob, seq=seq, direction=direction, limit=5)
    assert len(scene.statements) == queries, scene.statements


async def test_nobody_hears_of_reading_history(scene: Scene) -> None:
    await fill(scene, 2)
    await scene.reads(scene.bob)
    assert scene.heard == [] and scene.stage.published == []
