"""The vectors of tests/vectors/*.json: loaded, run, and shown in their own shapes (section 15)."""

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from hearth.sealed.core.statements import Signed
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group.epoch import Role
from hearth.sealed.person import keyring, vault

FOLDER = Path(__file__).parents[2] / "vectors"
NUMBERED = {vault.WayKind, keyring.How, Role}
Operation = Callable[[Any], Any]
OPERATIONS: dict[str, Operation] = {}


class In:
    """The input of a vector: attributes are bytes for hex, numbers and lists as they are."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def __getattr__(self, name: str) -> Any:
        value = self.values[name]
        return bytes.fromhex(value) if isinstance(value, str) else value


def operation(name: str) -> Callable[[Callable[[In], Any]], Callable[[In], Any]]:
    """Register how an operation of the vectors is run."""

    def register(run: Callable[[In], Any]) -> Callable[[In], Any]:
        OPERATIONS[name] = run
        return run

    return register


def show(value: Any) -> Any:
    """Return a value in the shape of the vectors: bytes as hex, enumerations by name, formats as objects."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, IntEnum):
        return int(value) if type(value) in NUMBERED else value.name.lower()
    if is_dataclass(value):
        return {field.name: show(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {name: show(one) for name, one in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [show(one) for one in value]
    return value


def load(name: str) -> list[dict[str, Any]]:
    """Return the vectors of a file."""
    vectors: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text())["vectors"]
    return vectors


def run(vector: dict[str, Any]) -> Any:
    """Return what an operation gives: `out` of the vector, or the verdict as a Verdict."""
    try:
        return show(OPERATIONS[vector["op"]](In(vector["in"])))
    except Rejected as rejected:
        return rejected.verdict


def expected(vector: dict[str, Any]) -> Any:
    return Verdict(vector["error"]) if "error" in vector else vector["out"]


def show_signed(signed: Signed[Any], **more: Any) -> dict[str, Any]:
    shown: dict[str, Any] = show(signed.body)
    return {**shown, "extensions": show_extensions(signed.body.extensions), "hash": signed.hash, **more}


def show_extensions(extensions: Any) -> list[dict[str, Any]]:
    return [{"id": one.id, "critical": one.critical, "bytes": one.data} for one in extensions]
