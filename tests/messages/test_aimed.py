"""What belongs to a page and stands elsewhere: edits, deletions, reactions, pins, answered messages."""

import msgspec
import pytest

from hearth.errors import NotFound
from hearth.messages import aimed_store
from hearth.messages.contract import Aimed, LeftOut, Page, ReadAimed
from hearth.messages.rules import ENTRY_BYTES, MAX_PAGE_BYTES
from tests.messages.conftest import Scene
from tests.messages.test_history import check_chain, seqs


async def post(scene: Scene, count: int, *, group: bytes | None = None) -> list[int]:
    return [(await scene.sends(scene.alice, group)).seq for _ in range(count)]


async def asks(scene: Scene, *at: int, group: bytes | None = None, **other: int) -> Aimed:
    conversation_id = (group or scene.pair).hex()
    command = ReadAimed(conversation_id=conversation_id, seqs=list(at), **other)
    aimed: Aimed = await scene.stage.run(scene.bob, command)
    return aimed


def list_seqs(found: Aimed) -> list[int]:
    return [entry.seq for entry in found.entries]


async def test_a_page_brings_what_is_aimed_at_its_entries_and_what_they_answer(scene: Scene) -> None:
    (old,) = await post(scene, 1)
    edit = (await scene.sends(scene.alice, kind=2, target_seq=old)).seq
    first, second = await post(scene, 2)
    reply = (await scene.sends(scene.bob, target_seq=old)).seq
    await post(scene, 3)
    inside = (await scene.sends(scene.alice, kind=3, target_seq=reply)).seq
    await post(scene, 3)
    outside = [
        (await scene.sends(scene.bob, kind=kind, target_seq=seq)).seq
        for kind, seq in ((3, reply), (7, second), (3, first))
    ]
    page: Page = await scene.reads(scene.bob, seq=inside + 1, limit=4)
    assert seqs(page) == list(range(reply, inside + 1))
    check_chain(page)
    assert [entry.seq for entry in page.answered] == [old]
    assert [entry.seq for entry in page.aimed] == [edit, outside[0]]
    assert page.left_out == []
    below: Page = await scene.reads(scene.bob, seq=second + 1)
    assert [entry.seq for entry in below.aimed] == outside[1:], "replies are entries of their own"


async def test_of_what_was_deleted_the_deletions_come(scene: Scene) -> None:
    gone, kept, late = await post(scene, 3)
    taken, stays = [(await scene.sends(scene.bob, kind=3, target_seq=kept)).seq for _ in range(2)]
    await scene.sends(scene.bob, kind=3, target_seq=gone)
    taken_back = (await scene.sends(scene.bob, kind=4, target_seq=taken)).seq
    deletion = (await scene.sends(scene.alice, kind=4, target_seq=gone)).seq
    page: Page = await scene.reads(scene.bob, seq=late)
    assert [(entry.seq, bool(entry.record)) for entry in page.entries] == [(gone, False), (kept, True)]
    assert [entry.seq for entry in page.aimed] == [stays, taken_back, deletion]
    reply = (await scene.sends(scene.bob, target_seq=gone)).seq
    await post(scene, 1)
    newest: Page = await scene.reads(scene.bob, seq=deletion, direction="after")
    assert (seqs(newest)[0], [entry.seq for entry in newest.answered]) == (reply, [gone])
    assert [entry.seq for entry in newest.aimed] == [deletion]


async def test_a_reaction_that_is_on_the_page_brings_its_deletion(scene: Scene) -> None:
    (message,) = await post(scene, 1)
    reaction = (await scene.sends(scene.bob, kind=3, target_seq=message)).seq
    await post(scene, 4)
    deletion = (await scene.sends(scene.bob, kind=4, target_seq=reaction)).seq
    page: Page = await scene.reads(scene.bob, seq=reaction + 1)
    assert (seqs(page), [entry.seq for entry in page.aimed]) == ([message, reaction], [deletion])


async def test_an_edit_by_somebody_else_is_not_brought(scene: Scene) -> None:
    (message,) = await post(scene, 1)
    own = (await scene.sends(scene.alice, kind=2, target_seq=message)).seq
    await scene.sends(scene.bob, kind=2, target_seq=message)
    assert list_seqs(await asks(scene, message)) == [own]


