"""The authorization matrix: every command, by either face, for everybody (A01 to A20).

What is refused writes nothing and tells nobody; a former friend and a blocked one cannot tell which they are.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from hearth.app import HANDLERS
from hearth.errors import NotFound
from hearth.messages.contract import SendMessage
from tests.epochs.written import begin_epochs
from tests.scenarios.server import RunningServer
from tests.security.bodies import BODIES, message
from tests.security.conftest import Listener, ask_by_http, ask_by_socket, dump, wipe
from tests.security.people import ACTORS, People, gather_people
from tests.security.table import COMMANDS, read_table

pytestmark = pytest.mark.asyncio(loop_scope="module")
TABLE = read_table(COMMANDS)
ORDER = ("nobody", "revoked", "strange", "admin", "left", "blocked", "former", "member", "friend", "self")
"""Who asks first must not change what the next may do: alice, who may most, is last."""
Ask = Callable[[str | None, str, Any], Awaitable[Any]]


SEALED = ("chain.", "vault.", "keyring.", "private.", "epoch.", "rewrap.")
LASTING = (
    *("friend.", "device.revoke", "account.", "admin.disable", "admin.enable", "admin.reset_sign_in"),
    *SEALED,
)
"""What one actor does of these changes what the next may do: each such line has its own people."""


def command_of(line: str) -> str:
    return line.split(" ", 1)[0]


def is_lasting(line: object) -> bool:
    return str(line).startswith(LASTING) and not str(line).startswith("friend.find")


async def test_every_command_has_a_line() -> None:
    assert {command_of(line) for line in TABLE} - {"no.such.command"} == HANDLERS.keys()
    assert TABLE.keys() == BODIES.keys()
    assert all(tuple(cells) == ACTORS for cells in TABLE.values())


async def test_former_friends_and_the_blocked_may_the_same() -> None:
    assert [line for line, cells in TABLE.items() if cells["former"] != cells["blocked"]] == []


@pytest.mark.parametrize("line", sorted(TABLE, key=is_lasting))
async def test_matrix(shared: RunningServer, people: People, listener: Listener, line: str) -> None:
    """A01, A02, A13, A16, A18, A20: the same answers over HTTP and over a socket."""

    async def by_http(token: str | None, name: str, body: Any) -> Any:
        return await ask_by_http(shared.url, token, name, body)

    async def by_socket(token: str | None, name: str, body: Any) -> Any:
        return await ask_by_socket(shared.port, token, name, body)

    answers = []
    for ask in (by_http, by_socket):
        if is_lasting(line):
            await wipe(shared.app.services)
            people = await gather_people(shared.app.services)
        if line.startswith(SEALED) and not line.startswith("chain.set_up"):
            await people.seal(is_listed=not line.startswith("chain.add_device"))
        if line.startswith(("epoch.", "rewrap.")):
            await people.begin_notes()
        if line.startswith("message.send"):
            await begin_epochs(people.services)
        answers.append(await play_all(people, listener, line, ask))
    for role in ORDER:
        by_face = [remove_ids(answer[role]) for answer in answers if "error" in answer[role]]
        assert len(by_face) in (0, 2), (role, by_face)
        if by_face and TABLE[line][role] != "not_signed_in":
            assert by_face[0] == by_face[1], role
    for answer in answers:
        if "error" in answer["former"]:
            assert remove_ids(answer["former"]) == remove_ids(answer["blocked"])


async def play_all(people: People, listener: Listener, line: str, ask: Ask) -> dict[str, Any]:
    """Let everybody ask, one after the other; when refused, nothing may come of it."""
    answers = {}
    stored = None
    """What a refusal left as it was, so that the next one need not read it again."""
    for role in ORDER:
        is_refused = TABLE[line][role] != "ok"
        if is_refused and stored is None:
            stored = await dump(people.services)
        answers[role] = await play(people, listener, line, role, ask)
        if is_refused:
            assert listener.heard == [], (line, role)
            assert await dump(people.services) == stored, (line, role)
        else:
            stored = None
    return answers


async def play(people: People, listener: Listener, line: str, role: str, ask: Ask) -> Any:
    """Let one actor ask and check the outcome against the table."""
    expected = TABLE[line][role]
    token = None if role == "nobody" else people.by_role[role].token
    listener.heard.clear()
    answer = await ask(token, command_of(line), BODIES[line](people, role))
    outcome = answer["error"]["code"] if "error" in answer else "ok"
    if answer in ({"ok": {"items": []}}, {"ok": {"heads": []}}):
        outcome = "void"
    assert outcome == ("ok" if expected == "mute" else expected), (line, role, answer)
    if command_of(line) == "receipt.mark":
        await settle(people)
    return answer


async def settle(people: People) -> None:
    """Let receipts be written: a send is answered after them, and this one is refused."""
    people.services.messages._receipts.flush_now()
    with pytest.raises(NotFound):
        await people.run(people.by_role["strange"].actor, msgspec.convert(message(people.notes), SendMessage))


def remove_ids(answer: Any) -> str:
    return re.sub(r"[0-9a-f]{32}", "ID", str(answer))
