"""The rules of messages, without any I/O."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearth.conversations.rules import ConversationClosed, Stay
from hearth.errors import Conflict, InvalidInput, NotFound
from hearth.messages.rules import (
    NOTHING,
    NotSealed,
    Outline,
    Stretch,
    advance,
    chain_log_hash,
    choose_above,
    choose_below,
    choose_sides,
    cut_page,
    judge_repeat,
    judge_send,
    list_stretches,
)

MAY_SEND = {
    "is_member": True,
    "is_open": True,
    "epoch": 3,
    "current_epoch": 3,
    "target_seq": 0,
    "last_seq": 9,
}


def stay(joined_seq: int, left_seq: int | None) -> Stay:
    return Stay(1, "member", joined_seq, left_seq, 0, 0)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({}, None),
        ({"epoch": 2}, None),
        ({"epoch": 0}, NotSealed),
        ({"epoch": 0, "current_epoch": 0}, NotSealed),
        ({"epoch": 0, "target_seq": 10}, NotSealed),
        ({"target_seq": 9}, None),
        ({"target_seq": 10}, InvalidInput),
        ({"epoch": 4}, InvalidInput),
        ({"epoch": 1, "current_epoch": 0}, InvalidInput),
        ({"is_open": False}, ConversationClosed),
        ({"is_member": False}, NotFound),
        ({"is_member": False, "is_open": False, "epoch": 9}, NotFound),
    ],
)
def test_who_may_send_what(changed: dict[str, int], refusal: type | None) -> None:
    judged = judge_send(**{**MAY_SEND, **changed})  # type: ignore[arg-type]
    assert judged is None if refusal is None else isinstance(judged, refusal)


@pytest.mark.parametrize(
    ("is_same_record", "is_same_epoch", "is_refused"),
    [(True, True, False), (True, False, False), (False, False, False), (False, True, True)],
)
def test_what_a_repeated_client_id_may_carry(
    is_same_record: bool, is_same_epoch: bool, is_refused: bool
) -> None:
    judged = judge_repeat(is_same_record=is_same_record, is_same_epoch=is_same_epoch)
    assert isinstance(judged, Conflict) is is_refused


def test_the_hash_chain_is_the_one_of_the_protocol() -> None:
    """A vector written down byte by byte, so that no other code has to be right for it."""
    previous = hashlib.sha256(b"hearth log v1\0" + bytes(16)).digest()
    record_hash = hashlib.sha256(b"hello").digest()
    link = (
        previous
        + bytes.fromhex("0000000000000001")
        + bytes.fromhex("0001")
        + bytes.fromhex("000000000000002a")
        + record_hash
    )
    assert chain_log_hash(previous, 1, 1, 42, record_hash) == hashlib.sha256(link).digest()


@given(st.lists(st.tuples(st.integers(0, 2**53), st.integers(0, 100))), st.integers(0, 50))
def test_cursors_only_grow_and_stay_within_the_log(asked: list[tuple[int, int]], joined_seq: int) -> None:
    cursor, head = joined_seq, joined_seq
    for wanted, growth in asked:
        head += growth
        moved = advance(cursor, wanted, joined_seq, head)
        assert cursor <= moved <= head
        assert moved >= min(wanted, head)
        cursor = moved


def test_stays_that_touch_are_one_stretch() -> None:
    assert list_stretches([stay(5, None), stay(0, 5)], 9) == [Stretch(1, 9)]
    assert list_stretches([stay(0, 3), stay(5, None)], 9) == [Stretch(1, 3), Stretch(6, 9)]
    assert list_stretches([stay(9, None)], 9) == [Stretch(10, 9)]


STRETCHES = [Stretch(1, 3), Stretch(6, 9)]


@pytest.mark.parametrize(
    ("seq", "below", "above"),
    [
        (0, (6, 9), (1, 3)),
        (1, (1, 0), (2, 3)),
        (3, (1, 2), (6, 9)),
        (5, (1, 3), (6, 9)),
        (6, (1, 3), (7, 9)),
        (7, (6, 6), (8, 9)),
        (9, (6, 8), (1, 0)),
        (50, (6, 9), (1, 0)),
    ],
)
def test_a_stretch_is_chosen_below_and_above(
    seq: int, below: tuple[int, int], above: tuple[int, int]
) -> None:
    assert choose_below(STRETCHES, seq) == Stretch(*below)
    assert choose_above(STRETCHES, seq) == Stretch(*above)


def test_around_a_place_both_sides_touch_or_one_is_empty() -> None:
    assert choose_sides(STRETCHES, 8, "around") == (Stretch(6, 7), Stretch(8, 9))
    assert choose_sides(STRETCHES, 4, "around") == (NOTHING, Stretch(6, 9))
    assert choose_sides(STRETCHES, 40, "around") == (Stretch(6, 9), NOTHING)
    assert choose_sides([Stretch(1, 0)], 4, "around") == (NOTHING, NOTHING)


def outlines(*seqs: int, size: int = 10, voids: tuple[int, ...] = ()) -> list[Outline]:
    return [Outline(seq, seq not in voids, size) for seq in seqs]


def test_a_page_takes_as_many_messages_as_asked_and_the_voids_between() -> None:
    assert cut_page(outlines(9, 8, 7, 6, voids=(8,)), [], 2) == Stretch(7, 9)
    assert cut_page([], outlines(1, 2, 3, 4, voids=(1, 3)), 1) == Stretch(1, 3)
    assert cut_page(outlines(4, 3, 2, 1), outlines(5, 6, 7, 8), 4) == Stretch(3, 6)
    assert cut_page(outlines(4), outlines(5, 6, 7, 8), 4) == Stretch(4, 7)
    assert cut_page([], [], 5) == NOTHING


def test_a_page_is_bounded_in_bytes_but_never_empty() -> None:
    assert cut_page(outlines(9, 8, 7, size=40), [], 50, max_bytes=900) == Stretch(8, 9)
    assert cut_page(outlines(9, 8, size=400), [], 50, max_bytes=100) == Stretch(9, 9)
