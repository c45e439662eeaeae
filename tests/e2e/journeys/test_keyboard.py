"""Everything by keyboard."""

import asyncio
import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import SomebodyNew
from tests.e2e.person import PATIENCE, PHONE, Person


async def test_the_shortcuts_do_what_their_list_says(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    page = alice.page
    await page.locator("body").press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_focused()
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


# What Tab should come to: one of each group of radio buttons, nothing that is hidden or taken out on purpose.
STOPS = """() => {
  const all = [...document.querySelectorAll('a[href], button, input, select, textarea, [tabindex="0"]')];
  const isShown = (one) => one.checkVisibility({ visibilityProperty: true });
  const isStop = (one) => one.tabIndex >= 0 && !one.disabled && (one.type !== 'radio' || one.checked);
  window.stops = all.filter((one) => isShown(one) && isStop(one));
  return window.stops.length;
}"""
STANDING = """() => {
  const at = window.stops.indexOf(document.activeElement);
  return [at, document.activeElement.outerHTML.slice(0, 200)];
}"""
PAGES = (
    "/",
    "/friends",
    "/friends/requests",
    "/friends/add",
    "/you/profile",
    "/you/devices",
    "/you/security",
)


async def count_stops(page: Page) -> int:
    """Number the stops once the page has all of them: what comes from the local copy may come late."""
    count = -1
    while count != (found := await page.evaluate(STOPS)):
        count = found
        await asyncio.sleep(0.3)
    return count


async def test_tab_comes_to_everything_in_the_order_of_the_page(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    page = alice.page
    for path in (*PAGES, "/you/appearance", "/you"):
        await alice.opens(path)
        await expect(page.locator("h1").first).to_be_visible(timeout=PATIENCE)
        await page.wait_for_load_state("networkidle")
        count = await count_stops(page)
        for number in range(count):
            await page.keyboard.press("Tab")
            at, element = await page.evaluate(STANDING)
            assert at == number, f"{path}: stop {number} of {count} is {at}: {element}"


async def test_the_skip_link_leads_past_the_navigation(alice: Person) -> None:
    page = alice.page
    await alice.opens("/you/profile")
    await expect(page.get_by_label("Display name")).to_be_visible(timeout=PATIENCE)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()
    await expect(page).to_have_url(re.compile("/you/profile$"))


async def test_a_dialog_takes_the_focus_keeps_it_and_gives_it_back(alice: Person) -> None:
    page = alice.page
    dialog = page.get_by_role("dialog")
    await alice.opens("/you/security")
    opener = page.get_by_role("button", name="Delete account")
    await opener.press("Enter")
    await expect(dialog.get_by_label("Username")).to_be_focused()
    for _ in range(9):
        await page.keyboard.press("Tab")
        assert await page.evaluate("!!document.activeElement.closest('dialog') || !document.hasFocus()")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(opener).to_be_focused()

    await alice.opens("/you")
    opener = page.get_by_role("button", name="Sign out")
    await opener.press("Enter")
    await expect(dialog.get_by_role("button", name="Stay signed in")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(opener).to_be_focused()


@pytest.mark.offline
async def test_the_focus_is_not_lost_with_what_had_it(alice: Person, bob: Person) -> None:
    await bob.opens("/friends/add")
    await bob.page.get_by_label("Their username").fill("alice")
    await bob.page.get_by_role("button", name="Add friend").click()
    page = alice.page
    await alice.opens("/friends/requests")
    await page.get_by_role("button", name="Accept Bob").press("Enter")
    await expect(page.get_by_role("group", name="Requests")).to_be_focused(timeout=PATIENCE)

    await alice.opens()
    search = page.get_by_role("search").get_by_role("textbox")
    await search.fill("bo")
    await page.get_by_role("button", name="Clear search").press("Enter")
    await expect(search).to_be_focused()
    await expect(search).to_have_value("")

    await alice.row("Bob").press("Enter")
    await expect(alice.field).to_be_focused(timeout=PATIENCE)
    await alice.goes_offline()
    await alice.writes("Too late")
    await bob.opens("/friends")
    await bob.page.get_by_role("listitem").filter(has_text="Alice").get_by_role("link").first.click()
    await bob.page.get_by_role("button", name="Remove friend").click()
    await bob.page.get_by_role("dialog").get_by_role("button", name="Remove friend").click()
    await expect(bob.page.get_by_role("dialog")).to_have_count(0, timeout=PATIENCE)
    await alice.goes_offline(False)
    await page.get_by_role("button", name="Delete").press("Enter")
    await alice.sees("Too late", times=0)
    await expect(page.get_by_role("region", name="Messages")).to_be_focused()


async def test_the_focus_stays_on_what_is_asked_again(alice: Person) -> None:
    """Each connection brings a look at the keys, after which it is asked whether there is a recovery key."""
    await alice.opens("/you/security")
    link = alice.page.get_by_role("link", name="Make a recovery key")
    await link.focus()
    await alice.context.set_offline(True)
    await expect(alice.page.get_by_text("You are offline")).to_be_visible()
    await alice.context.set_offline(False)
    await alice.is_connected()
    await alice.page.wait_for_timeout(2000)
    await expect(link).to_be_focused()


async def test_the_focus_follows_to_the_next_page_on_a_phone(alice: Person, arrives: SomebodyNew) -> None:
    phone = await arrives("alice", **PHONE)
    await phone.signs_in()
    page = phone.page
    await phone.row("Notes").press("Enter")
    await expect(page.get_by_role("main")).to_be_focused(timeout=PATIENCE)
    await page.get_by_role("button", name="Back").press("Enter")
    await expect(page.get_by_role("main", name="Conversations")).to_be_focused(timeout=PATIENCE)
    await page.get_by_role("link", name="You", exact=True).press("Enter")
    await page.get_by_role("link", name="Profile").press("Enter")
    await expect(page.get_by_role("main")).to_be_focused(timeout=PATIENCE)


async def test_escape_closes_only_what_is_on_top(alice: Person) -> None:
    page = alice.page
    await alice.converses_with("Notes")
    await page.get_by_role("button", name="Emoji").press("Enter")
    picker = page.get_by_role("dialog", name="Emoji")
    await expect(picker).to_be_visible(timeout=PATIENCE)
    await alice.field.focus()
    await page.keyboard.press("Escape")
    await expect(picker).to_have_count(0)
    await expect(page).to_have_url(re.compile("/c/"))

    await page.get_by_role("main").get_by_role("button", name="More").press("Enter")
    await expect(page.get_by_role("menuitem").first).to_be_focused()
    await page.keyboard.press("End")
    await expect(page.get_by_role("menuitem", name="Keyboard shortcuts")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("main").get_by_role("button", name="More")).to_be_focused()
    await expect(page).to_have_url(re.compile("/c/"))
    await page.keyboard.press("Escape")
    await expect(page).to_have_url(re.compile("/$"))


async def test_a_new_message_is_said_politely(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    await alice.converses_with("Notes")
    await bob.converses_with("Alice")
    await bob.writes("Dinner is ready")
    said = alice.page.locator("[aria-live=polite]").filter(has_text="Bob: ")
    # What takes long to open, as on a busy machine, is said as what it is until then.
    await expect(said).to_have_text(re.compile("^Bob: (Dinner is ready|A new message)$"), timeout=PATIENCE)
    await expect(alice.field).to_be_focused()
