"""Files (section 8.7): padded, cut into chunks, each chunk sealed under a key of the file and its place."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hearth.sealed.core import labels
from hearth.sealed.core.box import SALT, TAG, VERSION, make_salt, open_aead
from hearth.sealed.core.hashing import hkdf, sha256
from hearth.sealed.core.padding import pad_length
from hearth.sealed.core.reader import u8, u32
from hearth.sealed.core.verdicts import Rejected, Verdict, require

CHUNK = 65536
SMALLEST = 1024
MOST_CHUNKS = 2**31
HEADER = len(VERSION) + SALT


@dataclass(frozen=True, slots=True)
class FileName:
    """What a record says of a file: key, length of the content in bytes, and both hashes (SHA-256)."""

    key: bytes
    length: int
    stored_hash: bytes
    content_hash: bytes


def padded_length(length: int) -> int:
    """Return the length of the padded content, in bytes."""
    return max(SMALLEST, pad_length(length))


def seal_file(key: bytes, content: bytes, salt: bytes | None = None) -> tuple[bytes, FileName]:
    """Return the stored bytes and what names them. A salt is only given by tests."""
    salt = make_salt() if salt is None else salt
    chunk_key = AESGCM(hkdf(key, salt, labels.FILE))
    padded = content + bytes(padded_length(len(content)) - len(content))
    pieces = [padded[at : at + CHUNK] for at in range(0, len(padded), CHUNK)]
    require(len(pieces) <= MOST_CHUNKS, Verdict.BAD_FILE, "a file that is too long")
    last = len(pieces) - 1
    chunks = [chunk_key.encrypt(_nonce(i, i == last), piece, b"") for i, piece in enumerate(pieces)]
    stored = VERSION + salt + b"".join(chunks)
    return stored, FileName(key, len(content), sha256(stored), sha256(content))


def open_file(name: FileName, stored: bytes) -> bytes:
    """Return the content; Rejected(bad_file) for anything that is wrong."""
    require(sha256(stored) == name.stored_hash, Verdict.BAD_FILE, "not the stored bytes that are named")
    padded = b"".join(open_chunks(name.key, [stored]))
    require(len(padded) == padded_length(name.length), Verdict.BAD_FILE, "another length than named")
    content, padding = padded[: name.length], padded[name.length :]
    require(not any(padding), Verdict.BAD_FILE, "the padding is not zeros")
    require(sha256(content) == name.content_hash, Verdict.BAD_FILE, "not the content that is named")
    return content


def open_chunks(key: bytes, stored: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the padded content piece by piece from parts of any size, in constant memory.

    Nothing is whole until it ends without Rejected(bad_file); hashes, length and padding are still to check.
    """
    pieces = _cut(stored)
    header = next(pieces)
    require(header[:1] == VERSION, Verdict.BAD_FILE, "a file of another version")
    chunk_key = hkdf(key, header[1:], labels.FILE)
    current = next(pieces, None)
    require(current is not None, Verdict.BAD_FILE, "a file without chunks")
    for i in range(MOST_CHUNKS):
        assert current is not None
        following = next(pieces, None)
        yield _open_chunk(chunk_key, i, following is None, current)
        if following is None:
            return
        current = following
    raise Rejected(Verdict.BAD_FILE, "a file that is too long")


def _cut(stored: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the header, then sealed chunks of full size and a last one."""
    held, wanted = bytearray(), HEADER
    for part in stored:
        held += part
        while len(held) >= wanted:
            yield bytes(held[:wanted])
            del held[:wanted]
            wanted = CHUNK + TAG
    require(wanted != HEADER, Verdict.BAD_FILE, "a file that is too short")
    if held:
        yield bytes(held)


def _open_chunk(chunk_key: bytes, i: int, is_last: bool, sealed: bytes) -> bytes:
    require(len(sealed) > TAG, Verdict.BAD_FILE, "an empty chunk")
    try:
        return open_aead(chunk_key, _nonce(i, is_last), sealed, b"")
    except Rejected as error:
        raise Rejected(Verdict.BAD_FILE, error.why) from error


def _nonce(i: int, is_last: bool) -> bytes:
    return bytes(7) + u32(i) + u8(int(is_last))
