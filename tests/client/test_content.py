"""What people write survives sealing, and nothing a stranger seals can do harm."""

import pytest

from hearth.client.content import CannotOpen, Text, open_record, seal


@pytest.mark.parametrize("text", ["hi", "नमस्ते\nदुनिया 👋🏽", "a" * 10_000, "\u202eright to left"])
def test_text_survives(text: str) -> None:
    assert open_record(seal(Text(text))).text == text


def test_the_record_is_what_the_web_client_writes() -> None:
    assert seal(Text("hé")) == b'\0{"type":"text","text":"h\xc3\xa9"}'


@pytest.mark.parametrize("text", ["", " \n\t", "a" * 10_001])
def test_an_unfit_text_is_not_sealed(text: str) -> None:
    with pytest.raises(ValueError, match="characters"):
        seal(Text(text))


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"\0",
        b"\1{}",
        b'\0{"type":"poll"}',
        b'\0{"type":"text"}',
        b"\0" + b"[" * 100_000,
        b"\0\xff\xfe",
        b"\0{",
    ],
)
def test_a_hostile_record_is_said_to_be_unreadable(record: bytes) -> None:
    with pytest.raises(CannotOpen):
        open_record(record)
