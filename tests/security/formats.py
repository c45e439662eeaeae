"""Every format of the encryption, and every operation of its vectors, given bytes that somebody made up.

A target raises only when something breaks: another exception than a verdict, or two spellings of one value.
"""

import copy
import importlib
import json
import pkgutil
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hearth.client.crypto
import hearth.sealed
from hearth.client.crypto import push, reports, trust
from hearth.client.crypto.log import body
from hearth.sealed.core.packed import Packed
from hearth.sealed.core.reader import Reader
from hearth.sealed.core.statements import Statement
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.person import keyring, recovery
from tests.client.crypto import operations as operations  # its import says how each operation is run
from tests.client.crypto import vectors

FILES = sorted(path.stem for path in vectors.FOLDER.glob("*.json") if path.stem != "derive")
HOSTILE = frozenset(
    "statement statements record roster request entry wrap list sealed way body heads stored box signature "
    "public typed after rows".split()
)
"""The inputs that come from others; keys, seeds, ids and what was checked before are one's own."""


def find_formats() -> list[type[Packed]]:
    """Return every format that there is, by name."""
    for package in (hearth.sealed, hearth.client.crypto):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)
    found: set[type[Packed]] = set()
    waiting: list[type[Packed]] = [Packed]
    while waiting:
        kinds = waiting.pop().__subclasses__()
        waiting += kinds
        found |= {kind for kind in kinds if vars(sys.modules[kind.__module__])[kind.__name__] is kind}
    found.remove(Statement)
    return sorted(found, key=lambda kind: (kind.__module__, kind.__name__))


FORMATS = find_formats()


def read_format(data: bytes) -> None:
    """The first byte names a format, the others are one: written again they are the same bytes."""
    kind, content = FORMATS[(data or b"\0")[0] % len(FORMATS)], data[1:]
    try:
        if issubclass(kind, Statement):
            signed = kind.open(content)
            assert signed.body.unsigned() + signed.signature == content
            assert signed.hash == signed.body.hash()
        else:
            assert kind.unpack(content).pack() == content
    except Rejected as rejected:
        assert rejected.verdict in (Verdict.MALFORMED, Verdict.UNSUPPORTED), rejected


def read_text(data: bytes) -> None:
    """What people type, scan or follow: one spelling of each link, and verdicts for the rest."""
    text = data.decode("utf-8", "surrogateescape")
    links: tuple[Callable[[str], Any], ...] = (trust.read_friend_link, trust.read_join_link)
    for read in links:
        try:
            shown = read(text).show()
        except Rejected:
            continue
        assert read(shown).show() == shown
    for other in (recovery.read_recovery_key, trust.decode_base64url, body.parse_object):
        try:
            other(text)
        except Rejected:
            pass
    try:
        assert trust.encode_base64url(trust.decode_base64url(text)) == text
    except Rejected:
        pass


def read_parcel(data: bytes) -> None:
    """What is a value inside another one: bodies, keyring rows once they are open, pushes, reports."""
    try:
        content = body.read_body(data)
        json.dumps(content.fields)
        body.find_heads(content)
    except Rejected:
        pass
    kind, size = (data or b"\0")[0] % 6, (data[1:] or b"\0")[0] % 32
    try:
        row_id, row = keyring.read_row(kind, data[2 : 2 + size], data[2 + size :])
        assert (row_id.pack(), row.pack()) == (data[2 : 2 + size], data[2 + size :])
    except Rejected:
        pass
    try:
        push.read_push(data.ljust(2048, b"\0"))
    except Rejected:
        pass
    try:
        reports.check_report(reports.Report.unpack(data))
    except Rejected:
        pass


def list_vectors() -> list[tuple[dict[str, Any], list[str]]]:
    """Return the vectors that take bytes of others, with the names of these."""
    found = []
    for name in FILES:
        for vector in vectors.load(name):
            hostile = sorted(HOSTILE & vector["in"].keys())
            if hostile:
                found.append((vector, hostile))
    return found


VECTORS = list_vectors()


def run_edited(data: bytes) -> None:
    """What an operation says to an edited vector is a value or a verdict."""
    vectors.run(edit_vector(data))


