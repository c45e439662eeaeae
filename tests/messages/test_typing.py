"""Typing: the other members hear of it while something can be written, nobody else ever."""

from typing import Any

import pytest

from hearth.contract import Actor, Members
from hearth.conversations.rules import ConversationClosed
from hearth.errors import NotFound
from hearth.friends.contract import BlockUser
from hearth.messages.contract import StartTyping, StopTyping, TypingStarted, TypingStopped
from tests.messages.conftest import Scene


async def starts(scene: Scene, actor: Actor, conversation_id: bytes | None = None) -> None:
    await scene.stage.run(actor, StartTyping(conversation_id=(conversation_id or scene.pair).hex()))


async def stops(scene: Scene, actor: Actor) -> None:
    await scene.stage.run(actor, StopTyping(conversation_id=scene.pair.hex()))


async def test_the_other_hears_of_it_oneself_does_not(scene: Scene) -> None:
    await starts(scene, scene.alice)
    await stops(scene, scene.alice)
    to_bob = Members(scene.pair, (scene.bob.user_id,))
    facts: dict[str, Any] = {"conversation_id": scene.pair.hex(), "user_id": scene.alice.user_id}
    assert scene.stage.published == [(TypingStarted(**facts), to_bob), (TypingStopped(**facts), to_bob)]
    assert scene.told("typing.started") == [({scene.bob.user_id}, facts)]


async def test_a_stranger_is_told_that_there_is_nothing(scene: Scene) -> None:
    for where in (scene.pair, b"\xee" * 16):
        with pytest.raises(NotFound):
            await starts(scene, scene.carol, where)
    assert scene.heard == []


async def test_former_friends_hear_nothing_of_each_other(scene: Scene) -> None:
    await scene.unfriend()
    for actor in (scene.alice, scene.bob):
        with pytest.raises(ConversationClosed):
            await starts(scene, actor)
        with pytest.raises(ConversationClosed):
            await stops(scene, actor)
    assert scene.heard == []


async def test_to_the_blocked_it_answers_as_after_being_removed(scene: Scene) -> None:
    await scene.stage.run(scene.alice, BlockUser(username="bobby"))
    scene.stage.clear()
    with pytest.raises(ConversationClosed) as refused:
        await starts(scene, scene.bob)
    assert refused.value.to_problem() == ConversationClosed().to_problem()
    assert scene.heard == []


async def test_who_left_is_not_told_and_cannot_tell(scene: Scene) -> None:
    group = await scene.make_group(scene.alice, scene.bob, scene.carol)
    await scene.leaves(scene.carol, group, 0)
    await starts(scene, scene.alice, group)
    assert scene.told("typing.started")[0][0] == {scene.bob.user_id}
    with pytest.raises(NotFound):
        await starts(scene, scene.carol, group)


async def test_it_costs_two_queries_and_stores_nothing(scene: Scene) -> None:
    scene.stage.clear()
    await starts(scene, scene.alice)
    assert len(scene.statements) == 2
    assert all(statement.startswith("SELECT") for statement in scene.stage.statements)
