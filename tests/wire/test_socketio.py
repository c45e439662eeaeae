"""Socket.IO codec: round trips, bounds before allocation, garbage that raises only the codec's error."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearth.wire.engineio import BINARY, CodecError, decode_payload, encode_payload
from hearth.wire.socketio import (
    ACK,
    BINARY_ACK,
    BINARY_EVENT,
    CONNECT,
    DISCONNECT,
    EVENT,
    Decoder,
    Packet,
    decode_arguments,
    encode_arguments,
    encode_event,
    encode_packet,
)

namespaces = st.sampled_from(["/", "/custom", "/a-b.c"])
ids = st.integers(0, 10**15 - 1)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
values_with_bytes: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.text() | st.binary(max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=9,
)


@st.composite
def packets(draw: st.DrawFn) -> Packet:
    namespace = draw(namespaces)
    arguments = draw(st.lists(values_with_bytes, max_size=3))
    kind = draw(st.sampled_from([CONNECT, DISCONNECT, EVENT, ACK]))
    if kind == CONNECT:
        auth = draw(
            st.just(b"") | st.dictionaries(st.text(), json_values, max_size=3).map(msgspec.json.encode)
        )
        return Packet(CONNECT, namespace, None, auth)
    if kind == DISCONNECT:
        return Packet(DISCONNECT, namespace)
    if kind == EVENT:
        arguments = [draw(st.text()), *arguments]
    payload, attachments = encode_arguments(arguments)
    number = draw(ids) if kind == ACK else draw(st.none() | ids)
    if attachments:
        kind = BINARY_EVENT if kind == EVENT else BINARY_ACK
    return Packet(kind, namespace, number, payload, attachments)


def decode(frames: bytes) -> list[Packet]:
    """What the decoder makes of encoded frames, by way of a polling payload (minus Engine.IO's own type)."""
    decoder = Decoder(1 << 20)
    fed = [
        decoder.feed_binary(content) if kind == BINARY else decoder.feed_text(content)
        for kind, content in decode_payload(encode_payload(frames), 1000)
    ]
    return [packet for packet in fed if packet is not None]


@given(st.lists(packets(), min_size=1, max_size=4))
def test_packets_come_back_as_they_went(several: list[Packet]) -> None:
    assert decode(b"".join(map(encode_packet, several))) == several


@given(st.lists(values_with_bytes, max_size=5))
def test_arguments_come_back_with_their_bytes(arguments: list[Any]) -> None:
    payload, attachments = encode_arguments(arguments)
    assert decode_arguments(Packet(BINARY_EVENT, "/", None, payload, attachments)) == arguments


@given(st.text(), json_values)
def test_an_event_is_the_array_of_its_name_and_arguments(name: str, value: Any) -> None:
    [packet] = decode(encode_event(name, msgspec.json.encode(value)))
    assert msgspec.json.decode(packet.payload) == [name, value]


structured = st.from_regex(
    rb"[0-6]([0-9]{1,12}-)?(/[a-z]{0,70},?)?[0-9]{0,20}[\[\]{}\"a-z0-9,:]{0,20}", fullmatch=True
)


@given(
    st.lists(
        st.binary() | structured | st.binary().map(lambda b: b'51-["x",{"_placeholder":true,"num":0}]'),
        max_size=5,
    )
)
def test_garbage_raises_only_the_codecs_error(messages: list[bytes]) -> None:
    decoder = Decoder(1000)
    for position, message in enumerate(messages):
        try:
            packet = decoder.feed_binary(message) if position % 2 else decoder.feed_text(message)
            if packet is not None and packet.kind not in (CONNECT, DISCONNECT):
                decode_arguments(packet)
        except CodecError:
            return


@pytest.mark.parametrize(
    "text",
    [
        b'59999999999-["x"]',
        b'511-["x"]',
        b'599-["x"]',
        b'5["x"]',
        b'5-["x"]',
        b'21-["x"]',
        b'29999999999999999["x"]',
        b"2[]",
        b"2{}",
        b'2"x"',
        b"2[1]",
        b'2["x"',
        b"2",
        b"3[1]",
        b"3",
        b"0[1]",
        b'05{"a":1}',
        b"1x",
        b'7["x"]',
        b"",
        b"0/" + b"x" * 65,
        b'2\xd9\xa1["x"]',
    ],
)
def test_malformed_packets_are_refused(text: bytes) -> None:
    with pytest.raises(CodecError):
        Decoder(1000).feed_text(text)


def test_attachments_are_bounded_together() -> None:
    decoder = Decoder(10)
    assert decoder.feed_text(b'52-["x"]') is None
    assert decoder.feed_binary(b"123456") is None
    with pytest.raises(CodecError) as caught:
        decoder.feed_binary(b"12345")
    assert caught.value.code == 1009


def test_text_between_attachments_and_attachments_out_of_nowhere_are_refused() -> None:
    decoder = Decoder(10)
    with pytest.raises(CodecError):
        decoder.feed_binary(b"x")
    decoder.feed_text(b'51-["x"]')
    with pytest.raises(CodecError):
        decoder.feed_text(b'2["y"]')


def test_no_attachments_announced_is_complete_at_once() -> None:
    assert Decoder(10).feed_text(b'50-["x"]') == Packet(BINARY_EVENT, "/", None, b'["x"]')


@pytest.mark.parametrize("number", [b"1", b"-1", b"true", b'"0"', b"null", b"0.5", b"1e3"])
def test_a_placeholder_without_its_attachment_is_refused(number: bytes) -> None:
    payload = b'["x",{"_placeholder":true,"num":' + number + b"}]"
    with pytest.raises(CodecError):
        decode_arguments(Packet(BINARY_EVENT, "/", None, payload, (b"a",)))


@pytest.mark.parametrize(
    "payload", [b"[" * 100_000 + b"]" * 100_000, b'["\xff"]', b'["x",]', b'["x"]]', b'["\\ud800"]']
)
def test_broken_json_raises_the_codecs_error(payload: bytes) -> None:
    with pytest.raises(CodecError):
        decode_arguments(Packet(EVENT, "/", None, payload))
