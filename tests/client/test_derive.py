"""Keys from passwords: the same as in the web client, and never from a derivation that is too weak."""

import json
from pathlib import Path
from typing import Any

import pytest

from hearth.accounts.contract import KdfParameters
from hearth.client.derive import WeakKdf, check_new_password, choose_parameters, derive_keys
from hearth.errors import InvalidInput

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "derive.json").read_text())["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_both_implementations_derive_the_same(vector: dict[str, Any]) -> None:
    parameters = KdfParameters(
        salt=bytes.fromhex(vector["salt"]),
        memory=vector["memory"],
        iterations=vector["iterations"],
        parallelism=vector["parallelism"],
    )
    keys = derive_keys(vector["password"], parameters, insecure_test_kdf=True)
    assert (keys.auth_key.hex(), keys.kek.hex()) == (vector["auth_key"], vector["kek"])


@pytest.mark.parametrize(("memory", "iterations"), [(64 * 1024 - 1, 3), (64 * 1024, 2), (8, 1)])
def test_a_weak_derivation_is_refused(memory: int, iterations: int) -> None:
    parameters = KdfParameters(salt=b"s" * 16, memory=memory, iterations=iterations, parallelism=1)
    with pytest.raises(WeakKdf):
        derive_keys("correct horse battery", parameters)


@pytest.mark.parametrize(("memory", "iterations"), [(1024 * 1024 + 1, 3), (64 * 1024, 21)])
def test_a_derivation_that_would_stop_the_device_is_refused(memory: int, iterations: int) -> None:
    parameters = KdfParameters(salt=b"s" * 16, memory=memory, iterations=iterations, parallelism=1)
    with pytest.raises(WeakKdf):
        derive_keys("correct horse battery", parameters, insecure_test_kdf=True)


def test_a_new_derivation_is_strong_and_has_its_own_salt() -> None:
    first, second = choose_parameters(), choose_parameters()
    assert (first.memory, first.iterations) == (65536, 3)
    assert first.salt != second.salt


@pytest.mark.parametrize("password", ["", "nine char", "नमस्तेदुन", "bell\a in the password"])
def test_a_short_or_untypable_password_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput):
        check_new_password(password)


def test_ten_characters_in_any_script_are_enough() -> None:
    check_new_password("ગુજરાતી પાસવર્ડ")
    check_new_password("x" * 10)


def test_a_giant_password_is_refused_before_it_costs_anything() -> None:
    with pytest.raises(InvalidInput):
        derive_keys("é" * 600, choose_parameters())
