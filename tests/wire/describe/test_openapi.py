"""docs/openapi.json names every HTTP address that the application has, and no other."""

import json
import re
from pathlib import Path

from hearth.app import HANDLERS, App
from tests.stage import Stage

DOCUMENT = Path(__file__).parents[3] / "docs/openapi.json"
VARIABLE = re.compile(r"<(?:\w+:)?(\w+)>")
OURS = {"GET", "POST", "PUT", "DELETE", "PATCH"}
CATCH_ALLS = {"/api/{name}", "/api/{rest}"}


async def test_the_document_has_the_routes_of_the_application(stage: Stage) -> None:
    documented = {
        (method.upper(), path)
        for path, operations in json.loads(DOCUMENT.read_text(encoding="utf-8"))["paths"].items()
        for method in operations
    }
    served = {("POST", f"/api/{name}") for name in HANDLERS}
    for rule in App(stage.services).asgi.url_map.iter_rules():
        path = VARIABLE.sub(r"{\1}", rule.rule)
        if path.startswith("/api/") and path not in CATCH_ALLS:
            served |= {(method, path) for method in (rule.methods or set()) & OURS}
    assert documented == served
