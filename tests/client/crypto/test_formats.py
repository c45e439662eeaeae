"""Every format has exactly one encoding; whatever else comes is refused with a verdict (section 1.4)."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearth.sealed.core.packed import Packed
from hearth.sealed.core.statements import Statement
from hearth.sealed.core.verdicts import Rejected, Verdict
from tests.client.crypto.strategies import FORMATS, STATEMENTS, signed_bytes, values_of

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
every_format = pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.__name__)
every_statement = pytest.mark.parametrize("kind", STATEMENTS, ids=lambda kind: kind.__name__)


@every_format
@quick
@given(data=st.data())
def test_what_is_written_is_read(kind: type[Packed], data: st.DataObject) -> None:
    value = data.draw(values_of(kind))
    written = value.pack()
    assert kind.unpack(written) == value
    for wrong in (written + b"\0", written[:-1]):
        if written:
            with pytest.raises(Rejected):
                kind.unpack(wrong)


@every_format
@quick
@given(data=st.data())
def test_a_changed_byte_is_refused_or_another_value_with_one_encoding(
    kind: type[Packed], data: st.DataObject
) -> None:
    written = data.draw(values_of(kind)).pack()
    changed = data.draw(change(written))
    assert is_canonical(kind, changed)


@every_format
@quick
@given(garbage=st.binary(max_size=300))
def test_garbage_is_refused_with_a_verdict(kind: type[Packed], garbage: bytes) -> None:
    assert is_canonical(kind, garbage)


@every_statement
@quick
@given(data=st.data())
def test_a_signed_statement_is_read_and_a_changed_one_never_verifies(
    kind: type[Statement], data: st.DataObject
) -> None:
    public, whole, value = data.draw(signed_bytes(kind))
    signed = kind.open(whole)
    signed.verify(public)
    assert (signed.body, signed.hash) == (value, value.hash())
    changed = data.draw(change(whole))
    if changed != whole:
        with pytest.raises(Rejected):
            kind.open(changed).verify(public)


@every_statement
def test_length_then_version_then_suite_are_judged_before_anything_else(kind: type[Statement]) -> None:
    for beginning, verdict in (
        (b"", Verdict.MALFORMED),
        (b"\1", Verdict.MALFORMED),
        (b"\2", Verdict.UNSUPPORTED),
        (b"\1\2", Verdict.UNSUPPORTED),
        (b"\1\2" + bytes(10_000), Verdict.UNSUPPORTED),
        (b"\2" + bytes(100_000), Verdict.MALFORMED),
        (b"\1\1" + bytes(100_000), Verdict.MALFORMED),
    ):
        with pytest.raises(Rejected) as caught:
            kind.open(beginning)
        assert caught.value.verdict is verdict


def change(written: bytes) -> st.SearchStrategy[bytes]:
    """Return the bytes with one of them changed."""
    if not written:
        return st.just(b"")
    return st.builds(
        lambda at, mask: written[:at] + bytes([written[at] ^ mask]) + written[at + 1 :],
        st.integers(min_value=0, max_value=len(written) - 1),
        st.integers(min_value=1, max_value=255),
    )


def is_canonical(kind: Any, written: bytes) -> bool:
    try:
        value = kind.unpack(written)
    except Rejected:
        return True
    packed: bytes = value.pack()
    return packed == written
