"""The message record (section 8.2): sealed under the epoch's key, signed by its device, salt and all."""

from dataclasses import dataclass

from hearth.sealed.core import ed25519, labels
from hearth.sealed.core.box import SALT, make_salt, open_box, seal_box
from hearth.sealed.core.hashing import sha256
from hearth.sealed.core.packed import U8, U16, U64, Hash, Id, Packed, Place, User
from hearth.sealed.core.padding import bucket_of
from hearth.sealed.core.reader import Reader, prefix
from hearth.sealed.core.verdicts import Verdict, require
from hearth.sealed.group.entries import FORMAT, check_form

INNER = 80
SIGNATURE = 64
MOST_PLAINTEXT = 63488
MOST_BODY = MOST_PLAINTEXT - INNER - 4 - SIGNATURE
NO_HASH = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aad(Packed):
    """Everything outside a record that it is bound to, 117 bytes; `epoch_hash` is its epoch's record hash."""

    format: U8 = FORMAT
    suite: U8 = 1
    conversation: Id
    epoch: U64
    epoch_hash: Hash
    user: User
    device: Id
    lane: U8 = 0
    client_id: Id
    counter: U64
    kind: U16
    target_seq: U64

    def check(self) -> None:
        is_known = (self.format, self.suite, self.lane) == (FORMAT, 1, 0)
        require(is_known, Verdict.UNSUPPORTED, "a record of another format, suite or lane")


@dataclass(frozen=True, slots=True)
class Inner(Packed):
    """What the sender says beside the body: when (ms), aimed at which bytes, having seen which place."""

    sent_at: U64
    target_hash: Hash
    seen: Place


@dataclass(frozen=True, slots=True)
class Opened:
    """A record that opened and whose signature is good; `body` is not decoded yet."""

    inner: Inner
    body: bytes
    signature: bytes
    salt: bytes


def signed_message(aad: bytes, salt: bytes, inner: bytes, body: bytes) -> bytes:
    """Return what the device signs."""
    return labels.RECORD + aad + salt + inner + sha256(body)


def seal_record(
    key: bytes, place: Aad, inner: Inner, body: bytes, sign_seed: bytes, salt: bytes | None = None
) -> bytes:
    """Return a record under K; Rejected(malformed) for a body that is too long. Only tests give a salt."""
    require(len(body) <= MOST_BODY, Verdict.MALFORMED, "a body that is too long")
    check_target_hash(place.target_seq, inner.target_hash)
    salt = make_salt() if salt is None else salt
    aad, packed = place.pack(), inner.pack()
    signature = ed25519.sign(sign_seed, signed_message(aad, salt, packed, body))
    content = packed + prefix(body, 4) + signature
    plaintext = content + bytes(bucket_of(len(content)) - len(content))
    return seal_box(key, labels.RECORD_KEY, aad, plaintext, salt)


def open_record(key: bytes, place: Aad, record: bytes, sign_key: bytes) -> Opened:
    """Checks 1 and 5 to 7 of section 8.3, in this order.

    Raises Rejected: malformed, unsupported, cannot_open, bad_padding, bad_signature.
    """
    check_form(record)
    aad = place.pack()
    plaintext = open_box(key, labels.RECORD_KEY, aad, record)
    packed, body, signature = _split(plaintext)
    salt = record[1 : 1 + SALT]
    ed25519.verify(sign_key, signature, signed_message(aad, salt, packed, body))
    return Opened(Inner.unpack(packed), body, signature, salt)


def check_target_hash(target_seq: int, target_hash: bytes) -> None:
    """Check the first half of 8: Rejected(malformed) unless both name a target or both name none."""
    require((target_seq == 0) == (target_hash == NO_HASH), Verdict.MALFORMED, "a target without its hash")


def _split(plaintext: bytes) -> tuple[bytes, bytes, bytes]:
    reader = Reader(plaintext)
    inner = reader.take(INNER)
    length = reader.number(4)
    content = INNER + 4 + length + SIGNATURE
    require(content <= len(plaintext), Verdict.BAD_PADDING, "a body longer than the record")
    body, signature = reader.take(length), reader.take(SIGNATURE)
    require(not any(reader.rest()), Verdict.BAD_PADDING, "padding that is not zeros")
    require(bucket_of(content) == len(plaintext), Verdict.BAD_PADDING, "padded to another bucket")
    return inner, body, signature
