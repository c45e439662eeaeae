"""The authorization matrix of what is HTTP and no command: every rule of the URL map, for everybody."""

import re
from typing import Any

import httpx
import msgspec
import pytest

from hearth.app import CLIENT_FOLDER, App
from hearth.directory.tickets import make_ticket
from tests.properties.world import make_png
from tests.scenarios.server import RunningServer
from tests.security.bodies import encode, kdf
from tests.security.people import ACTORS, People
from tests.security.table import ROUTES, read_table

pytestmark = pytest.mark.asyncio(loop_scope="module")
TABLE = read_table(ROUTES)
ORDER = ("nobody", "revoked", "strange", "admin", "left", "blocked", "former", "member", "friend", "self")
EXAMPLES = {"alice's": "<string:avatar_id>", "device.list": "<string:name>", "any/thing": "<path:rest>"}
"""How a line of the table names a rule's variable part."""
PICTURE = make_png(b"red")


def rule_of(line: str) -> tuple[str, str]:
    """Return method and rule of a line."""
    method, path = line.split(" ", 1)
    for example, variable in EXAMPLES.items():
        path = path.replace(example, variable)
    return method, path.replace("/any/page", "/<path:path>")


def list_rules(app: App) -> set[tuple[str, str]]:
    """Return what the server answers. Methods that one rule refuses alike need one line together."""
    rules = {(m, rule.rule) for rule in app.asgi.url_map.iter_rules() for m in rule.methods or ()}
    alike = {"/api/<path:rest>", "/socket.io/"}
    return {
        (m, r) for m, r in rules if m not in ("HEAD", "OPTIONS") and (r not in alike or m in ("GET", "POST"))
    }


async def test_every_route_has_a_line(shared: RunningServer) -> None:
    lines = {rule_of(line) for line in TABLE}
    rules = list_rules(shared.app) - {("POST", "/api/<path:rest>")}
    assert rules - lines == set(), "write a line in tests/security/table.py"
    assert lines - rules == {("GET", "/api/<string:name>")}
    assert all(tuple(cells) == ACTORS for cells in TABLE.values())


@pytest.mark.parametrize("line", TABLE)
async def test_matrix(shared: RunningServer, people: People, line: str) -> None:
    """A04, A20, M11, P12. What ends a session is the table's last line."""
    for role in ORDER:
        token = None if role == "nobody" else people.by_role[role].token
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=shared.url, headers=headers, trust_env=False) as http:
            answer = await send(http, people, line, role)
        expected = TABLE[line][role]
        if expected == "page" and not CLIENT_FOLDER.is_dir():
            expected = "not_found"
        assert name_outcome(answer) == expected, (line, role, answer.status_code, answer.text[:200])


async def send(http: httpx.AsyncClient, people: People, line: str, role: str) -> httpx.Response:
    method, path = line.split(" ", 1)
    if path == "/api/avatars/alice's":
        bearer = {"authorization": f"Bearer {people.alice.token}", "content-type": "image/png"}
        saved = await http.put("/api/avatar", content=PICTURE, headers=bearer)
        path = f"/api/avatars/{saved.json()['avatar_id']}"
    options: dict[str, Any] = {}
    if path == "/api/avatar" and method == "PUT":
        options = {"content": PICTURE, "headers": {"content-type": "image/png"}}
    elif path == "/api/sign-in/parameters":
        options = {"params": {"username": people.alice.username}}
    elif path == "/socket.io/":
        options = {"params": {"EIO": "4", "transport": "polling"}}
    elif method == "POST":
        options = {"json": make_body(path, people, role)}
    return await http.request(method, path, **options)


def make_body(path: str, people: People, role: str) -> dict[str, Any]:
    new = {"auth_key": encode(bytes(32)), "kdf": kdf(), "device_name": "Three", "session": "bearer"}
    match path:
        case "/api/register":
            return {"username": f"new.{role}.{people.suffix}", "display_name": "", **new}
        case "/api/sign-in":
            alice = people.alice
            key = encode(alice.auth_key)
            return {"username": alice.username, "auth_key": key, "device_name": "3", "session": "bearer"}
        case "/api/links":
            return {"token": "guessed"}
        case "/api/recovery":
            return {"username": people.alice.username, "proof": encode(bytes(32))}
        case "/api/recovery/finish" | "/api/reset/finish":
            return make_finish(path, people, role)
        case "/api/reset":
            return {"token": "guessed"}
        case "/api/sign-in/reset":
            return {"token": "guessed", **new}
        case _:
            return {}


def make_finish(path: str, people: People, role: str) -> dict[str, Any]:
    """What alice's own device might send, without proof and link."""
    change = msgspec.to_builtins(people.owner("self").begin(people.alice.actor.device_id))
    new = {"new_auth_key": encode(bytes(32)), "kdf": kdf(), "device_name": "3", "change": change}
    if path == "/api/reset/finish":
        return {"token": "guessed", **new}
    ticket = make_ticket(people.services.secret, people.alice.actor.user_id, people.services.clock.now())
    return {"username": people.alice.username, "proof": encode(bytes(32)), "ticket": ticket, **new}


def name_outcome(answer: httpx.Response) -> str:
    kind = answer.headers.get("content-type", "")
    if answer.is_success:
        return "page" if kind.startswith("text/html") else "ok"
    if kind == "application/problem+json":
        return str(answer.json()["code"])
    assert re.fullmatch(r'\{"message":"[A-Za-z ]+"\}', answer.text), "the polling transport's own errors"
    return {401: "not_signed_in", 400: "bad_request"}[answer.status_code]
