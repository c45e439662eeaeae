"""What has the wrong form is refused, whatever the command and the field (A15, A17, W10 to W12).

Every case goes through the server's own dispatcher; each command's goes over HTTP and a socket besides.
"""

import json
from collections.abc import Iterator
from typing import Any, cast

import httpx
import msgspec
import pytest

from hearth.app import HANDLERS
from hearth.contract import Command
from hearth.wire.dispatch import Dispatcher
from hearth.wire.http import Face
from tests.scenarios.server import RunningServer
from tests.security.bodies import BODIES
from tests.security.conftest import ask_raw
from tests.security.people import People
from tests.stage import acknowledge

pytestmark = pytest.mark.asyncio(loop_scope="module")
FORGED = (
    "is_admin",
    "sender_id",
    "from_user",
    "from",
    "seq",
    "created_at",
    "timestamp",
    "user_id",
    "room",
    "to",
    "id",
)
BY_KIND = {
    "string": ('""', '"x"', '"5"', f'"{"a" * 100_000}"', '"\\u0000"', '"\\ud800"'),
    "integer": ("5", "0", "-1", "9007199254740992", "9223372036854775808", "1" + "0" * 400, "9" * 5000),
    "number": ("1.5", "1e999", "-1e999", "1e-999", "NaN", "Infinity", "-Infinity"),
    "boolean": ("true", "false"),
    "array": ("[]", '["a"]', "[[[]]]", '[{"$ne":1}]', "[" * 100_000),
    "object": ("{}", '{"$ne":1}', '{"__proto__":{"is_admin":true}}', '{"a":' * 20_000),
    "null": ("null",),
}
NEVER = (
    "9007199254740992",
    "9223372036854775808",
    "-1",
    "1" + "0" * 400,
    "9" * 5000,
    '"\\ud800"',
    "[" * 100_000,
)
"""Of the right kind and still never right: seqs end at 2**53 - 1, and a lone surrogate is no text."""
BROKEN = (
    b"",
    b"{",
    b"nul",
    b"[]",
    b"5",
    b'"text"',
    b"null",
    b"[" * 60_000,
    b'{"a":' * 20_000,
    b'{"conversation_id":' * 5000 + b"1" + b"}" * 5000,
    b"{" + b",".join(b'"k%d":1' % number for number in range(9000)) + b"}",
    b'{"x":NaN}',
    b'{"x":' + b"9" * 100_000 + b"}",
    b"\xff\xfe",
    b'{"x":"\xc3"}',
    b"\xef\xbb\xbf{}",
    b"{}{}",
    b"{} \x00",
)


def body_of(people: People, name: str) -> dict[str, Any]:
    return next(make(people, "self") for line, make in BODIES.items() if line.split(" ", 1)[0] == name)


def list_kinds(command: type[Command], field: str) -> set[str]:
    """Return the JSON kinds that a field takes, by the command's schema."""
    schema = msgspec.json.schema(command)
    own = schema["$defs"][command.__name__]["properties"][field]
    found: set[str] = set()
    for option in own.get("anyOf", [own]):
        while "$ref" in option:
            option = schema["$defs"][option["$ref"].rsplit("/", 1)[1]]
        values = option.get("enum", ())
        found.add(option.get("type") or ("integer" if isinstance(values[0], int) else "string"))
    return found


def list_wrong(command: type[Command], field: str) -> Iterator[str]:
    """Yield raw JSON that this field must not take."""
    kinds = list_kinds(command, field)
    for kind, values in BY_KIND.items():
        yield from (value for value in values if kind not in kinds or value in NEVER)


def make_cases(people: People, name: str) -> Iterator[bytes]:
    command, body = HANDLERS[name].command, body_of(people, name)
    for field in command.__struct_fields__:
        for wrong in list_wrong(command, field):
            text = json.dumps({**body, field: "@@"})
            yield text.replace('"@@"', wrong).encode()
        if field in body:
            yield json.dumps({key: value for key, value in body.items() if key != field}).encode()
    for forged in FORGED:
        if forged not in command.__struct_fields__:
            yield json.dumps({**body, forged: 1}).encode()
    yield from BROKEN