async def test_of_many_reactions_the_newest_come_and_the_older_ones_below(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aimed_store, "MOST_OF_A_KIND", 4)
    loud, quiet = await post(scene, 2)
    edit = (await scene.sends(scene.alice, kind=2, target_seq=loud)).seq
    reactions = [(await scene.sends(scene.bob, kind=3, target_seq=loud)).seq for _ in range(9)]
    other = (await scene.sends(scene.bob, kind=3, target_seq=quiet)).seq
    found = await asks(scene, loud, quiet)
    assert list_seqs(found) == [edit, *reactions[-4:], other]
    assert found.left_out == [LeftOut(seq=loud, count=1)]
    older = await asks(scene, loud, before=reactions[-4])
    assert list_seqs(older) == [edit, *reactions[1:5]]
    oldest = await asks(scene, loud, before=reactions[1])
    assert (list_seqs(oldest), oldest.left_out) == ([edit, reactions[0]], [])
    assert list_seqs(await asks(scene, loud, quiet, after=reactions[-2])) == [reactions[-1], other]


async def test_everything_together_is_bounded_in_bytes(scene: Scene) -> None:
    """Entries of the page come first, then edits, replies, reactions."""
    answered = (await scene.sends(scene.alice, record=b"x" * 60_000)).seq
    page_of = [(await scene.sends(scene.alice, record=b"x" * 60_000)).seq for _ in range(4)]
    reply = (await scene.sends(scene.alice, target_seq=answered)).seq
    later = await post(scene, 1)
    edits = [
        (await scene.sends(scene.alice, kind=2, target_seq=seq, record=b"x" * 60_000)).seq for seq in page_of
    ]
    page: Page = await scene.reads(scene.bob, seq=later[0], limit=5)
    assert seqs(page) == [*page_of, reply]
    assert ([entry.seq for entry in page.aimed], page.answered) == (edits[2:], [])
    assert page.left_out == [LeftOut(seq=seq, count=1) for seq in page_of[:2]]
    assert list_seqs(await asks(scene, *page_of[:2])) == edits[:2]
    assert len(msgspec.json.encode(page)) < MAX_PAGE_BYTES * 4 // 3 + 2_000


async def test_what_an_entry_takes_beside_its_record_is_counted(scene: Scene) -> None:
    await post(scene, 1)
    page: Page = await scene.reads(scene.bob)
    numbers = dict.fromkeys(("seq", "ordinal", "from_user", "counter", "epoch", "target_seq"), 10**9)
    emptied = msgspec.structs.replace(page.entries[0], **numbers, record=b"", record_hash=b"h" * 32)
    assert len(msgspec.json.encode(emptied)) + 1 <= ENTRY_BYTES * 4 // 3


async def test_only_what_one_may_read_is_brought(scene: Scene) -> None:
    group = await scene.make_group(scene.alice, scene.bob)
    (first,) = await post(scene, 1, group=group)
    hers = (await scene.sends(scene.alice, group, kind=3, target_seq=first)).seq
    await scene.leaves(scene.bob, group, hers)
    away = (await scene.sends(scene.alice, group, kind=3, target_seq=first)).seq
    missed = (await post(scene, 1, group=group))[0]
    page: Page = await scene.reads(scene.bob, group, seq=first + 1)
    assert [entry.seq for entry in page.aimed] == [hers]
    assert list_seqs(await asks(scene, first, missed, group=group)) == [hers]
    await scene.joins(scene.bob, group, missed)
    back = [(await scene.sends(scene.alice, group, kind=3, target_seq=seq)).seq for seq in (first, missed)]
    reply = (await scene.sends(scene.alice, group, target_seq=missed)).seq
    newest: Page = await scene.reads(scene.bob, group)
    assert (newest.answered, newest.entries[-1].seq) == ([], reply)
    assert list_seqs(await asks(scene, first, missed, away, group=group)) == [hers, back[0]]


async def test_absent_and_forbidden_answer_alike(scene: Scene) -> None:
    await post(scene, 1)
    for where in (scene.pair, b"\xee" * 16):
        with pytest.raises(NotFound):
            await scene.stage.run(scene.carol, ReadAimed(conversation_id=where.hex(), seqs=[1]))


@pytest.mark.parametrize("count", [2, 20])
async def test_what_belongs_to_a_page_costs_four_queries_for_any_number(scene: Scene, count: int) -> None:
    old = await post(scene, count)
    replies = [(await scene.sends(scene.bob, target_seq=seq)).seq for seq in old]
    later = await post(scene, 1)
    reactions = [(await scene.sends(scene.bob, kind=3, target_seq=seq)).seq for seq in replies for _ in "ab"]
    for seq in reactions[::2]:
        await scene.sends(scene.bob, kind=4, target_seq=seq)
    scene.stage.clear()
    page: Page = await scene.reads(scene.bob, seq=later[0], limit=count)
    assert len(scene.statements) == 8
    assert (len(page.answered), len(page.aimed)) == (count, 2 * count)
