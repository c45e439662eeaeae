"""One kill: write, die at a point, come back without the server, then with it. What is wrong is noted.

The points: "typed" is in the field and not sent off, "stored" right before it is in the outbox and right
after, not yet shown, "sealed" right before its sealed bytes are there and right after, "sent" left the
browser and is lost on the way, "committed" is known to the server only, "acked" has its answer: killed
before, between and after the two writes that follow.
"""

import asyncio
from collections.abc import Awaitable, Callable

from tests.e2e.kills.gate import Gate
from tests.e2e.kills.writer import WAITING, Seen, Writer

STEPS = ("typed", "stored", "sealed", "sent", "committed", "acked")
POINTS = {
    "stored": ("adding", "stored"),
    "sealed": ("sealed", "kept"),
    "acked": ("answered", "applied", "removed"),
}
AT_STORAGE = tuple(point for points in POINTS.values() for point in points)
KEPT_AS_DRAFT = ("typed", "adding")
SENT_WORDS = frozenset({"Sent", "Delivered", "Read"})

CountRows = Callable[[str], Awaitable[int]]


class Run:
    """One message, one death. `count` tells how often a text stands in the server's database."""

    def __init__(self, writer: Writer, gate: Gate, count: CountRows, earlier: str) -> None:
        self._writer, self._gate, self._count, self._earlier = writer, gate, count, earlier
        self.wrongs: list[str] = []

    async def play(self, step: str, text: str, number: int) -> None:
        """Do it; the browser is open before and after. The number chooses between kinds of the same step."""
        points = POINTS.get(step, (step,))
        point = points[number % len(points)]
        await self._write(text, point, has_paused=point in KEPT_AS_DRAFT or number % 2 == 0)
        self._judge_death(text, point, await self._writer.look())
        killed = self._writer.browser.kill()
        assert killed > 2, "Chromium has several processes"
        self._gate.shut()
        self._gate.arm(None)
        await self._writer.open()
        await self._writer.sees_earlier(self._earlier)
        await self._judge_return(text, point)
        await self._come_online(text, point)

    def _require(self, is_right: object, wrong: str) -> None:
        if not is_right:
            self.wrongs.append(wrong)

    async def _write(self, text: str, point: str, *, has_paused: bool) -> None:
        """Go as far as the point. With a pause before sending, what was typed is a stored draft by then."""
        writer, gate = self._writer, self._gate
        gate.arm({"sent": "send", "committed": "answer"}.get(point))
        if point in AT_STORAGE:
            await writer.has_nothing_to_send()
            await writer.stop_at(point)
        await writer.types(text)
        if has_paused:
            await writer.keeps_draft(text)
        if point == "typed":
            return
        entering = asyncio.create_task(writer.sends())
        if point in gate.reached and point != "answered":
            async with writer.in_time(f"has its message {point}"):
                await gate.reached[point].wait()
        else:
            await writer.is_stopped(point)
        entering.cancel()

    def _judge_death(self, text: str, point: str, seen: Seen) -> None:
        """In the moment before: nothing says that it is sent which the browser has no answer for."""
        if point not in POINTS["acked"]:
            marks = seen.marks_of(text)
            self._require(not SENT_WORDS & set(marks), f"{text}: shown as {marks} without an answer")

    async def _judge_return(self, text: str, point: str) -> None:
        """Opened again without a server: all that was written is there, once, and says what is true of it."""
        as_draft = point in KEPT_AS_DRAFT
        is_known = point in ("applied", "removed")
        seen = await self._settle(
            lambda one: (one.field == text) == as_draft and bool(one.marks_of(text)) != as_draft
        )
        marks = seen.marks_of(text)
        if as_draft:
            self._require(seen.field == text and not marks, f"{text}: after the kill {seen.field!r}, {marks}")
        elif is_known:
            self._require(len(marks) == 1 and marks[0] in SENT_WORDS, f"{text}: after the kill {marks}")
        else:
            self._require(marks == [WAITING], f"{text}: after the kill {marks}")
        self._require(as_draft or seen.field == "", f"{text}: {seen.field!r} in the field, and sent already")

    async def _settle(self, is_as_expected: Callable[[Seen], bool]) -> Seen:
        """What is seen as soon as it is as expected, or after a while if it never is."""
        for _ in range(40):
            seen = await self._writer.look()
            if is_as_expected(seen):
                return seen
            await asyncio.sleep(0.05)
        return seen

    async def _come_online(self, text: str, point: str) -> None:
        """With the server: it arrives once. What was a draft is sent by its writer first."""
        self._gate.unshut()
        await self._writer.is_back_online()
        if point in KEPT_AS_DRAFT:
            stored = await self._count(text)
            self._require(stored == 0, f"{text}: stored {stored} times before it was sent")
            await self._writer.sends()
        try:
            seen = await self._writer.sees_sent(text)
        except TimeoutError:
            self.wrongs.append(f"{text}: never sent, {(await self._writer.look()).marks_of(text)}")
            return
        stored = await self._count(text)
        self._require(stored == 1, f"{text}: stored {stored} times")
        self._require(len(seen.marks_of(text)) == 1, f"{text}: shown {len(seen.marks_of(text))} times")
        self._require(seen.field == "", f"{text}: {seen.field!r} in the field after sending")
