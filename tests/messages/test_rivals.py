"""The log beside others who write at the same time: a second node, and friendships that come and go."""

import asyncio
from typing import Any

import pytest

from hearth.errors import HearthError
from hearth.friends.contract import BlockUser, RemoveFriend, RequestFriend, UnblockUser
from hearth.messages.contract import MarkReceived
from hearth.messages.log import MessageLog
from tests.messages.conftest import Scene
from tests.stage import RememberingBus


async def test_two_nodes_give_one_place_to_one_client_id(scene: Scene) -> None:
    """Fault F09 on two nodes: 100 equal sends, half to each, between other people's messages."""
    services = scene.stage.services
    other = MessageLog(services.database, RememberingBus(), scene.stage.clock)
    await other.start()
    command = scene.message()
    sends: list[Any] = []
    for number in range(100):
        node = other if number % 2 else services.messages
        sends += [node.append(scene.alice, command), node.append(scene.bob, scene.message())]
    answers = await asyncio.gather(*sends)
    assert len({(answer.seq, answer.log_hash, answer.timestamp) for answer in answers[::2]}) == 1
    assert await scene.check_log(scene.pair) == 101
    await other.stop()


@pytest.mark.slow
async def test_friendships_that_come_and_go_under_fire_cost_nobody_an_error(scene: Scene) -> None:
    """Fault F25 with our own verbs: every refusal is one that people can understand, the log stays whole."""
    is_over = asyncio.Event()
    refusals: set[str] = set()

    async def churn() -> None:
        for number in range(15):
            end = RemoveFriend(user_id=scene.bob.user_id) if number % 2 else BlockUser(username="bobby")
            await scene.stage.run(scene.alice, end)
            if not number % 2:
                await scene.stage.run(scene.alice, UnblockUser(user_id=scene.bob.user_id))
            await scene.stage.run(scene.bob, RequestFriend(username="alice"))
            await scene.stage.run(scene.alice, RequestFriend(username="bobby"))
        is_over.set()

    async def talk(actor: Any) -> int:
        count = 0
        while not is_over.is_set():
            try:
                sent = await scene.sends(actor)
                count += 1
                mark = MarkReceived(conversation_id=scene.pair.hex(), read_seq=sent.seq)
                await scene.stage.run(scene.bob if actor == scene.alice else scene.alice, mark)
            except HearthError as error:
                refusals.add(error.code)
                await asyncio.sleep(0.001)
        return count

    talkers = asyncio.gather(*(talk(actor) for actor in (scene.alice, scene.bob) * 4))
    await churn()
    counts = await talkers
    assert refusals <= {"not_friends"}
    assert await scene.check_log(scene.pair) == sum(counts)
