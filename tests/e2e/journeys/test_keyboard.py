"""Everything by keyboard."""

import re

from playwright.async_api import expect

from tests.e2e.person import PATIENCE, Person


async def test_the_shortcuts_do_what_their_list_says(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    page = alice.page
    await page.locator("body").press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)

    await page.keyboard.press("Control+k")
    await page.keyboard.type("bo")
    await expect(alice.row("Notes")).to_have_count(0)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Bob", level=1)).to_be_visible(timeout=PATIENCE)
    await expect(alice.field).to_be_focused()
    await page.keyboard.type("One")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("Two")
    await page.keyboard.press("Enter")
    await alice.sees("One\nTwo")

    await page.keyboard.press("Alt+ArrowDown")
    await expect(page.get_by_role("heading", name="Notes", level=1)).to_be_visible()
    await page.keyboard.press("Alt+ArrowUp")
    await expect(page.get_by_role("heading", name="Bob", level=1)).to_be_visible()

    await page.get_by_role("button", name="Emoji").press("Enter")
    await expect(page.get_by_role("dialog", name="Emoji")).to_be_visible(timeout=PATIENCE)
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await expect(alice.field).to_be_focused()
    await expect(alice.field).to_have_value("😃")
    await page.keyboard.press("Escape")
    await expect(page).to_have_url(re.compile("/$"))
