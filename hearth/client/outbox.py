"""What was written but is not known to be stored: kept with its bytes, sent in order until answered.

Invariant: a row that may have reached the server is only ever sent again with the same bytes and counter,
before anything else of its conversation. It is sealed when it has its counter, and sealed again, with both as
they were, only when the server takes nothing more under its epoch. Counters of one device and
conversation are dense: a row gets the next one when it is its turn, and a refusal, which means that it is not
stored, frees it. What repeats a counter, as the file may have been copied, is sent again as another message.
"""

import asyncio
import contextlib
import random
import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Protocol, cast

from hearth.client.device_file import DeviceFile, OutboxRow, OutboxTarget
from hearth.client.pauses import Pauses
from hearth.client.problems import Disconnected, NoKeys, NotReady, may_pass
from hearth.errors import Conflict, HearthError
from hearth.messages.contract import KIND_MESSAGE, SealedKind, SendMessage, Sent

MAX_ROWS = 1000
MIN_PAUSE = 0.2
MAX_PAUSE = 15.0

Send = Callable[[SendMessage], Awaitable[Sent]]
SEAL_AGAIN = frozenset({"epoch_too_old", "epoch_moved", "receive_outdated", "chain_moved"})
"""Refusals after which the same content is sealed under another epoch: it is not stored."""
MOST_SEALINGS = 8


class Seals(Protocol):
    """Seals rows, under another epoch after it has looked again."""

    async def seal(self, row: OutboxRow) -> None: ...

    async def look_again(self, key: str) -> None: ...


class Stands(Protocol):
    """Looks whether what was stored stands: 0, or the highest counter that this device has used."""

    async def find_used(self, row: OutboxRow, sent: Sent) -> int: ...


class OutboxFull(Exception):
    """Too much is unsent already; nothing was taken."""


class SealedInVain(Conflict):
    """A row was sealed under an epoch that a restored server has not, and is not stored."""

    code = "epoch_moved"


