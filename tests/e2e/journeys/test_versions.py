"""The client meets a newer server: it says so, takes the newer client when asked to, and loses nothing."""

import re
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

import hearth
from tests.e2e.conftest import SomebodyNew
from tests.e2e.person import PATIENCE, Person
from tests.served import Served, serve

pytestmark = pytest.mark.offline

PACKAGE = Path(hearth.__file__).parent
OPTIONS = ("--insecure-test-kdf", "--limit-scale", "1000")
RUN = "import runpy; runpy.run_module('hearth', run_name='__main__')"
TAKE_NO_CLIENT = "import hearth.wire.gateway as gateway; gateway.MINIMUM_CONTRACT = 1_000_000"
WAITING = "Waiting to be sent"
NEXT_VERSION = "0123456789abcdef"
WORKERS = """async () => {
  const { installing, waiting, active } = await navigator.serviceWorker.getRegistration();
  const all = { installing, waiting, active, controller: navigator.serviceWorker.controller };
  const states = Object.entries(all).map(([name, worker]) => `${name} ${worker?.state}`);
  return [...states, ...(await caches.keys())].join(", ");
}"""


def serve_instead(stack: ExitStack, old: Served, tmp_path: Path, before: str) -> Served:
    """End a server and start another at its address with its data, after running the code `before`."""
    old.stop()
    command = (sys.executable, "-c", f"{before}; {RUN}")
    port = str(urlsplit(old.url).port)
    return stack.enter_context(serve(tmp_path / "data", "--port", port, *OPTIONS, command=command))


def make_next_version(tmp_path: Path) -> Path:
    """A copy of the program whose client differs: its page says so, and its worker has a name of its own."""
    folder = tmp_path / "next"
    shutil.copytree(PACKAGE, folder / "hearth", ignore=shutil.ignore_patterns("__pycache__"))
    worker = folder / "hearth" / "static" / "sw.js"
    code, count = re.subn(r"\b[0-9a-f]{16}\b", NEXT_VERSION, worker.read_text("utf-8"), count=1)
    assert count == 1
    worker.write_text(code, "utf-8")
    page = folder / "hearth" / "static" / "index.html"
    page.write_text(page.read_text("utf-8").replace("<html ", '<html data-version="next" ', 1), "utf-8")
    return folder


async def sees_next_version(alice: Person) -> None:
    """Raises AssertionError that says how the workers are: the page may wait for them while it loads."""
    try:
        await expect(alice.page.locator("html[data-version=next]")).to_be_attached(timeout=PATIENCE)
    except AssertionError as error:
        error.add_note(f"workers: {await alice.page.evaluate(WORKERS)}")
        raise


async def is_sent(alice: Person, text: str) -> None:
    """A note carries no ticks, so it is sent once it does not wait any more."""
    await expect(alice.message(text)).to_be_visible(timeout=PATIENCE)
    await expect(alice.message(text).get_by_title(WAITING)).to_have_count(0, timeout=PATIENCE)


async def test_a_refused_client_reloads_once_and_keeps_what_was_written(
    server: Served, arrives: SomebodyNew, tmp_path: Path
) -> None:
    alice = await arrives("alice")
    await alice.registers()
    await alice.page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
    await alice.converses_with("Notes")
    loads: list[str] = []
    alice.page.on("load", lambda page: loads.append(page.url))
    server.stop()
    await alice.writes("Written before the news")
    await alice.sees_mark("Written before the news", WAITING)
    with ExitStack() as stack:
        strict = serve_instead(stack, server, tmp_path, TAKE_NO_CLIENT)
        refused = alice.page.get_by_text("This page is older than the server takes")
        await expect(refused).to_be_visible(timeout=3 * PATIENCE)
        assert len(loads) == 1
        await alice.sees_mark("Written before the news", WAITING)
        serve_instead(stack, strict, tmp_path, "pass")
        await alice.page.reload()
        await is_sent(alice, "Written before the news")
        await expect(refused).to_have_count(0)
        assert len(loads) == 2


async def test_a_newer_client_is_offered_and_runs_when_accepted(
    server: Served, arrives: SomebodyNew, tmp_path: Path
) -> None:
    alice = await arrives("alice")
    await alice.registers()
    await alice.page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
    await alice.page.reload()
    await alice.converses_with("Notes")
    await alice.field.fill("Half a thought")
    folder = make_next_version(tmp_path)
    with ExitStack() as stack:
        serve_instead(stack, server, tmp_path, f"import sys; sys.path.insert(0, {str(folder)!r})")
        await alice.page.evaluate(
            "navigator.serviceWorker.ready.then((one) => one.update()).then(() => null)"
        )
        await expect(alice.page.get_by_text("A new version of Hearth is here")).to_be_visible(
            timeout=PATIENCE
        )
        await expect(alice.page.locator("html[data-version]")).to_have_count(0)
        await alice.page.get_by_role("button", name="Reload").click()
        await sees_next_version(alice)
        await expect(alice.field).to_have_value("Half a thought", timeout=PATIENCE)
        assert await alice.page.evaluate("caches.keys()") == [f"hearth-shell-{NEXT_VERSION}"]
        await alice.writes("From the next version")
        await is_sent(alice, "From the next version")
