"""What people compare (section 9.3), the links that they hand each other, and joining by one (9.4)."""

import base64
import binascii
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from hearth.sealed.core import ed25519, labels
from hearth.sealed.core.hashing import ABSENT, hkdf, labelled_hash, sha256
from hearth.sealed.core.reader import u64
from hearth.sealed.core.verdicts import Rejected, Verdict, require

ROUNDS = 5200
QR_PREFIX = "hearth-safety:1:"
FRIEND_LINK = re.compile(r"#friend=([^#]+)\.([A-Za-z0-9_-]{22})")
JOIN_LINK = re.compile(r"#join=([0-9a-f]{32})\.([A-Za-z0-9_-]{43})\.([1-9][0-9]{0,15})\.([A-Za-z0-9_-]{22})")


@dataclass(frozen=True, slots=True)
class Person:
    """Who is compared: server id, user id, identity key."""

    server: bytes
    user: int
    identity_key: bytes

    def pack(self) -> bytes:
        return self.server + u64(self.user) + self.identity_key


def fingerprint(person: Person) -> bytes:
    """Return 16 bytes that name a person's identity key in links."""
    return labelled_hash(labels.FINGERPRINT, person.pack())[:16]


def digits(data: bytes) -> str:
    """Return 30 digits of the first 30 bytes."""
    groups = (int.from_bytes(data[at : at + 5]) % 100_000 for at in range(0, 30, 5))
    return "".join(f"{group:05}" for group in groups)


def safety_half(person: Person) -> bytes:
    """Return h_5200 of a person, 32 bytes."""
    value = labelled_hash(labels.SAFETY_NUMBER, person.pack())
    for _ in range(ROUNDS):
        value = sha256(value + person.identity_key)
    return value


def safety_number(a: Person, b: Person) -> str:
    """Return the 60 digits that two people compare."""
    return "".join(sorted((digits(safety_half(a)), digits(safety_half(b)))))


def show_safety_code(shower: Person, other: Person) -> str:
    """Return the text of the QR code that `shower` shows to `other`."""
    return QR_PREFIX + encode_base64url(safety_half(shower) + safety_half(other))


def is_safety_code(text: str, shower: Person, reader: Person) -> bool:
    """Tell whether a text scanned from the screen of `shower` fits what `reader` knows of both."""
    return text == show_safety_code(shower, reader)


def conversation_code(conversation: bytes, n: int, record_hash: bytes, seq: int, log_hash: bytes) -> str:
    """Return the 30 digits of the newest epoch n, whose log entry is at `seq` with H(seq)."""
    begin = conversation + u64(n) + record_hash + u64(seq) + log_hash
    first = value = labelled_hash(labels.CONVERSATION_CODE, begin)
    for _ in range(ROUNDS):
        value = sha256(value + first)
    return digits(value)


@dataclass(frozen=True, slots=True)
class FriendLink:
    """A link by which a person is met: username (which may hold dots) and fingerprint, 16 bytes."""

    username: str
    fingerprint: bytes

    def show(self) -> str:
        """Return the fragment with its #."""
        return f"#friend={quote(self.username, safe='')}.{encode_base64url(self.fingerprint)}"


@dataclass(frozen=True, slots=True)
class JoinLink:
    """A link into a group: conversation 16, secret 32, who invites, the fingerprint of their key 16 bytes."""

    conversation: bytes
    secret: bytes
    inviter: int
    fingerprint: bytes

    def show(self) -> str:
        """Return the fragment with its #."""
        secret, print_ = encode_base64url(self.secret), encode_base64url(self.fingerprint)
        return f"#join={self.conversation.hex()}.{secret}.{self.inviter}.{print_}"


def read_friend_link(fragment: str) -> FriendLink:
    """Return the link in a fragment with its #; Rejected(malformed)."""
    found = FRIEND_LINK.fullmatch(fragment)
    if found is None:
        raise Rejected(Verdict.MALFORMED, "not a friend link")
    try:
        username = unquote(found[1], errors="strict")
    except UnicodeDecodeError as error:
        raise Rejected(Verdict.MALFORMED, "a username that is not UTF-8") from error
    return FriendLink(username, decode_base64url(found[2]))


def read_join_link(fragment: str) -> JoinLink:
    """Return the link in a fragment with its #; Rejected(malformed)."""
    found = JOIN_LINK.fullmatch(fragment)
    if found is None:
        raise Rejected(Verdict.MALFORMED, "not an invite link")
    inviter = int(found[3])
    u64(inviter)
    return JoinLink(bytes.fromhex(found[1]), decode_base64url(found[2]), inviter, decode_base64url(found[4]))


def link_seed(secret: bytes) -> bytes:
    """Return the Ed25519 seed of an invite link's secret; its public key stands in the settings."""
    return hkdf(secret, ABSENT, labels.LINK)


def link_public_key(secret: bytes) -> bytes:
    """Return the public key of an invite link."""
    return ed25519.public_key(link_seed(secret))


def sign_join(secret: bytes, conversation: bytes, person: Person) -> bytes:
    """Return the join request of a person who has the link, 64 bytes."""
    return ed25519.sign(link_seed(secret), _join_message(conversation, person))


def is_join(public: bytes, conversation: bytes, person: Person, signature: bytes) -> bool:
    """Tell whether a join request was made with the link of this public key, for this group and person."""
    return ed25519.is_valid(public, signature, _join_message(conversation, person))


def _join_message(conversation: bytes, person: Person) -> bytes:
    return labels.JOIN + person.server + conversation + u64(person.user) + person.identity_key


def encode_base64url(data: bytes) -> str:
    """Return RFC 4648 base64url without padding."""
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def decode_base64url(text: str) -> bytes:
    """Return the bytes of unpadded base64url in its only spelling; Rejected(malformed)."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise Rejected(Verdict.MALFORMED, "not base64url") from error
    require(encode_base64url(data) == text, Verdict.MALFORMED, "base64url in another spelling")
    return data
