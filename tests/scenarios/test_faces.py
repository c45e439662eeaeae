"""Two faces, one server: what the socket does HTTP does too, with the same answers, refusals and limits."""

import httpx
import pytest

from hearth.accounts.contract import Devices, ListDevices
from hearth.contract import Command
from hearth.errors import HearthError, TooManyRequests
from hearth.friends.contract import AcceptRequest, FindUser, FoundUser, RemoveFriend
from hearth.inbox.contract import GetInboxItems, InboxItems
from hearth.messages.contract import (
    Aimed,
    Page,
    Pins,
    ReadAimed,
    ReadHistory,
    ReadPins,
    ReadStates,
    Sent,
    States,
)
from hearth.sync.contract import LogPage, ReadLog
from tests.scenarios.cast import Device
from tests.scenarios.server import RunningServer
from tests.scenarios.test_messages import make_send
from tests.scenarios.test_receipts import cursors


async def test_both_faces_give_the_same_answers(alice: Device, bob: Device) -> None:
    await alice.sends("hi", to=bob)
    await alice.agrees(lambda client: cursors(client, "bob", bob.user_id) == (2, 0), "a delivered mark")
    key = alice.client.find_conversation("bob").conversation.id
    for command, result in (
        (FindUser(username="bob"), FoundUser),
        (ReadHistory(conversation_id=key, seq=0), Page),
        (ReadAimed(conversation_id=key, seqs=[1]), Aimed),
        (ReadStates(conversations=[key]), States),
        (ReadPins(conversation_id=key), Pins),
        (GetInboxItems(conversations=[key]), InboxItems),
        (ReadLog(after=0), LogPage),
    ):
        by_socket = await alice.asks(command, dict, over="socket")
        by_http = await alice.asks(command, dict, over="http")
        assert by_socket == by_http, result


async def test_both_faces_refuse_alike(carol: Device) -> None:
    commands: list[Command] = [
        FindUser(username="nobody-at-all"),
        AcceptRequest(request_id=999),
        RemoveFriend(user_id=999),
        ReadHistory(conversation_id="00" * 16, seq=0),
        ReadAimed(conversation_id="00" * 16, seqs=[1]),
        ReadPins(conversation_id="00" * 16),
    ]
    for command in commands:
        problems = []
        for over in ("socket", "http"):
            with pytest.raises(HearthError) as refusal:
                await carol.asks(command, dict, over=over)
            problems.append(refusal.value.to_problem())
        assert problems[0] == problems[1]


async def test_what_http_sends_the_socket_hears(
    alice: Device, bob: Device, carol: Device, dave: Device
) -> None:
    await alice.asks(await make_send(alice, "bob", "by post"), Sent, over="http")
    await bob.receives("by post", from_=alice)
    await bob.phone.receives("by post", from_=alice)
    await carol.receives_nothing()
    await dave.receives_nothing()


async def test_errors_are_problem_documents(server: RunningServer, alice: Device) -> None:
    token = alice.client.file.state.token
    json = {"content-type": "application/json"}
    async with httpx.AsyncClient(base_url=server.url, headers=json) as http:
        signed_in = {"authorization": f"Bearer {token}"}
        answers = [
            (401, await http.post("/api/device.list", content=b"{}")),
            (401, await http.post("/api/device.list", content=b"{}", headers={"authorization": "Bearer x"})),
            (404, await http.post("/api/no.such", content=b"{}", headers=signed_in)),
            (400, await http.post("/api/friend.find", content=b"{", headers=signed_in)),
            (400, await http.post("/api/friend.find", content=b'{"username":5}', headers=signed_in)),
            (400, await http.post("/api/device.list", content=b'{"extra":1}', headers=signed_in)),
            (400, await http.post("/api/device.list", content=b"[" * 50_000, headers=signed_in)),
            (413, await http.post("/api/device.list", content=b" " * 3_000_000, headers=signed_in)),
        ]
    for status, answer in answers:
        assert answer.status_code == status, (status, answer.status_code, answer.text[:200])
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.json()["status"] == status


class TestLimits:
    """With the limits of a real server."""

    @pytest.fixture
    def limit_scale(self) -> float:
        return 1.0

    async def test_too_much_is_refused_with_the_time_to_wait_on_both_faces(
        self, alice: Device, bob: Device, carol: Device
    ) -> None:
        refused = None
        for _ in range(61):
            try:
                await carol.asks(ListDevices(), Devices)
            except TooManyRequests as error:
                refused = error
                break
        assert refused is not None and refused.retry_after is not None and refused.retry_after > 0
        with pytest.raises(TooManyRequests) as by_http:
            await carol.asks(ListDevices(), Devices, over="http")
        assert by_http.value.retry_after is not None
        assert (await alice.asks(ListDevices(), Devices)).devices, "limits are each user's own"

    async def test_a_limited_send_is_repeated_until_it_is_stored(self, alice: Device, bob: Device) -> None:
        for number in range(1, 200):
            command = await make_send(alice, "bob", str(number))
            try:
                await alice.asks(command, Sent)
            except TooManyRequests:
                break
        else:
            raise AssertionError("sending is not limited")
        sent = await alice.sends("patience", to=bob)
        assert sent.ordinal == number
