"""A group's acts are waited for in this device's own copy, which others change meanwhile."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hearth.client.groups import Groups
from hearth.conversations.contract import Member
from tests.client.alice import make_file
from tests.client.entries import BOB, ID, make_card


async def test_a_role_of_who_is_removed_meanwhile_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    member = Member(user_id=BOB, role="member", joined_seq=0, delivered_seq=0, read_seq=0)
    conversation = SimpleNamespace(kind="group", users=[make_card(BOB)])
    state = SimpleNamespace(conversation=conversation, members={BOB: member})

    async def change(*_: object) -> None:
        return None

    async def remove_bob(version: int) -> int:
        state.members.clear()
        return version + 1

    groups = Groups(
        cast(Any, SimpleNamespace(replica=SimpleNamespace(conversations={ID: state}), file=make_file())),
        remove_bob,
    )
    monkeypatch.setattr(groups, "_change", change)
    async with asyncio.timeout(5):
        await groups.set_role(ID, "user2", "admin")
    assert not state.members
