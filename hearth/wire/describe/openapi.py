"""Writes a `Description` as an OpenAPI 3.1 document: a POST per command, and the other routes."""

import json
from dataclasses import dataclass
from typing import Any

import msgspec

from hearth.wire.describe.reading import Description, get_sentence
from hearth.wire.describe.typescript import parse_limit

COMPONENT = "#/components/schemas/{name}"
PROBLEM: dict[str, Any] = {
    "description": "An RFC 9457 problem; `code` is what programs look at.",
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "retry_after": {"type": "number", "description": "Seconds to wait before trying again."},
        "fields": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


@dataclass(frozen=True, slots=True)
class Route:
    """An HTTP address that is no command. `body` and `result` name structs, or media types (image/webp)."""

    method: str
    path: str
    summary: str
    body: str | None = None
    result: str | None = None
    query: tuple[str, ...] = ()
    public: bool = False


def write_openapi(description: Description, routes: list[Route], version: str) -> str:
    """Return the document as JSON text. `version` is the program's."""
    _, components = msgspec.json.schema_components(list(description.structs.values()), ref_template=COMPONENT)
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = write_route(route)
    for command in description.commands:
        count, seconds = parse_limit(command)
        summary = get_sentence(command) or command.wire_name
        result = description.results[command.wire_name]
        operation = write_route(Route("POST", "", summary, command.__name__, result))
        operation["operationId"] = command.wire_name
        operation["description"] = (
            f"At most {count} in {seconds} s per {command.limited_per}. The same command goes over Socket.IO."
        )
        paths[f"/api/{command.wire_name}"] = {"post": operation}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Hearth", "version": version, "license": {"name": "MIT", "identifier": "MIT"}},
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": PROBLEM},
            "securitySchemes": {
                "cookie": {"type": "apiKey", "in": "cookie", "name": "__Host-hearth"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
        "security": [{"cookie": []}, {"bearer": []}],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write_route(route: Route) -> dict[str, Any]:
    """Return one operation."""
    operation: dict[str, Any] = {"summary": route.summary}
    names = [("path", part[1:-1]) for part in route.path.split("/") if part.startswith("{")]
    names += [("query", name) for name in route.query]
    if names:
        operation["parameters"] = [
            {"name": name, "in": place, "required": True, "schema": {"type": "string"}}
            for place, name in names
        ]
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": write_content(route.body)}
    success: dict[str, Any] = {"description": "Done"}
    if route.result is not None:
        success["content"] = write_content(route.result)
    problem = {"application/problem+json": {"schema": {"$ref": COMPONENT.format(name="Problem")}}}
    operation["responses"] = {
        "200" if route.result is not None else "204": success,
        "default": {"description": "A problem", "content": problem},
    }
    if route.public:
        operation["security"] = []
    return operation


def write_content(name: str) -> dict[str, Any]:
    """Return the content object of a struct name or media type."""
    if name == "application/json":
        return {name: {"schema": {"type": "object"}}}
    if "/" in name:
        return {name: {"schema": {"type": "string", "contentMediaType": name}}}
    return {"application/json": {"schema": {"$ref": COMPONENT.format(name=name)}}}
