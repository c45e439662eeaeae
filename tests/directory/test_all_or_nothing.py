"""Whatever part of a request is wrong, no part of it is taken."""

import secrets
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from hearth.vault.contract import GenerationWrap
from hearth.vault.rules import NotAccepted
from tests.directory.conftest import MakeHome
from tests.directory.kit import make_way
from tests.directory.refusals import change, flip, refuses

Tamper = Callable[[Any], Any]


def other_vault(command: Any) -> Any:
    vault = msgspec.structs.replace(command.change.vault, sealed=flip(command.change.vault.sealed))
    return change(command, vault=vault)


def fewer_wraps(command: Any) -> Any:
    generation = command.change.generation
    return change(command, generation=msgspec.structs.replace(generation, wraps=generation.wraps[1:]))


def foreign_wrap(command: Any) -> Any:
    generation = command.change.generation
    wraps = [*generation.wraps, GenerationWrap(recipient=secrets.token_hex(16), wrap=bytes(1168))]
    return change(command, generation=msgspec.structs.replace(generation, wraps=wraps))


def doubled_wrap(command: Any) -> Any:
    generation = command.change.generation
    wraps = [generation.wraps[0], *generation.wraps]
    return change(command, generation=msgspec.structs.replace(generation, wraps=wraps))


def other_receive_key(command: Any) -> Any:
    receive = command.change.receive
    return change(command, receive=msgspec.structs.replace(receive, public_key=flip(receive.public_key)))


def unsigned_receive(command: Any) -> Any:
    receive = command.change.receive
    return change(command, receive=msgspec.structs.replace(receive, statement=flip(receive.statement)))


def unsigned_generation(command: Any) -> Any:
    generation = command.change.generation
    return change(
        command, generation=msgspec.structs.replace(generation, statement=flip(generation.statement))
    )


def no_profile(command: Any) -> Any:
    return change(command, statements=command.change.statements[:3])


def unsigned_statement(command: Any) -> Any:
    first, *rest = command.change.statements
    return change(command, statements=[flip(first), *rest])


def no_device_key(command: Any) -> Any:
    return change(command, device_keys=[])


def other_device_key(command: Any) -> Any:
    vault, key = command.change.device_keys
    return change(command, device_keys=[vault, msgspec.structs.replace(key, public_key=flip(key.public_key))])


def no_vault_key(command: Any) -> Any:
    return change(command, device_keys=command.change.device_keys[1:])


def other_vault_key(command: Any) -> Any:
    vault, key = command.change.device_keys
    return change(
        command, device_keys=[msgspec.structs.replace(vault, public_key=flip(vault.public_key)), key]
    )


def two_rows_of_one_id(command: Any) -> Any:
    [row] = command.change.rows
    return change(command, rows=[row, msgspec.structs.replace(row, sealed=flip(row.sealed))])


def row_of_no_generation(command: Any) -> Any:
    [row] = command.change.rows
    return change(command, rows=[msgspec.structs.replace(row, g=2, kind=1, id=bytes(24))])


def row_with_a_wrong_id(command: Any) -> Any:
    [row] = command.change.rows
    return change(command, rows=[msgspec.structs.replace(row, id=bytes(9))])


def way_without_a_proof(command: Any) -> Any:
    vault = msgspec.structs.replace(command.change.vault, ways=[make_way(None)])
    return change(command, vault=vault)


@pytest.mark.parametrize(
    ("tamper", "verdict"),
    [
        (other_vault, "not_allowed"),
        (fewer_wraps, "malformed"),
        (foreign_wrap, "malformed"),
        (doubled_wrap, "malformed"),
        (other_receive_key, "bad_key"),
        (unsigned_receive, "bad_signature"),
        (unsigned_generation, "bad_signature"),
        (unsigned_statement, "bad_signature"),
        (no_profile, "not_allowed"),
        (no_device_key, "malformed"),
        (other_device_key, "bad_key"),
        (no_vault_key, "malformed"),
        (other_vault_key, "bad_key"),
        (two_rows_of_one_id, "malformed"),
        (row_of_no_generation, "not_allowed"),
        (row_with_a_wrong_id, "malformed"),
        (way_without_a_proof, "malformed"),
    ],
)
async def test_all_or_nothing(make_home: MakeHome, tamper: Tamper, verdict: str) -> None:
    """Whatever part of a set-up is wrong, no part of it is taken; the right one still is."""
    alice = await make_home("alice")
    command = alice.owner.set_up(alice.id)
    await refuses(alice, tamper(command), NotAccepted, verdict)
    assert (await alice.run(command)).n == 4
