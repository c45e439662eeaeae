"""Signed statements (section 1.4): version, suite, fields, extensions, signature (which no hash covers)."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Generic, Self, TypeVar

from hearth.sealed.core import ed25519
from hearth.sealed.core.hashing import labelled_hash
from hearth.sealed.core.packed import U16, Flag, Listed, Nested, Packed, Prefixed
from hearth.sealed.core.reader import Reader
from hearth.sealed.core.verdicts import Verdict, require

HEADER = b"\x01\x01"  # version 1, suite 1
SIGNATURE = 64
MOST_EXTENSIONS = 4096


@dataclass(frozen=True, slots=True)
class Extension(Packed):
    """What a later version may add: an id, whether one must understand it, bytes."""

    id: U16
    critical: Annotated[bool, Flag()]
    data: Annotated[bytes, Prefixed(2)]


class ExtensionList:
    """A count of one byte, then extensions by ascending id, at most 4,096 bytes in all.

    A list with one that is critical and not among `known` ends the reading as `unsupported`.
    """

    def __init__(self, *known: int) -> None:
        self.known = known

    inner = Listed(Nested(Extension), size=1, most=255, key=lambda extension: extension.id)

    def read(self, reader: Reader) -> tuple[Extension, ...]:
        begin = reader.position
        found = self.inner.read(reader)
        require(reader.position - begin <= MOST_EXTENSIONS, Verdict.MALFORMED, "extensions are too long")
        strange = [
            extension.id for extension in found if extension.critical and extension.id not in self.known
        ]
        require(not strange, Verdict.UNSUPPORTED, f"critical extensions {strange}")
        return found

    def write(self, value: tuple[Extension, ...]) -> bytes:
        written = self.inner.write(value)
        require(len(written) <= MOST_EXTENSIONS, Verdict.MALFORMED, "extensions are too long")
        return written


Extensions = Annotated[tuple[Extension, ...], ExtensionList()]


def check_header(data: bytes) -> None:
    """Raise Rejected(unsupported) for another version or suite, whatever follows it."""
    require(data[:1] in (b"", HEADER[:1]), Verdict.UNSUPPORTED, "another version")
    require(len(data) >= 2, Verdict.MALFORMED, "bytes are missing")
    require(data[1:2] == HEADER[1:], Verdict.UNSUPPORTED, "another suite")


class Statement(Packed):
    """Base of the signed formats. Subclasses are dataclasses whose last field is `extensions`."""

    __slots__ = ()
    LABEL: ClassVar[bytes]
    LIMIT: ClassVar[int] = 16384
    extensions: Extensions

    def unsigned(self) -> bytes:
        """Return everything before the signature."""
        return HEADER + self.pack()

    def hash(self) -> bytes:
        """Return the hash of the statement, 32 bytes."""
        return labelled_hash(self.LABEL, self.unsigned())

    def sign(self, seed: bytes) -> bytes:
        """Return the whole statement, signed with an Ed25519 seed."""
        unsigned = self.unsigned()
        whole = unsigned + ed25519.sign(seed, self.LABEL + unsigned)
        require(len(whole) <= self.LIMIT, Verdict.MALFORMED, "a statement that is too long")
        return whole

    @classmethod
    def open(cls, data: bytes) -> "Signed[Self]":
        """Decode a statement without judging who signed it. Raises Rejected: unsupported, malformed."""
        require(len(data) <= cls.LIMIT, Verdict.MALFORMED, "a statement that is too long")
        check_header(data)
        reader = Reader(data)
        reader.take(len(HEADER))
        body = cls.read(reader)
        signature = reader.take(SIGNATURE)
        reader.finish()
        unsigned = data[:-SIGNATURE]
        return Signed(body, unsigned, signature, labelled_hash(cls.LABEL, unsigned))


S = TypeVar("S", bound=Statement)


@dataclass(frozen=True, slots=True)
class Signed(Generic[S]):
    """A decoded statement with the bytes that its hash and signature cover. Nothing is verified yet."""

    body: S
    unsigned: bytes
    signature: bytes
    hash: bytes

    def verify(self, public: bytes) -> None:
        """Raise Rejected(bad_signature) unless this Ed25519 key signed it."""
        ed25519.verify(public, self.signature, self.body.LABEL + self.unsigned)
