"""Forbidden and absent are one answer: the same bytes for the same number of SQL statements.

The stranger asks for what is alice's and for what never was.
"""

import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

import hearth.messages.append as append_module
import hearth.messages.log as log_module
from hearth.app import HANDLERS
from hearth.contract import Actor
from hearth.conversations.ids import make_direct_id, make_self_id
from hearth.db.bulk import Steps, Syntax
from hearth.friends.contract import RequestFriend
from hearth.wire.dispatch import Dispatcher
from tests.epochs.kit import make_record_of
from tests.epochs.written import begin_epochs
from tests.security.bodies import encode
from tests.stage import Stage, acknowledge

ID_FIELDS = {
    "conversation_id",
    "conversation_ids",
    "conversations",
    "device_id",
    "request_id",
    "user_id",
    "user_ids",
}
"""Fields that name something which may be another's. Usernames are found by anybody (docs/security.md)."""
CONVERSATION: dict[str, dict[str, Any]] = {
    "message.send": {
        "client_id": "0" * 32,
        "counter": 1,
        "record": encode(make_record_of(b"x")),
        "epoch": 1,
    },
    "message.history": {"seq": 0},
    "message.aimed": {"seqs": [1]},
    "message.pins": {},
    "receipt.mark": {"read_seq": 1},
    "typing.start": {},
    "typing.stop": {},
}


OFFERED = {
    "from_user": 1,
    "from_device": "0" * 32,
    "client_id": "0" * 32,
    "counter": 1,
    "record": encode(b"x"),
    "kind": 1,
    "epoch": 1,
}
ANSWER = {"n": 1, "receive_hash": encode(b"h" * 32), "answer": encode(b"a" * 1168)}


class House:
    """Alice and bob are friends; olga asked alice; carol, the stranger, is nobody to them."""

    def __init__(self, stage: Stage, alice: Actor, bob: Actor, carol: Actor, request_id: int) -> None:
        self.stage = stage
        self.carol = carol
        server_id = stage.services.identity.server_id
        self.foreign: dict[str, list[Any]] = {
            "conversation_id": [
                make_direct_id(server_id, alice.user_id, bob.user_id).hex(),
                make_self_id(server_id, alice.user_id).hex(),
            ],
            "device_id": [alice.device_id.hex(), bob.device_id.hex()],
            "request_id": [request_id],
            "user_id": [alice.user_id, bob.user_id],
        }
        self.absent: dict[str, list[Any]] = {
            "conversation_id": [secrets.token_hex(16), "0" * 32, "f" * 32],
            "device_id": [secrets.token_hex(16), "0" * 32],
            "request_id": [request_id + 1, 2**53 - 1],
            "user_id": [secrets.randbelow(2**40) + 1000, 2**53 - 1],
        }
        self.dispatcher = Dispatcher.of(stage.services, HANDLERS, self.report)
        self.planned: list[int] = []

    def report(self, name: str, error: Exception) -> None:
        raise error

    async def ask(self, name: str, fields: dict[str, Any]) -> tuple[bytes, int, list[int]]:
        """Return the answer, how many statements it took and how many the committer ran."""
        self.stage.clear()
        self.planned.clear()
        answer = await acknowledge(self.dispatcher, self.carol, name, msgspec.json.encode(fields))
        self.stage.services.messages._receipts.flush_now()
        return answer, self.stage.queries, list(self.planned)


@pytest.fixture
async def house(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> House:
    alice, bob, olga, carol = [await stage.user(name) for name in ("alice", "bobby", "olga", "carol")]
    await stage.run(alice, RequestFriend(username="bobby"))
    await stage.run(bob, RequestFriend(username="alice"))
    outcome = await stage.run(olga, RequestFriend(username="alice"))
    await begin_epochs(stage.services)
    await stage.services.presence.stop()  # it has statements of its own, now and then
    house = House(stage, alice, bob, carol, outcome.request.id)

    def counting(items: Sequence[Any], syntax: Syntax, *rest: Any) -> Steps[list[Any]]:
        steps = append_module.append(items, syntax, *rest)
        count = 0
        try:
            statement = next(steps)
            while True:
                count += 1
                statement = steps.send((yield statement))
        except StopIteration as stop:
            house.planned.append(count)
            outcomes: list[Any] = stop.value
            return outcomes

    monkeypatch.setattr(log_module, "append", counting)
    return house


QUESTIONS: list[tuple[str, str, dict[str, Any]]] = [
    *((name, "conversation_id", rest) for name, rest in CONVERSATION.items()),
    ("friend.accept", "request_id", {}),
    ("friend.decline", "request_id", {}),
    ("friend.cancel", "request_id", {}),
    ("friend.remove", "user_id", {}),
    ("friend.unblock", "user_id", {}),
    ("chain.read", "user_id", {}),
    ("chain.receive", "user_id", {}),
    ("epoch.list", "conversation_id", {}),
    ("epoch.history", "conversation_id", {"n": 1}),
    ("message.offer", "conversation_id", {"entries": [OFFERED]}),
    ("rewrap.answer", "conversation_id", {"user_id": 1, **ANSWER}),
    ("rewrap.answer", "user_id", {"conversation_id": "0" * 32, **ANSWER}),
    ("device.rename", "device_id", {"name": "The old phone"}),
    ("device.revoke", "device_id", {"auth_key": encode(b"carol".ljust(32, b"\0"))}),
    *((f"admin.{act}", "user_id", {}) for act in ("disable", "enable")),
    ("admin.reset_sign_in", "user_id", {"auth_key": encode(b"carol".ljust(32, b"\0"))}),
]


def test_every_command_that_names_something_is_asked() -> None:
    naming = {
        (name, field)
        for name, handler in HANDLERS.items()
        for field in handler.command.__struct_fields__
        if field in ID_FIELDS
    }
    asked = {(name, field) for name, field, _ in QUESTIONS}
    lists = {
        ("inbox.get", "conversations"),
        ("message.states", "conversations"),
        ("sync.open", "conversations"),
        ("chain.heads", "user_ids"),
        ("epoch.heads", "conversation_ids"),
    }
    assert naming - asked == lists


@pytest.mark.parametrize(("name", "field", "rest"), QUESTIONS, ids=[name for name, _, _ in QUESTIONS])
async def test_A01_forbidden_is_answered_like_absent(
    house: House, name: str, field: str, rest: dict[str, Any]
) -> None:
    answers = [
        await house.ask(name, {field: value, **rest})
        for value in (*house.foreign[field], *house.absent[field], *house.foreign[field])
    ]
    assert answers == [answers[0]] * len(answers)
    assert answers[0][0].startswith(b'[{"error"') or name == "receipt.mark"


async def test_A24_one_foreign_id_among_good_ones_is_left_out(house: House) -> None:
    own = make_self_id(house.stage.services.identity.server_id, house.carol.user_id).hex()
    answers = []
    for value in (*house.foreign["conversation_id"], *house.absent["conversation_id"]):
        answers.append(await house.ask("inbox.get", {"conversations": [value, own]}))
    assert answers == [answers[0]] * len(answers)
    assert [item["conversation"]["id"] for item in msgspec.json.decode(answers[0][0])[0]["ok"]["items"]] == [
        own
    ]
