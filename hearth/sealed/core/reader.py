"""Bytes taken one after the other from what somebody sent; what does not fit is `malformed` (section 1.4)."""

from hearth.sealed.core.verdicts import Rejected, Verdict, require

MOST_NUMBER = 2**53 - 1  # JSON and JavaScript must agree on every number


class Reader:
    """A place in bytes. Every method raises Rejected(malformed) instead of reading past the end."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def position(self) -> int:
        """How many bytes have been taken."""
        return self._at

    @property
    def is_at_end(self) -> bool:
        """Tell whether everything has been taken."""
        return self._at == len(self._data)

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        end = self._at + count
        require(end <= len(self._data), Verdict.MALFORMED, "bytes are missing")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def number(self, size: int) -> int:
        """Return the next big-endian number of `size` bytes, at most 2^53 − 1."""
        value = int.from_bytes(self.take(size))
        require(value <= MOST_NUMBER, Verdict.MALFORMED, "a number above 2^53 - 1")
        return value

    def prefixed(self, size: int, *, least: int = 0, most: int | None = None) -> bytes:
        """Return bytes after their length, itself a number of `size` bytes."""
        length = self.number(size)
        require(length >= least, Verdict.MALFORMED, "a length below its limit")
        require(most is None or length <= most, Verdict.MALFORMED, "a length above its limit")
        return self.take(length)

    def rest(self) -> bytes:
        """Return everything that is left."""
        return self.take(len(self._data) - self._at)

    def finish(self) -> None:
        """Raise unless everything has been taken."""
        require(self.is_at_end, Verdict.MALFORMED, "bytes are left over")


def number(value: int, size: int) -> bytes:
    """Return `value` as a big-endian number of `size` bytes; Rejected(malformed) when it does not fit."""
    if not 0 <= value <= min(MOST_NUMBER, 256**size - 1):
        raise Rejected(Verdict.MALFORMED, "a number out of its range")
    return value.to_bytes(size)


def u8(value: int) -> bytes:
    """Return one byte."""
    return number(value, 1)


def u16(value: int) -> bytes:
    """Return two bytes."""
    return number(value, 2)


def u32(value: int) -> bytes:
    """Return four bytes."""
    return number(value, 4)


def u64(value: int) -> bytes:
    """Return eight bytes; the value is at most 2^53 − 1."""
    return number(value, 8)


def prefix(data: bytes, size: int) -> bytes:
    """Return lp8, lp16 or lp32 of `data` for a size of 1, 2 or 4 bytes."""
    return number(len(data), size) + data
