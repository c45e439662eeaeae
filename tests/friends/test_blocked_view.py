"""A13: somebody who is blocked cannot tell it from having been removed, whatever they ask.

The same story is played twice, once ending in a removal and once in a block; all that the other person is
answered and told, field by field, has to be the same.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hearth.contract import Actor, Command
from hearth.conversations.ids import make_direct_id
from hearth.errors import HearthError
from hearth.friends.contract import (
    AcceptRequest,
    BlockUser,
    CancelRequest,
    FindUser,
    RemoveFriend,
    RequestFriend,
    UnblockUser,
)
from hearth.inbox.contract import GetInboxItems
from hearth.messages.contract import MarkReceived, ReadHistory, SendMessage, StartTyping
from hearth.presence.contract import SetPresence
from hearth.sync.contract import OpenSync, ReadLog
from tests.epochs.kit import make_record_of
from tests.epochs.written import begin_epochs
from tests.friends.telling import befriend
from tests.stage import Stage, open_stage

RANDOM_ID = re.compile(r"\b[0-9a-f]{32}\b")
Story = Callable[["Play"], Awaitable[None]]


class Play:
    """One telling of a story: `end` is how alice ends it with bob, whose view is written down."""

    def __init__(self, stage: Stage, alice: Actor, bob: Actor, end: Command) -> None:
        self.stage, self.alice, self.bob, self.end = stage, alice, bob, end
        self.conversation = make_direct_id(
            stage.services.identity.server_id, alice.user_id, bob.user_id
        ).hex()
        self.seen: list[Any] = []
        self._ids: dict[str, int] = {}

    async def bob_asks(self, *commands: Command) -> None:
        for command in commands:
            try:
                answer = await self.stage.run(self.bob, command)
            except HearthError as error:
                answer = error.to_problem()
            self.seen.append((type(command).__name__, self._blind(answer)))

    async def alice_does(self, command: Command) -> None:
        await self.stage.run(self.alice, command)

    async def hear(self) -> None:
        """Write down what reached bob's devices."""
        await self.stage.services.presence.settle()
        for audience, name, payload in self.stage.bus.sent:
            ids = audience.ids
            if self.bob.user_id in ids or self.bob.device_id in ids:
                self.seen.append(("heard", name, self._blind(payload)))
        self.stage.bus.sent.clear()

    def _blind(self, value: Any) -> Any:
        """Number random ids in the order of their appearance: they differ between any two servers."""

        def number(found: re.Match[str]) -> str:
            return f"<{self._ids.setdefault(found[0], len(self._ids))}>"

        return strip(msgspec.json.decode(RANDOM_ID.sub(number, msgspec.json.encode(value).decode())))


def strip(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: strip(part) for key, part in value.items() if key not in ("log_hash", "hash_before")}
    return [strip(part) for part in value] if isinstance(value, list) else value


@asynccontextmanager
async def opened(url: str, data: Path, end: Command, *, friends: bool) -> AsyncIterator[Play]:
    async with open_stage(url, data) as stage:
        alice, bob = await stage.user("alice"), await stage.user("bobby")
        bob = Actor(bob.user_id, bob.device_id, connection=2)
        if friends:
            await befriend(stage, alice, bob, ("alice", "bobby"))
            await begin_epochs(stage.services)
        stage.clock.advance(1)  # or else the order of conversations hangs on their random ids
        stage.services.presence.connected(bob)
        stage.services.presence.connected(Actor(alice.user_id, alice.device_id, connection=1))
        await stage.services.presence.settle()
        yield Play(stage, alice, bob, end)


def send(play: Play, number: int) -> SendMessage:
    return SendMessage(
        conversation_id=play.conversation,
        client_id=f"{number:032x}",
        counter=number,
        record=make_record_of(b"hello"),
        epoch=1,
    )


