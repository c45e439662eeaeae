"""A run: bots who are friends talk over a server that is being hurt; in the end everything is compared."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hearth.client.problems import Disconnected
from tests.faults.rig.bot import PATIENCE, Bot
from tests.faults.rig.oracle import Report, Violation, judge
from tests.faults.rig.patience import wait_until
from tests.faults.rig.proxy import Proxy
from tests.faults.rig.raw import Ear
from tests.faults.rig.stored import read_back
from tests.faults.rig.victim import Victim

NAMES = ("alice", "bob", "carol", "dave", "erin", "frank")


class Play:
    """The cast on one server. `users` have one device each, `devices` are all of them.

    With proxies the first users' devices are behind them, each behind one.
    """

    def __init__(self, victim: Victim, folder: Path, proxies: Sequence[Proxy] = ()) -> None:
        self.victim, self.folder = victim, folder
        self._urls = [proxy.url for proxy in proxies]
        self.users: list[Bot] = []
        self.devices: list[Bot] = []
        self.ear: Ear
        self.is_over = False

    @property
    def acked(self) -> int:
        return sum(bot.acked for bot in self.users)

    async def open(self, users: int = 4, late: int = 1, extra: int = 1, *, begins: bool = True) -> None:
        """Register users who are all friends, `extra` second devices, and `late` ones that are away until
        the end; and a stranger with an ear on the wire.
        With `begins` every conversation has its keys, and knows of every device, before anything is said and
        hurt.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        url = self.victim.url
        for number, name in enumerate(NAMES[:users]):
            own_url = self._urls[number] if number < len(self._urls) else url
            bot = await Bot.register(own_url, name, self.folder)
            await bot.come()
            self.users.append(bot)
        for one in self.users:
            one.peers = [other.name for other in self.users if other is not one]
        for number, one in enumerate(self.users):
            for other in self.users[number + 1 :]:
                await befriend(one, other)
        self.devices = list(self.users)
        for number in range(extra + late):
            owner = self.users[number % users]
            device = await Bot.sign_in(
                url, owner.name, f"phone{number}" if number < extra else f"late{number}", self.folder
            )
            await device.come()
            self.devices.append(device)
            if number >= extra:
                await device.go()
        stranger = await Bot.register(url, "stranger", self.folder)
        self.ear = Ear(url, stranger.client.file.state.token, stranger.client.user_id)
        await stranger.client.close()
        await self.ear.open()
        if begins:
            for bot in self.users:
                for name in bot.peers:
                    await bot.is_ready_to_say(name)

    async def chatter(self, rate: float, until: Callable[[], bool]) -> None:
        """Let everybody write until then: `rate` messages a second altogether."""
        await asyncio.gather(*(bot.chatter(rate / len(self.users), until) for bot in self.users))

    async def talk_while(self, hurt: Callable[[], Awaitable[None]], *, rate: float) -> None:
        """Everybody writes while `hurt` runs, and is answered after it."""
        self.is_over = False
        talking = asyncio.create_task(self.chatter(rate, lambda: self.is_over))
        try:
            await hurt()
        finally:
            self.is_over = True
            await talking

    async def wait_for_acks(self, count: int, seconds: float = 10.0) -> None:
        """Wait until that many more messages were acked."""
        goal = self.acked + count
        await wait_until(lambda: self.acked >= goal, seconds, every=0.005)

    async def judge(self) -> Report:
        """Let late devices come, wait until all is quiet, and compare everything with everything."""
        for bot in self.devices:
            if not bot.journal.is_settled:
                await bot.come_again()
        ends = (await read_back(self.victim.database_url)).last_messages()
        await asyncio.gather(*(bot.reach(ends) for bot in self.devices))
        differences = [await bot.differs_from_fresh() for bot in self.devices]
        stored = await read_back(self.victim.database_url)
        report = judge(stored, [bot.journal for bot in self.devices])
        report.violations += [Violation("I8", what) for what in differences if what]
        report.violations += [Violation("I5", f"a stranger heard {what}") for what in self.ear.heard]
        report.violations += [
            Violation("I6", f"{bot.name} still waits for {bot.unanswered} answers")
            for bot in self.devices
            if bot.unanswered or bot.client._outbox.rows
        ]
        return report

    async def close(self) -> None:
        self.is_over = True
        await self.ear.close()
        for bot in self.devices:
            await bot.go()
            bot.journal.close()


async def befriend(one: Bot, other: Bot) -> None:
    """Both ask: opposite requests make a friendship."""
    for asker, asked in ((one, other), (other, one)):
        while True:
            try:
                await asker.client.request(asked.name)
                break
            except Disconnected:
                continue
    async with asyncio.timeout(PATIENCE):
        for bot, friend in ((one, other), (other, one)):
            while not is_friend(bot, friend.name):  # noqa: ASYNC110 - the news may be on its way for long
                await asyncio.sleep(0.01)
            await bot.client._await_conversation(friend.name)


def is_friend(bot: Bot, name: str) -> bool:
    return any(friend.profile.user.username == name for friend in bot.client.replica.users.friends.values())


@asynccontextmanager
async def open_play(victim: Victim, folder: Path, *proxies: Proxy, **cast: Any) -> AsyncIterator[Play]:
    """A play on a running server; `cast` as for `Play.open`."""
    play = Play(victim, folder, proxies)
    await play.open(**cast)
    try:
        yield play
    finally:
        await play.close()


async def kill_again_and_again(play: Play, times: int, *, acks: Sequence[int] = (1, 30)) -> list[float]:
    """kill -9 the server at random moments of the talk; return the seconds of each absence."""
    absences = []
    for _ in range(times):
        await play.wait_for_acks(random.randint(acks[0], acks[1]), seconds=60)
        await asyncio.sleep(random.uniform(0, 0.03))
        await play.victim.kill()
        absences.append(await play.victim.start())
    return absences
