"""Raw Socket.IO load over WebSocket, for Hearth and its peers alike; every client keeps sends under way.

A process of its own, pinned to the other core: `python -m bench.load PLAN.json`. Prints one JSON object.
Hearth's clients also send receipts, coalesced as the web client does it. A delivery or ack that is missing
after the end is a failure, not a rounding error.
"""

import asyncio
import base64
import json
import secrets
import sys
import time
from functools import partial
from typing import Any

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

TEXT = WSMsgType.TEXT
RECEIPT_SECONDS = 0.3
SEALED = base64.b64encode(b"\1" + secrets.token_bytes(32 + 512)).decode()
"""A text of 200 bytes, sealed: 80 + 4 + about 230 + 64 bytes in the bucket of 512, and what sealing adds."""


class Counts:
    """What all clients saw together."""

    def __init__(self) -> None:
        self.is_measuring = False
        self.is_sending = False
        self.acks = self.deliveries = self.all_acks = self.all_deliveries = self.errors = 0
        self.latencies: list[float] = []


class Client(WSListener):
    """One connected device: answers pings, counts deliveries, sends the next message when one is acked."""

    def __init__(self, plan: dict[str, Any], number: int, counts: Counts) -> None:
        super().__init__()
        self.is_hearth: bool = plan["server"] == "hearth"
        self.group: str = plan["groups"][number]
        self.counts = counts
        self.counter = 0
        self.sent_at: dict[int, float] = {}
        self.seen_seq = self.told_seq = 0
        self.is_ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        data: bytes = frame.get_payload_as_bytes()
        if data.startswith(b"42"):
            self._count_delivery(data)
        elif data.startswith(b"43"):
            self._take_ack(data)
        elif data == b"2":
            self._send("3")
        elif data.startswith(b"40"):
            self._enter()
        elif data.startswith(b"0"):
            self._send("40")

    def _enter(self) -> None:
        if self.is_hearth:
            self._send('420["sync.open",{}]')
        else:
            self._send(f'420["join","{self.group}"]')

    def _count_delivery(self, data: bytes) -> None:
        if self.is_hearth:
            if not data.startswith(b'42["message.sent"'):
                return
            at = data.index(b'"seq":') + 6
            self.seen_seq = max(self.seen_seq, int(data[at : data.index(b",", at)]))
        self.counts.all_deliveries += 1
        if self.counts.is_measuring:
            self.counts.deliveries += 1

    def _take_ack(self, data: bytes) -> None:
        start = data.index(b"[")
        number = int(data[2:start])
        if number == 0:
            if not self.is_ready.done():
                self.is_ready.set_result(None)
            return
        sent_at = self.sent_at.pop(number, None)
        if sent_at is None:
            return
        if self.is_hearth and b'"seq"' not in data:
            self.counts.errors += 1
            print(data.decode(), file=sys.stderr)
            return
        self.counts.all_acks += 1
        if self.counts.is_measuring:
            self.counts.acks += 1
            self.counts.latencies.append(time.perf_counter() - sent_at)
        if self.counts.is_sending:
            self.send_next()

    def send_next(self) -> None:
        self.counter += 1
        self.sent_at[self.counter] = time.perf_counter()
        if self.is_hearth:
            self._send(
                f'42{self.counter}["message.send",{{"conversation_id":"{self.group}","epoch":1,'
                f'"client_id":"{secrets.token_hex(16)}","counter":{self.counter},"record":"{SEALED}"}}]'
            )
        else:
            self._send(f'42{self.counter}["send","{self.group}","{SEALED}"]')

    def tell_receipts(self) -> None:
        if self.is_hearth and self.seen_seq > self.told_seq:
            self.told_seq = self.seen_seq
            self._send(
                f'42["receipt.mark",{{"conversation_id":"{self.group}","delivered_seq":{self.seen_seq},'
                f'"read_seq":{self.seen_seq}}}]'
            )

    def _send(self, text: str) -> None:
        self.transport.send(TEXT, text.encode())


