"""A format is a frozen dataclass whose field types say how each is written: one declaration for both ways.

@dataclass(frozen=True, slots=True)
class Head(Packed):
    n: U64
    hash: Hash
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Annotated, Any, Protocol, Self, get_type_hints

from hearth.sealed.core.reader import Reader, number, prefix
from hearth.sealed.core.verdicts import Rejected, Verdict, require


class Field(Protocol):
    """How one value is written and read; both raise Rejected(malformed) beyond its limits."""

    def read(self, reader: Reader) -> Any: ...

    def write(self, value: Any) -> bytes: ...


PLANS: dict[type, tuple[tuple[str, Field], ...]] = {}


class Packed:
    """Base of all formats: fields one after the other, nothing between, exactly one encoding of a value."""

    __slots__ = ()

    @classmethod
    def plan(cls) -> tuple[tuple[str, Field], ...]:
        """Return name and field of each part, in the order in which they are written."""
        if cls not in PLANS:
            hints = get_type_hints(cls, include_extras=True)
            names = [field.name for field in fields(cls)]  # type: ignore[arg-type]  # formats are dataclasses
            PLANS[cls] = tuple((name, _field_of(hints[name])) for name in names)
        return PLANS[cls]

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take one value from a reader, which may hold more."""
        value = cls(**{name: field.read(reader) for name, field in cls.plan()})
        value.check()
        return value

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Return the value that these bytes are, all of them."""
        reader = Reader(data)
        value = cls.read(reader)
        reader.finish()
        return value

    def pack(self) -> bytes:
        """Return the bytes."""
        self.check()
        return b"".join(field.write(getattr(self, name)) for name, field in self.plan())

    def check(self) -> None:
        """Raise Rejected(malformed) when fields do not fit together; formats with such rules override it."""


@dataclass(frozen=True, slots=True)
class Number:
    """An unsigned big-endian number of `size` bytes."""

    size: int
    least: int = 0

    def read(self, reader: Reader) -> int:
        value = reader.number(self.size)
        require(value >= self.least, Verdict.MALFORMED, "a number below its range")
        return value

    def write(self, value: int) -> bytes:
        require(value >= self.least, Verdict.MALFORMED, "a number below its range")
        return number(value, self.size)


@dataclass(frozen=True, slots=True)
class Raw:
    """Exactly `size` bytes."""

    size: int

    def read(self, reader: Reader) -> bytes:
        return reader.take(self.size)

    def write(self, value: bytes) -> bytes:
        require(len(value) == self.size, Verdict.MALFORMED, "bytes of another length")
        return value


@dataclass(frozen=True, slots=True)
class Prefixed:
    """lp8, lp16 or lp32: a length of `size` bytes, then that many."""

    size: int
    least: int = 0
    most: int | None = None

    def read(self, reader: Reader) -> bytes:
        return reader.prefixed(self.size, least=self.least, most=self.most)

    def write(self, value: bytes) -> bytes:
        within = len(value) >= self.least and (self.most is None or len(value) <= self.most)
        require(within, Verdict.MALFORMED, "a length beyond its limits")
        return prefix(value, self.size)


@dataclass(frozen=True, slots=True)
class Text:
    """UTF-8 after its length in bytes; `least` and `most` are bytes."""

    inner: Prefixed

    def read(self, reader: Reader) -> str:
        return decode_text(self.inner.read(reader))

    def write(self, value: str) -> bytes:
        try:
            return self.inner.write(value.encode())
        except UnicodeEncodeError as error:
            raise Rejected(Verdict.MALFORMED, "text with half a surrogate pair") from error


@dataclass(frozen=True, slots=True)
class Flag:
    """One byte, 0 or 1."""

    def read(self, reader: Reader) -> bool:
        value = reader.number(1)
        require(value <= 1, Verdict.MALFORMED, "a flag other than 0 or 1")
        return value == 1

    def write(self, value: bool) -> bytes:
        return number(int(value), 1)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of an enumeration's numbers in one byte; another one, or one below `least`, is malformed."""

    kind: type[IntEnum]
    least: int = 0

    def read(self, reader: Reader) -> IntEnum:
        value = reader.number(1)
        require(value >= self.least, Verdict.MALFORMED, f"no {self.kind.__name__.lower()} for this place")
        try:
            return self.kind(value)
        except ValueError as error:
            raise Rejected(Verdict.MALFORMED, f"an unknown {self.kind.__name__.lower()}") from error

    def write(self, value: IntEnum) -> bytes:
        require(value >= self.least, Verdict.MALFORMED, f"no {self.kind.__name__.lower()} for this place")
        return number(value, 1)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Written in another place, by the format around this one; here it is always the usual value."""

    usual: Any

    def read(self, reader: Reader) -> Any:
        return self.usual

    def write(self, value: Any) -> bytes:
        return b""


@dataclass(frozen=True, slots=True)
class Nested:
    """Another format, in place."""

    kind: type[Packed]

    def read(self, reader: Reader) -> Packed:
        return self.kind.read(reader)

    def write(self, value: Packed) -> bytes:
        return value.pack()


@dataclass(frozen=True, slots=True)
class Listed:
    """A count of `size` bytes, then so many items, strictly ascending by `key` when there is one."""

    item: Field
    size: int
    most: int
    key: Callable[[Any], Any] | None = None

    def read(self, reader: Reader) -> tuple[Any, ...]:
        count = reader.number(self.size)
        require(count <= self.most, Verdict.MALFORMED, "a list that is too long")
        items = tuple(self.item.read(reader) for _ in range(count))
        self._check(items)
        return items

    def write(self, value: tuple[Any, ...]) -> bytes:
        require(len(value) <= self.most, Verdict.MALFORMED, "a list that is too long")
        self._check(value)
        return number(len(value), self.size) + b"".join(map(self.item.write, value))

    def _check(self, items: tuple[Any, ...]) -> None:
        if self.key is not None:
            keys = [self.key(item) for item in items]
            require(all(map(operator.lt, keys, keys[1:])), Verdict.MALFORMED, "a list that is not sorted")


def _field_of(hint: Any) -> Field:
    if isinstance(hint, type) and issubclass(hint, Packed):
        return Nested(hint)
    field: Field = hint.__metadata__[0]
    return field


def decode_text(data: bytes) -> str:
    """Return UTF-8 as text; a byte order mark is a character like any other."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Rejected(Verdict.MALFORMED, "text that is not UTF-8") from error


U8 = Annotated[int, Number(1)]
U16 = Annotated[int, Number(2)]
U32 = Annotated[int, Number(4)]
U64 = Annotated[int, Number(8)]
Count = Annotated[int, Number(8, least=1)]
Id = Annotated[bytes, Raw(16)]
Hash = Annotated[bytes, Raw(32)]
Key = Annotated[bytes, Raw(32)]
Seed = Annotated[bytes, Raw(32)]
Signature = Annotated[bytes, Raw(64)]
User = Annotated[int, Number(8)]


@dataclass(frozen=True, slots=True)
class Head(Packed):
    """The head of a user chain: statement n and its hash."""

    n: U64
    hash: Hash


@dataclass(frozen=True, slots=True)
class Place(Packed):
    """A place in a conversation's log and H of it; (0, H(0)) is the empty log."""

    seq: U64
    hash: Hash