class Outbox:
    """Unsent messages of one device.

    `send` carries out one command; `wait_until_connected` waits for a socket.
    """

    def __init__(
        self,
        file: DeviceFile,
        send: Send,
        wait_until_connected: Callable[[], Awaitable[None]],
        sealer: Seals,
        repeats: Stands,
    ) -> None:
        self._sealer, self._repeats = sealer, repeats
        self._file = file
        self._send = send
        self._wait_until_connected = wait_until_connected
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @property
    def rows(self) -> tuple[OutboxRow, ...]:
        """What is unsent, oldest first."""
        return tuple(self._file.state.outbox)

    def put(
        self,
        conversation_id: str,
        record: bytes,
        *,
        client_id: str | None = None,
        kind: int = KIND_MESSAGE,
        target: OutboxTarget | None = None,
    ) -> OutboxRow:
        """Take a message; when this returns it is kept. A known `client_id` is taken once only;
        without one, or with an empty one, it gets its own."""
        for row in self._file.state.outbox:
            is_known = client_id and client_id in (row.client_id, row.given_id)
            if is_known and row.conversation_id == conversation_id:
                return row
        row = OutboxRow(client_id or secrets.token_hex(16), conversation_id, record, kind, target=target)
        if _sent_key(row) in self._file.state.sent:
            return row
        if len(self._file.state.outbox) >= MAX_ROWS:
            raise OutboxFull(f"{MAX_ROWS} messages are unsent")
        self._file.state.outbox.append(row)
        self._file.save()
        return row

    async def deliver(self, row: OutboxRow) -> Sent:
        """Send a row until the server answers.

        Raises HearthError when it is refused, NoKeys and NotReady when it can never be sealed; the row is
        dropped then.
        """
        async with self._locks[row.conversation_id]:
            for other in self.rows:
                if other.conversation_id == row.conversation_id and other.counter and other is not row:
                    with contextlib.suppress(HearthError, NoKeys, NotReady):  # its own sender hears of it
                        await self._deliver(other)
            return await self._deliver(row)

    async def _deliver(self, row: OutboxRow) -> Sent:
        """Send a row that is next in line: no other row of its conversation has a number and no answer."""
        known = self._file.state.sent.get(_sent_key(row))
        if known is not None:
            return known
        try:
            sent = await self._send_sealed(row)
            while used := await self._repeats.find_used(row, sent):
                self._begin_again(row, used)
                sent = await self._send_sealed(row)
        except (HearthError, NoKeys, NotReady):
            row.counter = 0
            self._drop(row)
            self._file.save()
            raise
        self._file.state.counters[row.conversation_id] = row.counter
        self._file.state.sent[_sent_key(row)] = sent
        self._drop(row)
        self._file.save()
        return sent

    def _begin_again(self, row: OutboxRow, used: int) -> None:
        """Another copy of this device has used the row's counter: it goes out as a new message."""
        counters = self._file.state.counters
        counters[row.conversation_id] = max(counters.get(row.conversation_id, 0), used)
        row.given_id = row.given_id or row.client_id
        row.client_id, row.counter, row.sealed, row.epoch = secrets.token_hex(16), 0, b"", 0
        self._file.save()

    async def _send_sealed(self, row: OutboxRow) -> Sent:
        """Seal a row unless that was done, and send it; again under another epoch where it has to be."""
        for tries in range(MOST_SEALINGS):
            if not row.sealed:
                await self._seal(row)
            try:
                return await self._send_until_answered(row)
            except HearthError as error:
                if error.code not in SEAL_AGAIN or tries + 1 == MOST_SEALINGS:
                    raise
            row.sealed, row.epoch = b"", 0
            await self._sealer.look_again(row.conversation_id)
        raise AssertionError("the last try raises")

    async def _seal(self, row: OutboxRow) -> None:
        """Give a row its counter and seal it, before anything of it leaves."""
        if row.counter == 0:
            row.counter = self._file.state.counters.get(row.conversation_id, 0) + 1
        await self._sealer.seal(row)
        self._file.save()

    async def deliver_all(self) -> None:
        """Send everything that was left, oldest first in each conversation; what is refused is dropped."""
        by_conversation: dict[str, list[OutboxRow]] = defaultdict(list)
        for row in self.rows:
            by_conversation[row.conversation_id].append(row)
        async with asyncio.TaskGroup() as tasks:
            for rows in by_conversation.values():
                tasks.create_task(self._deliver_rows(rows))

    async def _deliver_rows(self, rows: list[OutboxRow]) -> None:
        for row in rows:
            with contextlib.suppress(HearthError, NoKeys, NotReady):
                await self.deliver(row)

    async def _send_until_answered(self, row: OutboxRow) -> Sent:
        pauses = Pauses(MIN_PAUSE, MAX_PAUSE)
        while True:
            await self._wait_until_connected()
            if not row.sealed:
                raise SealedInVain
            try:
                return await self._send(to_command(row))
            except Disconnected:
                wait = 0.0
            except HearthError as error:
                if not may_pass(error):
                    raise
                wait = pauses.next(error.retry_after)
            await asyncio.sleep(wait + random.uniform(0, MIN_PAUSE))  # noqa: S311 - jitter, not a secret

    def _drop(self, row: OutboxRow) -> None:
        if row in self._file.state.outbox:
            self._file.state.outbox.remove(row)


def _sent_key(row: OutboxRow) -> str:
    return f"{row.conversation_id}/{row.given_id or row.client_id}"


def to_command(row: OutboxRow) -> SendMessage:
    """Return what a sealed row is sent by."""
    return SendMessage(
        conversation_id=row.conversation_id,
        client_id=row.client_id,
        counter=row.counter,
        record=row.sealed,
        kind=cast(SealedKind, row.kind),
        epoch=row.epoch,
        target_seq=0 if row.target is None else row.target.seq,
    )
