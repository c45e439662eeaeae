"""Lighthouse gives accessibility and best practices at least 95 of 100, before sign-in and after it.

It looks as a phone through a Chromium that can reach nothing but this machine, and in which alice signs in.
Performance is judged by scripts/bench, which does not share its processor with other tests.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from bench.lighthouse.audit import AUDIT, QUIET, audit, is_installed
from bench.servers import find_free_port
from tests.e2e.conftest import STATIC, WINDOWLESS, async_fixture, require
from tests.e2e.person import PATIENCE
from tests.scenarios.cast import PASSWORD
from tests.served import Served

WANTED = 95
CATEGORIES = ("accessibility", "best-practices")
VISITOR = ("/sign-in", "/register")
SIGNED_IN = ("/", "/friends/add", "/you/profile")


@async_fixture
async def inspected(tmp_path: Path) -> AsyncIterator[tuple[Page, int]]:
    """A page of a browser with one profile, and the port by which Lighthouse reaches that browser."""
    require(WINDOWLESS, "chromium is not installed")
    require(STATIC.exists(), "the web client is not built: run scripts/setup")
    require(is_installed(), f"Lighthouse is not installed: scripts/node-packages {AUDIT.parent}")
    port = find_free_port()
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=WINDOWLESS, args=[*QUIET, f"--remote-debugging-port={port}"]
        )
        context.set_default_timeout(PATIENCE)
        yield context.pages[0], port
        await context.close()


@pytest.mark.slow
async def test_lighthouse_is_content(server: Served, inspected: tuple[Page, int]) -> None:
    page, port = inspected
    reports = await audit(port, [server.url + path for path in VISITOR], CATEGORIES)
    conversation = await register(page, server)
    reports += await audit(port, [server.url + path for path in (*SIGNED_IN, conversation)], CATEGORIES)
    assert [report.path for report in reports] == [*VISITOR, *SIGNED_IN, conversation]
    for report in reports:
        assert report.fault is None, report
        assert report.hosts == {server.url.removeprefix("http://")}, report
        assert set(report.scores) == set(CATEGORIES), report
        assert min(report.scores.values()) >= WANTED, report


async def register(page: Page, server: Served) -> str:
    """Make alice's account, write her a note, and return the path of her notes."""
    await page.goto(f"{server.url}/register")
    await page.get_by_label("Username").fill("alice")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("Password again").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.locator("[data-row]").first.click()
    await page.locator("textarea").fill("Milk, bread, https://example.org")
    await page.locator("button[type=submit]").click()
    await page.locator("li[data-key]").first.wait_for()
    return page.url.removeprefix(server.url)
