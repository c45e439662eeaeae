"""The engine of a real browser makes of every vector what stands in it; Node and Python do elsewhere."""

import json
import subprocess
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route

from tests.unavailable import give_up

ROOT = Path(__file__).parents[2]
FILES = [file for file in (ROOT / "tests" / "vectors").glob("*.json") if file.name != "derive.json"]
"""What makes keys of a password has a worker of its own, which journeys go through."""
TEXTS = {file.name: file.read_text(encoding="utf-8") for file in FILES}
ENTRY = "src/crypto/protocol/vectors/in-page.ts"
URL = "http://localhost/"
"""Of a secure context: browsers have no cryptography elsewhere. Nobody answers there but the test."""


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    if not (ROOT / "web/node_modules").exists():
        give_up("the web client's packages are not installed: run scripts/setup")
    file = tmp_path_factory.mktemp("vectors") / "in-page.js"
    command = [str(ROOT / "scripts/with-node"), "node", "build/bundle.mjs", ENTRY, str(file)]
    subprocess.run(command, cwd=ROOT / "web", check=True)
    return file.read_text(encoding="utf-8")


async def test_chromium_makes_of_every_vector_what_stands_in_it(chromium: Browser, bundle: str) -> None:
    page = await (await chromium.new_context()).new_page()

    async def answer(route: Route) -> None:
        await route.fulfill(body="<!doctype html>", content_type="text/html")

    await page.route(URL, answer)
    await page.goto(URL)
    await page.add_script_tag(content=bundle, type="module")
    await page.wait_for_function("globalThis.completeAll !== undefined")
    seen = 0
    for name, text in TEXTS.items():
        wanted = json.loads(text)["vectors"]
        done = json.loads(await page.evaluate("(text) => completeAll(text)", text))
        for made, vector in zip(done, wanted, strict=True):
            assert made == vector, f"{name}: {vector['name']}"
        seen += len(wanted)
    assert seen > 300