@pytest.mark.parametrize("name", HANDLERS)
async def test_A15_A17_W10_W11_wrong_fields_are_refused(
    shared: RunningServer, people: People, name: str
) -> None:
    dispatcher = get_dispatcher(shared)
    tried = 0
    for text in make_cases(people, name):
        [answer] = json.loads(await acknowledge(dispatcher, people.alice.actor, name, text))
        code = answer.get("error", {}).get("code")
        is_whole = lacks_the_optional(text, HANDLERS[name].command)
        assert code == "invalid_input" or is_whole, (text[:200], str(answer)[:300])
        tried += 1
    assert tried > 20


def lacks_the_optional(text: bytes, command: type[Command]) -> bool:
    """A field left out may have a default; only then is a case no case."""
    try:
        msgspec.json.decode(text, type=command)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return False
    return set(command.__struct_fields__) > set(json.loads(text))


def get_dispatcher(shared: RunningServer) -> Dispatcher:
    return cast(Face, shared.app.asgi.extensions["hearth"]).dispatcher


@pytest.mark.parametrize("name", HANDLERS)
async def test_W10_W11_both_faces_refuse_alike(shared: RunningServer, people: People, name: str) -> None:
    headers = {"authorization": f"Bearer {people.alice.token}", "content-type": "application/json"}
    cases = [text for text in make_cases(people, name) if len(text) < 100_000]
    async with httpx.AsyncClient(base_url=shared.url, headers=headers, trust_env=False) as http:
        for text in cases[:: max(1, len(cases) // 8)]:
            by_http = (await http.post(f"/api/{name}", content=text)).json()
            event = b'["' + name.encode() + b'",' + text + b"]"
            by_socket = await ask_raw(shared.port, people.alice.token, event)
            if isinstance(by_socket, int):
                assert by_socket in (1002, 1007), "what is no text or no packet ends the connection"
            else:
                assert by_socket.get("error", {}).get("code") in ("invalid_input", "not_found"), text[:200]
            assert by_http["code"] == "invalid_input", text[:200]


@pytest.mark.parametrize(
    "event",
    [
        '["__proto__",{}]',
        '["constructor",{}]',
        '["connect",{}]',
        '["disconnect"]',
        '["connect_error",{}]',
        '["toString",{}]',
        '["",{}]',
        '["message.sent",{}]',
        '["log",{"seq":1}]',
        '["join",{"room":"x"}]',
        '["subscribe","x"]',
        '["device.list",{},{}]',
        '["device.list",[]]',
        '["device.list",null]',
        '["device.list",{"_placeholder":true,"num":0}]',
        '["Device.List",{}]',
        '["device.list\\u0000",{}]',
        '["' + "x" * 100_000 + '",{}]',
    ],
)
async def test_A08_W12_strange_events_do_nothing(shared: RunningServer, people: People, event: str) -> None:
    """There is no event by which a client joins anything: audiences come from the database."""
    answer = await ask_raw(shared.port, people.alice.token, event.encode())
    assert answer["error"]["code"] in ("not_found", "invalid_input")
    assert len(json.dumps(answer)) < 500, "and is not sent back at length"


async def test_W12_reserved_names_over_http(shared: RunningServer, people: People) -> None:
    headers = {"authorization": f"Bearer {people.alice.token}"}
    async with httpx.AsyncClient(base_url=shared.url, headers=headers, trust_env=False) as http:
        for name in ("__proto__", "constructor", "connect", "%00", "message%2Esend%00", "..%2f..%2fetc"):
            answer = await http.post(f"/api/{name}", json={})
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), name


@pytest.mark.parametrize(
    "deep",
    [
        b"[" * 60_000 + b"]" * 60_000,
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b'{"x":' + b"[" * 60_000 + b"]" * 60_000 + b"}",
    ],
    ids=["arrays", "objects", "a field"],
)
async def test_W10_depth_is_refused_on_both_faces(shared: RunningServer, people: People, deep: bytes) -> None:
    """Also where JSON is only skipped over, as an event's arguments are before its command is known."""
    headers = {"authorization": f"Bearer {people.alice.token}", "content-type": "application/json"}
    async with httpx.AsyncClient(base_url=shared.url, headers=headers, trust_env=False) as http:
        for name in ("device.list", "sync.open", "no.such"):
            answer = (await http.post(f"/api/{name}", content=deep)).json()
            assert answer["code"] == ("not_found" if name == "no.such" else "invalid_input")
            for event in (b'["%b",%b]' % (name.encode(), deep), b'["%b",{},%b]' % (name.encode(), deep)):
                by_socket = await ask_raw(shared.port, people.alice.token, event)
                assert by_socket["error"]["code"] == "invalid_input"
