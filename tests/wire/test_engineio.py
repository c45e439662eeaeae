"""Engine.IO codec: round trips, and garbage that raises nothing but the codec's own error."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearth.wire.engineio import (
    BINARY,
    MESSAGE,
    CodecError,
    decode_packet,
    decode_payload,
    encode_binary,
    encode_close,
    encode_payload,
    encode_text,
)

texts = st.text().filter(lambda text: "\x1e" not in text)


@given(st.lists(texts | st.binary(), min_size=1, max_size=20))
def test_queued_frames_become_a_payload_that_decodes_to_the_same(messages: list[str | bytes]) -> None:
    frames = b"".join(
        encode_text(b"4" + message.encode()) if isinstance(message, str) else encode_binary(message)
        for message in messages
    )
    expected = [
        (MESSAGE, message.encode()) if isinstance(message, str) else (BINARY, message) for message in messages
    ]
    assert decode_payload(encode_payload(frames), 20) == expected


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 130_000])
def test_frames_of_every_length_form_are_split_again(size: int) -> None:
    frames = encode_text(b"4" * size) + encode_binary(b"x" * size) + encode_text(b"2")
    assert encode_payload(frames) == b"\x1e".join((b"4" * size, b"b" + base64.b64encode(b"x" * size), b"2"))


@given(st.binary())
def test_garbage_raises_only_the_codecs_error(data: bytes) -> None:
    for decode in (decode_packet, lambda body: decode_payload(body, 16)):
        try:
            decode(data)
        except CodecError as error:
            assert 1000 <= error.code < 5000


@pytest.mark.parametrize("body", [b"", b"7x", b"b!", b"bAQID BA==", b"4a\x1e", b"\x1e4a", b"bAQ"])
def test_malformed_payloads_are_refused(body: bytes) -> None:
    with pytest.raises(CodecError):
        decode_payload(body, 16)


def test_the_number_of_packets_is_bounded_before_they_are_split() -> None:
    assert len(decode_payload(b"\x1e".join([b"4"] * 16), 16)) == 16
    with pytest.raises(CodecError) as caught:
        decode_payload(b"\x1e".join([b"4"] * 17), 16)
    assert caught.value.code == 1009


@pytest.mark.parametrize("text", [b"4\xff", b"4\xed\xa0\x80", b"4caf\xc3"])
def test_text_that_is_not_utf8_is_refused(text: bytes) -> None:
    with pytest.raises(CodecError) as caught:
        decode_packet(text)
    assert caught.value.code == 1007


@given(st.integers(1000, 4999), st.text())
def test_closing_frames_fit_a_control_frame(code: int, reason: str) -> None:
    frame = encode_close(code, reason)
    assert frame[0] == 0x88
    assert frame[1] == len(frame) - 2 <= 125
    assert int.from_bytes(frame[2:4], "big") == code
    assert reason.startswith(frame[4:].decode())