def _same(client: Client) -> Client:
    """Be the factory of a listener that exists already."""
    return client


async def connect_all(plan: dict[str, Any], counts: Counts) -> list[Client]:
    """Open every client's socket, one after the other, and wait until all have entered."""
    url = f"ws://127.0.0.1:{plan['port']}/socket.io/?EIO=4&transport=websocket"
    clients = []
    for number, token in enumerate(plan["tokens"]):
        headers = {"Authorization": f"Bearer {token}"} if token else None
        client = Client(plan, number, counts)
        await ws_connect(partial(_same, client), url, extra_headers=headers, max_frame_size=1 << 20)
        clients.append(client)
    for client in clients:
        await asyncio.wait_for(client.is_ready, 30)
    return clients


async def run_fan_out(plan: dict[str, Any]) -> dict[str, Any]:
    """Keep `window` sends under way per client for `seconds`; all deliveries must have come at the end."""
    counts = Counts()
    clients = await connect_all(plan, counts)
    receipts = asyncio.create_task(tell_receipts(clients))
    counts.is_sending = True
    for client in clients:
        for _ in range(plan["window"]):
            client.send_next()
    await asyncio.sleep(plan["warm_up"])
    counts.is_measuring, started, worked = True, time.perf_counter(), time.process_time()
    await asyncio.sleep(plan["seconds"])
    counts.is_measuring, took = False, time.perf_counter() - started
    load_share = (time.process_time() - worked) / took
    counts.is_sending = False
    await settle(plan, clients, counts)
    receipts.cancel()
    return {
        "deliveries_per_second": round(counts.deliveries / took),
        "acks_per_second": round(counts.acks / took),
        "load_core_share": round(load_share, 2),
        **percentiles(counts.latencies),
        "acked": counts.all_acks,
        "delivered": counts.all_deliveries,
        "errors": counts.errors,
    }


async def run_paced(plan: dict[str, Any]) -> dict[str, Any]:
    """Send `rate` messages a second in all, spread evenly, and measure send → ack."""
    counts = Counts()
    clients = await connect_all(plan, counts)
    receipts = asyncio.create_task(tell_receipts(clients))
    started = time.perf_counter()
    total = int(plan["rate"] * (plan["warm_up"] + plan["seconds"]))
    for number in range(total):
        due = started + number / plan["rate"]
        counts.is_measuring = due - started >= plan["warm_up"]
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        clients[number % len(clients)].send_next()
    await settle(plan, clients, counts)
    receipts.cancel()
    return {
        **percentiles(counts.latencies),
        "acked": counts.all_acks,
        "delivered": counts.all_deliveries,
        "errors": counts.errors,
    }


async def tell_receipts(clients: list[Client]) -> None:
    """Let every client tell what it has seen, each at its own moment within the interval."""
    while True:
        for number, client in enumerate(clients):
            client.tell_receipts()
            if number % 20 == 19:
                await asyncio.sleep(RECEIPT_SECONDS * 20 / len(clients))
        await asyncio.sleep(0)


async def settle(plan: dict[str, Any], clients: list[Client], counts: Counts) -> None:
    """Wait until nothing is under way and every ack's deliveries are there, 15 s at most."""
    deadline = time.perf_counter() + 15
    while time.perf_counter() < deadline:
        is_quiet = not any(client.sent_at for client in clients)
        if is_quiet and counts.all_deliveries >= counts.all_acks * plan["per_conversation"]:
            return
        await asyncio.sleep(0.05)


def percentiles(latencies: list[float]) -> dict[str, float]:
    """Return the median and 99th percentile in milliseconds."""
    ordered = sorted(latencies)
    if not ordered:
        return {"p50_ms": -1.0, "p99_ms": -1.0}
    return {
        "p50_ms": round(ordered[len(ordered) // 2] * 1000, 2),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 2),
    }


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        plan = json.load(file)
    run = run_fan_out if plan["kind"] == "fan_out" else run_paced
    print(json.dumps(uvloop.run(run(plan))))


if __name__ == "__main__":
    main()
