"""Who wrote what is the session's word, and stays so; and no way leads past the password."""

import base64
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from hearth.accounts.contract import ChangePassword, DeleteAccount, RevokeDevice, RevokeOtherDevices
from hearth.contract import Actor
from hearth.conversations.ids import make_direct_id
from hearth.errors import HearthError, WrongPassword
from hearth.friends.contract import RequestFriend
from hearth.messages.contract import SendMessage
from hearth.messages.tables import MESSAGE
from tests.epochs.kit import make_record_of
from tests.epochs.written import begin_epochs
from tests.stage import KDF, Stage

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def pair(stage: Stage) -> tuple[Actor, Actor, str]:
    alice, bob = await stage.user("alice"), await stage.user("bobby")
    await stage.run(alice, RequestFriend(username="bobby"))
    await stage.run(bob, RequestFriend(username="alice"))
    key = make_direct_id(stage.services.identity.server_id, alice.user_id, bob.user_id).hex()
    await begin_epochs(stage.services, bytes.fromhex(key))
    return alice, bob, key


async def rows(stage: Stage) -> list[tuple[Any, ...]]:
    async with stage.services.database.transaction("read") as transaction:
        return [tuple(row) for row in await transaction.execute(select(MESSAGE).order_by(MESSAGE.c.seq))]


async def test_A03_another_authors_message_is_not_changed_by_anything(
    stage: Stage, pair: tuple[Actor, Actor, str]
) -> None:
    """Not by its client_id, not by pointing at it, not by an entry of another kind: the log only grows."""
    alice, bob, key = pair
    mine, theirs, new = (make_record_of(text) for text in (b"mine", b"theirs", b"new"))
    first = SendMessage(conversation_id=key, client_id="a" * 32, counter=1, record=mine, epoch=1)
    await stage.run(alice, first)
    before = await rows(stage)
    for counter, kind, target in ((1, 1, 0), (2, 1, 1), (3, 2, 1), (4, 3, 1)):
        forged = SendMessage(
            conversation_id=key,
            client_id="a" * 32 if counter == 1 else f"{counter:032x}",
            counter=counter,
            record=theirs,
            kind=kind,  # type: ignore[arg-type]  # one of those there are
            epoch=1,
            target_seq=target,
        )
        await stage.run(bob, forged)
    after = await rows(stage)
    assert after[: len(before)] == before and len(after) == len(before) + 4
    with pytest.raises(HearthError, match="stands for another record"):
        await stage.run(alice, msgspec.structs.replace(first, record=new))


async def test_A16_the_sender_is_who_is_signed_in(stage: Stage, pair: tuple[Actor, Actor, str]) -> None:
    """Fields for it do not exist (test_fields.py); what members are told names session and device."""
    alice, bob, key = pair
    record = base64.b64encode(make_record_of(b"mine")).decode()
    fields = {"conversation_id": key, "client_id": "b" * 32, "counter": 1, "record": record, "epoch": 1}
    for forged in ("from_user", "from_device", "sender_id", "forwarded_from", "seq", "timestamp", "log_hash"):
        with pytest.raises(msgspec.ValidationError, match="unknown field"):
            msgspec.convert({**fields, forged: alice.user_id}, SendMessage)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**fields, "kind": 16}, SendMessage)
    stage.clear()
    await stage.run(bob, msgspec.convert(fields, SendMessage))
    entries = [payload["entry"] for _, name, payload in stage.bus.sent if name == "message.sent"]
    assert [(entry["from_user"], entry["from_device"]) for entry in entries] == [
        (bob.user_id, bob.device_id.hex())
    ]


@pytest.mark.parametrize("guess", [bytes(32), b"alice".ljust(32, b"\1"), b"ALICE".ljust(32, b"\0")])
async def test_S07_S19_a_wrong_password_opens_nothing(stage: Stage, guess: bytes) -> None:
    """What cannot be taken back asks for it again; the ways in are in tests/accounts/test_sign_in.py."""
    alice = await stage.user("alice")
    with pytest.raises(WrongPassword):
        await stage.run(alice, DeleteAccount(auth_key=guess))
    with pytest.raises(WrongPassword):
        await stage.run(alice, ChangePassword(old_auth_key=guess, auth_key=guess, kdf=KDF))
    with pytest.raises(WrongPassword):
        await stage.run(alice, RevokeDevice(device_id="0" * 32, auth_key=guess))
    with pytest.raises(WrongPassword):
        await stage.run(alice, RevokeOtherDevices(auth_key=guess))
    assert stage.published == []


def test_S07_a_forgotten_await_is_an_error() -> None:
    """A check that is never awaited lets everybody in: types, lint and tests all refuse it."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert "unused-awaitable" in tools["mypy"]["enable_error_code"] and tools["mypy"]["strict"]
    assert "truthy-bool" in tools["mypy"]["enable_error_code"], "`if check():` of a coroutine"
    assert tools["pytest"]["ini_options"]["filterwarnings"][0] == "error"
    assert {"ASYNC", "S"} <= set(tools["ruff"]["lint"]["select"])
