"""Who may read what of a conversation."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hearth.accounts.contract import UserCard
from hearth.conversations.contract import Conversation
from hearth.conversations.rules import (
    Access,
    Head,
    Stay,
    group_stays,
    require_member,
    show_conversation,
    show_members,
)
from hearth.errors import NotFound

HEAD = Head(b"c" * 16, "group", True, 20, 15, b"h" * 32, 0, datetime(2026, 5, 1, tzinfo=UTC))


def stay(joined: int, left: int | None = None, read: int = 0) -> Stay:
    return Stay(1, "member", joined, left, 0, read)


@pytest.mark.parametrize(("head", "stays"), [(None, []), (HEAD, []), (None, [stay(0)])])
def test_absent_and_forbidden_are_the_same(head: Head | None, stays: list[Stay]) -> None:
    with pytest.raises(NotFound) as refused:
        require_member(head, stays)
    assert refused.value.to_problem() == NotFound().to_problem()


def test_a_member_reads_from_where_they_joined() -> None:
    access = require_member(HEAD, [stay(5)])
    assert access.is_member
    assert [seq for seq in range(25) if access.may_read(seq)] == list(range(6, 21))
    assert (access.first_seq, access.last_seq) == (6, 20)


def test_who_left_reads_their_stays_and_nothing_else() -> None:
    access = require_member(HEAD, [stay(12, 14), stay(2, 4)])
    assert not access.is_member
    assert [seq for seq in range(25) if access.may_read(seq)] == [3, 4, 13, 14]
    assert (access.first_seq, access.last_seq) == (3, 14)


def test_who_came_back_reads_both_stays() -> None:
    access = require_member(HEAD, [stay(2, 4), stay(18)])
    assert access.is_member
    assert [seq for seq in range(25) if access.may_read(seq)] == [3, 4, 19, 20]
    assert access.last_seq == 20


@pytest.mark.parametrize(("read", "expected"), [(0, 5), (5, 5), (9, 9)])
def test_nothing_before_the_stay_is_unread(read: int, expected: int) -> None:
    assert Access(HEAD, (stay(5, read=read),)).read_seq == expected


def cursors(access: Access, *stays: Stay) -> list[tuple[int, int, int]]:
    return [(shown.user_id, shown.delivered_seq, shown.read_seq) for shown in show_members(access, stays)]


def test_an_open_conversation_shows_where_everybody_is() -> None:
    one, other = Stay(1, "member", 2, None, 7, 6), Stay(2, "member", 2, None, 9, 8)
    assert cursors(Access(HEAD, (one,)), one, other) == [(1, 7, 6), (2, 9, 8)]


def test_a_closed_one_shows_the_others_where_the_closing_found_them() -> None:
    closed = replace(HEAD, is_open=False)
    one, other = Stay(1, "member", 2, None, 9, 9, 7, 6), Stay(2, "member", 2, None, 9, 9, 5, 4)
    assert cursors(Access(closed, (one,)), one, other) == [(1, 9, 9), (2, 5, 4)]
    assert cursors(Access(closed, (other,)), one, other) == [(1, 7, 6), (2, 9, 9)]


def test_where_the_closing_is_not_kept_the_others_are_at_their_start() -> None:
    one, other = Stay(1, "member", 2, None, 9, 9), Stay(2, "member", 3, None, 9, 9)
    assert cursors(Access(replace(HEAD, is_open=False), (one,)), one, other) == [(1, 9, 9), (2, 3, 3)]


def test_who_has_left_sees_nobody_read_on_and_nobody_sees_who_has_left() -> None:
    gone, present = Stay(1, "member", 0, 5, 5, 5), Stay(2, "member", 0, None, 9, 9)
    assert cursors(Access(HEAD, (gone,)), gone, present) == [(2, 0, 0)]


ALICE, BOB = Stay(1, "owner", 0, None, 9, 9), Stay(2, "member", 0, 7, 5, 5)
LATER = Stay(3, "member", 9, None, 12, 12)
BEFORE, GIVEN = Stay(4, "member", 2, 5, 3, 3), Stay(5, "member", 1, None, 0, 0, entered_seq=12)


def test_who_left_meets_nobody_who_came_later() -> None:
    """Neither who came after, nor who came after and was given what was written before."""
    left = Access(HEAD, (BOB,))
    stays = [ALICE, BOB, LATER, BEFORE, GIVEN]
    assert [shown.user_id for shown in show_members(left, stays)] == [1]
    users = [UserCard(id=stay.user_id, username=f"user{stay.user_id}", display_name="") for stay in stays]
    whole = Conversation(id="0" * 32, kind="group", open=True, users=users, created_at=HEAD.created_at)
    shown = show_conversation(left, whole, stays)
    assert ([user.id for user in shown.users], shown.open) == ([1, 2, 4], False)
    assert show_conversation(Access(HEAD, (ALICE,)), whole, stays) == whole
    assert [one.user_id for one in show_members(Access(HEAD, (ALICE,)), stays)] == [1, 3, 5]


def test_stays_by_user_in_order() -> None:
    again = Stay(2, "member", 11, None, 0, 0)
    assert group_stays([again, ALICE, BOB]) == {1: (ALICE,), 2: (BOB, again)}
