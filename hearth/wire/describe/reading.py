"""Reads contract modules into one `Description`: what there is to write down, in the order it is written in.

Types keep the names they have in the source (`ConversationId`, not `str`), so they are read from the syntax
tree; bounds and defaults come from the classes themselves.
"""

import ast
import inspect
import typing
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import msgspec

from hearth.contract import Command, Event

Struct = type[msgspec.Struct]
ABSTRACT = {"Command", "Event", "Shape", "Nothing"}


@dataclass(slots=True)
class Description:
    """Everything the contract says. Dictionaries are by name, in source order."""

    version: int
    aliases: dict[str, ast.expr] = field(default_factory=dict)
    constants: dict[str, int | str] = field(default_factory=dict)
    structs: dict[str, Struct] = field(default_factory=dict)
    annotations: dict[str, dict[str, ast.expr]] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    meanings: dict[str, str] = field(default_factory=dict)
    """Of an alias or constant: the sentence written under it."""

    @property
    def commands(self) -> list[type[Command]]:
        return [struct for struct in self.structs.values() if issubclass(struct, Command)]

    @property
    def events(self) -> list[type[Event]]:
        return [struct for struct in self.structs.values() if issubclass(struct, Event)]

    @property
    def shapes(self) -> list[Struct]:
        return [struct for struct in self.structs.values() if not issubclass(struct, Command | Event)]


def describe(version: int, modules: list[ModuleType], results: dict[str, str]) -> Description:
    """Read the modules; `results` names each command's result struct.

    Raises ValueError for a name used twice or a command without a result.
    """
    description = Description(version)
    for module in modules:
        read_module(description, module)
    for command in description.commands:
        if command.wire_name not in results:
            raise ValueError(f"nobody handles {command.wire_name}")
        description.results[command.wire_name] = results[command.wire_name]
    used = list_used_names(description)
    description.aliases = {name: value for name, value in description.aliases.items() if name in used}
    return description


def list_used_names(description: Description) -> set[str]:
    """Return every name that a struct, or an alias one of them uses, mentions."""
    trees = [tree for fields in description.annotations.values() for tree in fields.values()]
    used: set[str] = set()
    while trees:
        names = {node.id for node in ast.walk(trees.pop()) if isinstance(node, ast.Name)} - used
        used |= names
        trees += [description.aliases[name] for name in names if name in description.aliases]
    return used


def read_module(description: Description, module: ModuleType) -> None:
    """Add what the module itself defines: structs, type aliases and constants."""
    body = ast.parse(inspect.getsource(module)).body
    for index, node in enumerate(body):
        if isinstance(node, ast.ClassDef):
            add_struct(description, module, node)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(
            target := get_target(node), ast.Name
        ):
            name = target.id
            if node.value is not None and is_alias(node.value):
                description.aliases[name] = node.value
            elif name.isupper() and isinstance(vars(module)[name], int | str):
                description.constants[name] = vars(module)[name]
            following = body[index + 1] if index + 1 < len(body) else None
            if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
                description.meanings[name] = str(following.value.value)


def add_struct(description: Description, module: ModuleType, node: ast.ClassDef) -> None:
    struct = vars(module)[node.name]
    if not (isinstance(struct, type) and issubclass(struct, msgspec.Struct)):
        return
    if node.name in ABSTRACT - {"Nothing"}:
        return
    if node.name in description.structs:
        raise ValueError(f"two structs are called {node.name}")
    description.structs[node.name] = struct
    description.annotations[node.name] = {
        part.target.id: part.annotation
        for part in node.body
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
    }


def get_target(node: ast.Assign | ast.AnnAssign) -> ast.expr:
    return node.target if isinstance(node, ast.AnnAssign) else node.targets[0]


def is_alias(value: ast.expr) -> bool:
    """Whether an assigned expression is a type: `Annotated[…]`, `Literal[…]` or another alias's name."""
    if isinstance(value, ast.Subscript) and isinstance(value.value, ast.Name):
        return value.value.id in ("Annotated", "Literal")
    return isinstance(value, ast.Name) and value.id == "Id"


def get_bounds(struct: Struct, field_name: str) -> str:
    """Return a field's bounds in words, e.g. "1 to 100" or "1 to 64 KiB"; empty when it has none."""
    hint = typing.get_type_hints(struct, include_extras=True)[field_name]
    return ", ".join(part for meta in find_metas(hint) if (part := say_bounds(meta, hint)))


def find_metas(hint: Any) -> list[msgspec.Meta]:
    """Return the `Meta`s of a hint: its own and those of its parts, outermost first."""
    own = [meta for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, msgspec.Meta)]
    inner = [meta for part in typing.get_args(hint) for meta in find_metas(part)]
    if own and typing.get_origin(hint) is not None:
        inner = [meta for meta in inner if meta not in own]
    return own + inner


def say_bounds(meta: msgspec.Meta, hint: Any) -> str:
    if meta.pattern is not None:
        return f"matches `{meta.pattern}`"
    if meta.min_length is not None or meta.max_length is not None:
        low = 0 if meta.min_length is None else meta.min_length
        high = "any" if meta.max_length is None else meta.max_length
        return f"length {low}" if low == high else f"length {low} to {high}"
    if meta.ge is not None or meta.le is not None:
        high = "2^53 − 1" if meta.le == 2**53 - 1 else "any" if meta.le is None else str(meta.le)
        return f"{'any' if meta.ge is None else meta.ge} to {high}"
    return ""


def get_sentence(struct: Struct) -> str:
    """Return a struct's own docstring as one line; empty when it has none."""
    return " ".join((struct.__doc__ or "").split())


def is_input(struct: Struct) -> bool:
    """Whether clients write it: then what has a default may be left out, and what is unknown is refused."""
    return struct.__struct_config__.forbid_unknown_fields


def is_optional(struct: Struct, field_name: str) -> bool:
    """Whether a client may leave the field out, or the server leaves it out where it has its default."""
    fields = {part.name: part for part in msgspec.structs.fields(struct)}
    may_be_missing = is_input(struct) or struct.__struct_config__.omit_defaults
    return may_be_missing and not fields[field_name].required