def edit_vector(data: bytes) -> dict[str, Any]:
    """Return a vector with edits in one of its inputs.

    Two bytes choose the vector, one the input; each edit is a place (two bytes), a kind and a byte.
    """
    head, edits = data[:3].ljust(3, b"\0"), data[3:]
    vector, hostile = VECTORS[int.from_bytes(head[:2]) % len(VECTORS)]
    given = copy.deepcopy(vector["in"])
    name = hostile[head[2] % len(hostile)]
    given[name] = edit(given[name], edits)
    return {"name": vector["name"], "op": vector["op"], "in": given}


def write_cases(path: Path, count: int, seed: int) -> None:
    """Write edited vectors with what they give here, one to a line, for the other one to repeat."""
    dice = random.Random(seed)
    with path.open("w") as file:
        for _ in range(count):
            edits = [
                dice.randrange(dice.choice((8, 80, 800))).to_bytes(2)
                + bytes((dice.randrange(4), dice.choice((0, 1, 2, 3, 128, 255, dice.randrange(256)))))
                for _ in range(dice.choice((1, 1, 1, 2, 3)))
            ]
            case = edit_vector(dice.randbytes(3) + b"".join(edits))
            said = vectors.run(case)
            outcome = {"error": said.value} if isinstance(said, Verdict) else {"out": said}
            file.write(json.dumps({**case, **outcome}) + "\n")


def edit(value: Any, edits: bytes) -> Any:
    """Return an input with edits, whatever its shape: of a list the last part, of an object any of them."""
    if isinstance(value, list) and value:
        return [*value[:-1], edit(value[-1], edits)]
    if isinstance(value, dict) and value:
        names = sorted(value)
        name = names[len(edits) // 4 % len(names)]
        return {**value, name: edit(value[name], edits)}
    if not isinstance(value, str):
        return value
    try:
        changed = bytearray.fromhex(value)
    except ValueError:  # what somebody typed
        return value + edits.decode("latin-1")
    for place, kind, byte in list_edits(edits):
        at = place % (len(changed) + 1)
        if kind % 4 == 0 and at < len(changed):
            changed[at] ^= byte or 1
        elif kind % 4 == 1:
            changed.insert(at, byte)
        elif kind % 4 == 2:
            del changed[at : at + 1 + byte % 8]
        else:
            changed[at:at] = changed[at : at + 1 + byte]
    return changed.hex()


def list_edits(edits: bytes) -> Iterator[tuple[int, int, int]]:
    """Return place, kind and byte of each whole edit, at most 64 of them."""
    for at in range(0, min(len(edits), 256) - 3, 4):
        yield int.from_bytes(edits[at : at + 2]), edits[at + 2], edits[at + 3]


def list_examples() -> list[tuple[type[Packed], bytes]]:
    """Return up to three values of each format that are read when the vectors are run."""
    found: dict[type[Packed], dict[bytes, None]] = {kind: {} for kind in FORMATS}
    read = vars(Packed)["read"]

    def remember(cls: type[Packed], reader: Reader) -> Packed:
        value: Packed = read.__func__(cls, reader)
        content = value.pack() if not isinstance(value, Statement) else value.unsigned() + bytes(64)
        if len(found[cls]) < 3:
            found[cls][content] = None
        return value

    Packed.read = classmethod(remember)  # type: ignore[assignment, method-assign]
    try:
        for vector, _ in VECTORS:
            vectors.run(vector)
    finally:
        Packed.read = read  # type: ignore[method-assign]
    return [(kind, content) for kind, contents in found.items() for content in contents]


FORMAT_SEEDS = [bytes((FORMATS.index(kind),)) + content for kind, content in list_examples()]
TEXT_SEEDS = [
    b"alice.b.AAAAAAAAAAAAAAAAAAAAAA",
    b"00" * 16 + b"." + b"A" * 43 + b".7." + b"A" * 22,
    b'{"type":"text","text":"\\ud83d"}',
    b'{"a":[1e999,0.1,123456789012345678]}',
    *(str(vector["in"]["typed"]).encode() for vector, hostile in VECTORS if "typed" in hostile),
]
PARCEL_SEEDS = [
    *(bytes.fromhex(vector["in"]["body"]) for vector, hostile in VECTORS if "body" in hostile),
    b"\1\x18" + bytes(24) + bytes(64),
    b"\3\x10" + bytes(16) + bytes(80),
]
VECTOR_SEEDS = [number.to_bytes(2) + bytes((0,)) for number in range(len(VECTORS))]
