"""Writes a `Description` as docs/protocol.md: commands, events, shapes, errors, under a hand-written head."""

import ast

import msgspec

from hearth.contract import Command, Event
from hearth.errors import HearthError
from hearth.wire.describe.reading import Description, Struct, get_bounds, get_sentence, is_input, is_optional
from hearth.wire.describe.typescript import parse_limit


def write_protocol(description: Description, head: str) -> str:
    """Return the text of the page. `head` is what people wrote about framing, sign-in and order."""
    parts = [head.rstrip() + "\n", write_errors(), "## Commands\n"]
    parts += [write_command(description, command) for command in description.commands]
    parts.append("## Events\n")
    parts += [write_event(description, event) for event in description.events]
    parts.append("## Shapes\n")
    parts += [write_shape(description, shape) for shape in description.shapes]
    parts.append(write_aliases(description))
    return "\n".join(parts)


def write_errors() -> str:
    """Return the table of errors, the whole tree of hearth.errors and of the nouns that were imported."""
    rows = {error.code: error for error in list_errors(HearthError)}
    lines = ["## Errors\n", "| code | status | title |", "|---|---|---|"]
    lines += [f"| `{code}` | {error.status} | {error.title} |" for code, error in sorted(rows.items())]
    return "\n".join(lines) + "\n"


def list_errors(parent: type[HearthError]) -> list[type[HearthError]]:
    """Return every error below `parent`."""
    return [found for child in parent.__subclasses__() for found in (child, *list_errors(child))]


def write_command(description: Description, command: type[Command]) -> str:
    count, seconds = parse_limit(command)
    result = description.results[command.wire_name]
    lines = [f"### `{command.wire_name}`\n"]
    if sentence := get_sentence(command):
        lines.append(f"{sentence}\n")
    answer = link(result) if result in description.structs else f"`{result}`"
    large = " By HTTP up to 512 KiB." if command.is_large else ""
    lines.append(f"Answer: {answer}. At most {count} in {seconds} s per {command.limited_per}.{large}\n")
    lines.append(write_fields(description, command))
    return "\n".join(lines)


def write_event(description: Description, event: type[Event]) -> str:
    kept = (
        "In the recipients' own logs; live it comes as `log`."
        if event.is_logged
        else "Live only, never logged."
    )
    return "\n".join(
        [f"### `{event.wire_name}`\n", f"{get_sentence(event)} {kept}\n", write_fields(description, event)]
    )


def write_shape(description: Description, shape: Struct) -> str:
    closed = " Unknown fields are refused." if is_input(shape) else ""
    sentence = f"{get_sentence(shape)}{closed}".strip()
    lines = [f"### {shape.__name__}\n"]
    if sentence:
        lines.append(f"{sentence}\n")
    lines.append(write_fields(description, shape))
    return "\n".join(lines)


def write_fields(description: Description, struct: Struct) -> str:
    """Return the table of a struct's fields."""
    annotations = description.annotations[struct.__name__]
    if not annotations:
        return "No fields.\n"
    lines = ["| field | type | bounds | default |", "|---|---|---|---|"]
    defaults = {field.name: field for field in msgspec.structs.fields(struct)}
    for name, annotation in annotations.items():
        default = say_default(defaults[name]) if is_optional(struct, name) else ""
        kind = ast.unparse(strip_bounds(annotation)).replace("|", "\\|")
        lines.append(f"| `{name}` | `{kind}` | {get_bounds(struct, name)} | {default} |")
    return "\n".join(lines) + "\n"


def say_default(field: msgspec.structs.FieldInfo) -> str:
    if field.default is not msgspec.NODEFAULT:
        return f"`{msgspec.json.encode(field.default).decode()}`"
    factory = field.default_factory
    return "" if factory is msgspec.NODEFAULT else f"`{msgspec.json.encode(factory()).decode()}`"


def strip_bounds(node: ast.expr) -> ast.expr:
    """Return an annotation without its `Annotated[…]` wrapping."""
    match node:
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[inner, *_])):
            return strip_bounds(inner)
    return node


def write_aliases(description: Description) -> str:
    lines = ["## Named types and constants\n", "| name | is | meaning |", "|---|---|---|"]
    for name, value in description.aliases.items():
        kind = ast.unparse(value).replace("|", "\\|")
        lines.append(f"| `{name}` | `{kind}` | {' '.join(description.meanings.get(name, '').split())} |")
    for name, constant in description.constants.items():
        lines.append(f"| `{name}` | `{constant}` | {' '.join(description.meanings.get(name, '').split())} |")
    return "\n".join(lines) + "\n"


def link(name: str) -> str:
    return f"[{name}](#{name.lower()})"
