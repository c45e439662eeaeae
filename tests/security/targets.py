"""What strangers' bytes reach first. Each target takes any bytes; when it raises, an invariant is broken.

Run for long by scripts/fuzz (atheris finds its way by coverage), for a moment by test_fuzz.py (hypothesis).
"""

import json
from collections.abc import Callable

import msgspec

from hearth.accounts.pictures import KINDS, MAX_BYTES, require_picture
from hearth.accounts.texts import clean_about, clean_display_name
from hearth.accounts.usernames import require_username, to_normal_form, username_key
from hearth.app import HANDLERS
from hearth.errors import HearthError
from hearth.wire.addresses import find_client_address, is_loopback_host, is_own_origin, network_of
from hearth.wire.dispatch import decode
from hearth.wire.engineio import CodecError, decode_packet, decode_payload
from hearth.wire.gateway import CONNECT_DECODER, read_cookie, read_event
from hearth.wire.handshake import read_headers, read_query
from hearth.wire.http import find_token
from hearth.wire.socketio import Decoder, decode_arguments, encode_packet
from tests.properties.world import make_png
from tests.security import formats, meanings
from tests.security.statements import BODIES, SIGNED, judge_statement

MAX_PAYLOAD = 128 * 1024
DECODERS = [msgspec.json.Decoder(handler.command) for handler in HANDLERS.values()]


def decode_engineio(data: bytes) -> None:
    try:
        kind, content = decode_packet(data)
        assert bytes((kind,)) + content == data
        packets = decode_payload(data, 16)
        assert len(packets) <= 16
    except CodecError:
        pass


def decode_socketio(data: bytes) -> None:
    """A connection's messages, one after the other: texts, and bytes behind a leading zero."""
    decoder = Decoder(MAX_PAYLOAD)
    for message in data.split(b"\x1e"):
        try:
            if message[:1] == b"\0":
                packet = decoder.feed_binary(message[1:])
            else:
                packet = decoder.feed_text(message)
            if packet is not None:
                assert len(packet.attachments) <= 10
                encode_packet(packet)
                decode_arguments(packet)
        except CodecError:
            return


def decode_event(data: bytes) -> None:
    """An event's array down to the struct of its command."""
    try:
        CONNECT_DECODER.decode(data)
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        name, raw = read_event(data)
        assert isinstance(name, str)
    except HearthError:
        raw = data
    for decoder in DECODERS if len(data) < 300 else DECODERS[:3]:
        try:
            command = decode(decoder, raw)
        except HearthError as error:
            msgspec.json.encode(error.to_problem())
            continue
        again = msgspec.json.encode(command)
        assert decode(decoder, again) == command, "what was taken in is what is handed on"


def read_request(data: bytes) -> None:
    """What of a request's head is read by us."""
    text = data.decode("latin-1")
    query = read_query(text)
    assert len(query) <= 16
    headers = read_headers([("Origin", text), ("origin", text), ("COOKIE", text)])
    assert read_cookie(headers["cookie"], "hearth") is None or "hearth" in text
    find_token(text, None)
    assert not is_own_origin(headers["origin"], url=None, scheme="http", host="localhost:8000")
    is_loopback_host(text)
    network_of(find_client_address("127.0.0.1", text, ()))


def clean_text(data: bytes) -> None:
    text = data.decode("utf-8", "surrogatepass") if is_text(data) else data.decode("latin-1")
    assert username_key(text[:64]) == username_key(text[:64])
    try:
        username = require_username(text)
        assert to_normal_form(username) == username, "a stored name may be longer than a typed one"
    except HearthError:
        pass
    for clean in (clean_about, lambda name: clean_display_name(name, fallback="x")):
        try:
            cleaned = clean(text)
        except HearthError:
            continue
        assert clean(cleaned) == cleaned, "cleaning settles at once"
        json.dumps(cleaned).encode()


def is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def judge_picture(data: bytes) -> None:
    for kind in KINDS:
        try:
            require_picture(kind, data)
            assert len(data) <= MAX_BYTES
        except HearthError:
            pass


TARGETS: dict[str, Callable[[bytes], None]] = {
    "engineio": decode_engineio,
    "socketio": decode_socketio,
    "event": decode_event,
    "request": read_request,
    "text": clean_text,
    "picture": judge_picture,
    "statement": judge_statement,
    "format": formats.read_format,
    "typed": formats.read_text,
    "parcel": formats.read_parcel,
    "operation": formats.run_edited,
    "meaning": meanings.apply_bodies,
    "private": meanings.keep_row,
}
SEEDS: dict[str, list[bytes]] = {
    "engineio": [b"4hello", b"2probe", b"4a\x1e4b", b"bAQI=", "4\u00fc".encode()],
    "socketio": [
        b'2["a",{}]',
        b'0{"sid":"x"}',
        b'51-["a",{"_placeholder":true,"num":0}]\x1e\0bytes',
        b"43[]",
        b"2/n,7[1]",
    ],
    "event": [
        b'["message.send",{"conversation_id":"00000000000000000000000000000000","client_id":'
        b'"00000000000000000000000000000000","counter":1,"record":"AA=="}]',
        b'{"username":"alice"}',
        b'{"request_id":1}',
        b'{"contract":1}',
        b'{"display_name":"x","about":null}',
    ],
    "request": [b"EIO=4&transport=polling&sid=x", b"a=1; hearth=x", b"Bearer x", b"http://localhost:8000"],
    "text": [
        name.encode() for name in ("alice", "m\u00e4rrie", "\u0430dmin", "a\u200bb", "\u202eevil", "e\u0301")
    ],
    "picture": [
        make_png(b"red"),
        b"RIFF\x1a\0\0\0WEBPVP8L\r\0\0\0/\0\0\0\0",
        b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    ],
    "statement": [*BODIES, *SIGNED],
    "format": formats.FORMAT_SEEDS,
    "typed": formats.TEXT_SEEDS,
    "parcel": formats.PARCEL_SEEDS,
    "operation": formats.VECTOR_SEEDS,
    "meaning": meanings.BODY_SEEDS,
    "private": meanings.ROW_SEEDS,
}
