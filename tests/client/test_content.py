"""What people write survives sealing, and nothing a stranger seals can do harm."""

import pytest

from hearth.client.content import CannotOpen, keep, open_record, read_kept


@pytest.mark.parametrize("text", ["hi", "नमस्ते\nदुनिया 👋🏽", "a" * 10_000, "\u202eright to left"])
def test_text_survives(text: str) -> None:
    kept = keep({"type": "text", "text": text})
    assert open_record(kept).text == text
    assert read_kept(kept) == {"type": "text", "text": text}


def test_the_record_is_what_the_web_client_wrote() -> None:
    assert keep({"type": "text", "text": "hé"}) == b'\0{"type":"text","text":"h\xc3\xa9"}'


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
