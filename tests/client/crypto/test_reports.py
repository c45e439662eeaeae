"""Reports show who wrote a body, without any key (section 13); payloads tell nothing by their length (14)."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearth.client.crypto.calls import call_base_key, call_kid
from hearth.client.crypto.log.record import Aad
from hearth.client.crypto.push import LENGTH, Push, read_push, write_push
from hearth.client.crypto.reports import Report, check_report
from hearth.sealed.core.hashing import hkdf
from hearth.sealed.core.labels import make_label
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.person.user_state import apply_statement
from tests.client.crypto.cast import SERVER
from tests.client.crypto.room import Room, make_cast


def begin() -> tuple[Room, Report]:
    room = Room(make_cast("alice", "bob", "carol"))
    room.create()
    row = room.send(3, "something bad")
    opened = room.show(room.open(2)).judgements[row.seq].opened
    assert opened is not None
    aad = Aad(
        conversation=room.conversation,
        epoch=row.epoch,
        epoch_hash=room.records[0].hash(),
        user=row.user,
        device=row.device,
        client_id=row.client_id,
        counter=row.counter,
        kind=row.kind,
        target_seq=0,
    )
    record, roster, _ = room.epochs[0]
    return room, Report(
        aad,
        opened.salt,
        opened.inner,
        opened.body,
        opened.signature,
        record,
        roster,
        tuple(room.cast[3].statements),
    )


def refused(act: Callable[[], object], verdict: Verdict) -> None:
    with pytest.raises(Rejected) as caught:
        act()
    assert caught.value.verdict is verdict


def test_a_report_shows_who_wrote_a_body() -> None:
    _, report = begin()
    again = Report.unpack(report.pack())
    assert again == report and check_report(again).username == "carol"


def test_a_report_that_was_made_up_shows_nothing() -> None:
    _, report = begin()
    aad = report.aad
    refused(lambda: check_report(replace(report, body=report.body + b"x")), Verdict.BAD_SIGNATURE)
    refused(lambda: check_report(replace(report, salt=b"x" * 16)), Verdict.BAD_SIGNATURE)
    refused(lambda: check_report(replace(report, aad=replace(aad, counter=9))), Verdict.BAD_SIGNATURE)
    refused(
        lambda: check_report(replace(report, aad=replace(aad, epoch_hash=b"x" * 32))), Verdict.WRONG_PLACE
    )
    refused(lambda: check_report(replace(report, aad=replace(aad, user=9))), Verdict.NOT_LISTED)
    refused(lambda: check_report(replace(report, aad=replace(aad, user=2))), Verdict.WRONG_PLACE)
    refused(lambda: check_report(replace(report, statements=())), Verdict.NOT_LISTED)
    refused(lambda: check_report(replace(report, statements=report.statements[:1])), Verdict.NOT_LISTED)
    twin = make_cast("alice", "bob", "carol")[3]
    twin.statements.pop()
    twin.state = apply_statement(None, SERVER, 3, twin.statements[0])
    twin.set_devices("carol phone")
    refused(lambda: check_report(replace(report, statements=tuple(twin.statements))), Verdict.FORK)
    other = Room(make_cast("alice", "bob"))
    other.create()
    refused(lambda: check_report(replace(report, roster=other.epochs[0][1])), Verdict.BAD_ROSTER)


@settings(max_examples=50, deadline=None)
@given(at=st.integers(min_value=0), garbage=st.binary(max_size=200))
def test_reports_and_payloads_raise_nothing_but_verdicts(at: int, garbage: bytes) -> None:
    packed = REPORT.pack()
    changed = packed[: at % len(packed)] + garbage
    for act in (
        lambda: check_report(Report.unpack(changed)),
        lambda: read_push(garbage.ljust(LENGTH, b"\0")),
        lambda: read_push(garbage),
    ):
        with pytest.raises(Rejected):
            act()


REPORT = begin()[1]


@settings(max_examples=30, deadline=None)
@given(seq=st.integers(min_value=0, max_value=2**53 - 1), length=st.integers(min_value=0, max_value=3000))
def test_a_payload_has_always_one_length(seq: int, length: int) -> None:
    push = Push(b"c" * 16, seq)
    aad = replace(REPORT.aad, conversation=push.conversation)
    payload = write_push(push, aad, bytes(length))
    assert len(payload) == LENGTH
    fits = length <= LENGTH - 2 - 24 - 117 - 2
    assert read_push(payload) == (push, (aad, bytes(length)) if fits else None)
    assert read_push(write_push(push)) == (push, None)


def test_the_key_of_a_call_is_of_one_sender_in_one_epoch() -> None:
    info = make_label("hearth call v1") + (7).to_bytes(8) + b"d" * 16
    assert call_base_key(b"K" * 32, b"c" * 16, 7, b"d" * 16) == hkdf(b"K" * 32, b"c" * 16, info)
    assert call_kid(2**16 + 3, 5) == 3 * 2**16 + 5
    refused(lambda: call_kid(1, 2**16), Verdict.MALFORMED)
