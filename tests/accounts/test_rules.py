"""Verifiers, costs and invented parameters."""

import base64
import hashlib

import pytest

from hearth.accounts.contract import KdfParameters
from hearth.accounts.rules import (
    InviteNeeded,
    RegistrationClosed,
    hash_token,
    is_right_key,
    make_fake_kdf,
    make_token,
    make_verifier,
    require_costly,
    require_invite,
)
from hearth.errors import InvalidInput


def test_a_verifier_is_the_tagged_hash_of_the_key_and_fits_its_column() -> None:
    verifier = make_verifier(b"k" * 32)
    assert verifier == "v1$" + base64.b64encode(hashlib.sha256(b"k" * 32).digest()).decode()
    assert len(verifier) <= 255


def test_only_the_right_key_is_right() -> None:
    verifier = make_verifier(b"k" * 32)
    assert is_right_key(b"k" * 32, verifier)
    assert not is_right_key(b"K" * 32, verifier)
    assert not is_right_key(b"", verifier)
    for absent in (None, ""):
        assert not is_right_key(b"k" * 32, absent)
    assert not is_right_key(b"k" * 32, verifier.replace("v1", "v0"))


@pytest.mark.parametrize(("memory", "iterations"), [(65535, 3), (65536, 2), (8, 1)])
def test_cheap_parameters_are_refused_but_by_a_test_server(memory: int, iterations: int) -> None:
    kdf = KdfParameters(salt=bytes(16), memory=memory, iterations=iterations, parallelism=1)
    with pytest.raises(InvalidInput):
        require_costly(kdf, insecure_test_kdf=False)
    require_costly(kdf, insecure_test_kdf=True)


def test_the_floor_itself_is_enough() -> None:
    kdf = KdfParameters(salt=bytes(16), memory=65536, iterations=3, parallelism=1)
    require_costly(kdf, insecure_test_kdf=False)


def test_invented_parameters_are_stable_and_differ_by_name_and_server() -> None:
    one = make_fake_kdf(b"s" * 32, "alice")
    assert one == make_fake_kdf(b"s" * 32, "alice")
    assert one.salt != make_fake_kdf(b"s" * 32, "bob").salt
    assert one.salt != make_fake_kdf(b"t" * 32, "alice").salt
    assert len(one.salt) == 16
    require_costly(one, insecure_test_kdf=False)


def test_modes_of_registration() -> None:
    require_invite("open", None)
    require_invite("invite", "token")
    require_invite("closed", "token")
    with pytest.raises(InviteNeeded):
        require_invite("invite", None)
    with pytest.raises(RegistrationClosed):
        require_invite("closed", None)


def test_tokens_are_long_different_and_hashed_whatever_they_are() -> None:
    assert len({make_token() for _ in range(100)}) == 100
    assert len(base64.urlsafe_b64decode(make_token() + "=")) == 32
    assert len(hash_token("\ud800")) == len(hash_token("")) == 32