async def ask_everything(play: Play) -> None:
    """Ask all that bob can ask about alice."""
    await play.bob_asks(
        FindUser(username="alice"),
        send(play, 9),
        ReadHistory(conversation_id=play.conversation, seq=0),
        MarkReceived(conversation_id=play.conversation, read_seq=1),
        StartTyping(conversation_id=play.conversation),
        SetPresence(away=True),
        SetPresence(away=False),
        GetInboxItems(conversations=[play.conversation]),
        ReadLog(after=0),
        OpenSync(),
        RemoveFriend(user_id=play.alice.user_id),
        UnblockUser(user_id=play.alice.user_id),
        AcceptRequest(request_id=1),
        CancelRequest(request_id=1),
    )
    await play.hear()


async def end_a_friendship(play: Play) -> None:
    await play.bob_asks(send(play, 1))
    await alice_reads(play, 1)
    await play.alice_does(send(play, 2))
    await play.bob_asks(send(play, 3))
    play.stage.bus.sent.clear()
    await play.alice_does(play.end)
    await play.hear()
    await play.alice_does(SetPresence(away=True))
    await alice_reads(play, 3)
    await ask_everything(play)
    await play.bob_asks(RequestFriend(username="alice"), RequestFriend(username="alice"))
    await play.hear()
    await ask_everything(play)
    await play.bob_asks(CancelRequest(request_id=1), RequestFriend(username="alice"))
    await ask_everything(play)


async def alice_reads(play: Play, seq: int) -> None:
    """Alice reads, and what that tells has been told."""
    await play.alice_does(MarkReceived(conversation_id=play.conversation, read_seq=seq))
    for _ in range(250):
        if any(name == "receipts.advanced" for _, name, _ in play.stage.bus.sent):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the mark was never written")


async def tell(story: Story, url: str, data: Path, end: Command, *, friends: bool) -> list[Any]:
    async with opened(url, data, end, friends=friends) as play:
        await story(play)
        return play.seen


@pytest.fixture
def second_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    from tests.conftest import KIND, make_mariadb_database

    if KIND == "sqlite":
        yield f"sqlite+aiosqlite:///{(tmp_path / 'second.db').as_posix()}"
    else:
        yield from make_mariadb_database(request)


async def test_being_blocked_looks_like_being_removed(
    database_url: str, second_database_url: str, tmp_path: Path
) -> None:
    removed = await tell(end_a_friendship, database_url, tmp_path, RemoveFriend(user_id=2), friends=True)
    blocked = await tell(
        end_a_friendship, second_database_url, tmp_path, BlockUser(username="bobby"), friends=True
    )
    assert len(removed) >= 50
    pages = [answer for name, answer in (seen for seen in blocked if len(seen) == 2) if name == "ReadHistory"]
    shown = {member["read_seq"] for page in pages for member in page["members"] if member["user_id"] == 1}
    assert shown == {2}, "of alice's reading he sees what he saw before, and nothing of what she read since"
    for one, other in zip(removed, blocked, strict=True):
        assert one == other


async def never_meet(play: Play) -> None:
    await play.bob_asks(RequestFriend(username="alice"))
    await play.hear()
    await play.alice_does(play.end)
    await play.hear()
    await ask_everything(play)
    await play.bob_asks(RequestFriend(username="alice"), CancelRequest(request_id=1))
    await play.bob_asks(RequestFriend(username="alice"))
    await ask_everything(play)


async def test_a_blocked_stranger_sees_what_an_ignored_one_sees(
    database_url: str, second_database_url: str, tmp_path: Path
) -> None:
    """Alice does something about herself in the one telling, and blocks in the other."""
    nothing = FindUser(username="bobby")
    ignored = await tell(never_meet, database_url, tmp_path, nothing, friends=False)
    blocked = await tell(
        never_meet, second_database_url, tmp_path, BlockUser(username="bobby"), friends=False
    )
    for one, other in zip(ignored, blocked, strict=True):
        assert one == other
