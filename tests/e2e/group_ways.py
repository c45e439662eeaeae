"""How to get to what there is to see of a group."""

from playwright.async_api import Page

from tests.e2e.album_cast import GROUP
from tests.e2e.ways import Prepare


async def meet_in_a_group(page: Page) -> None:
    """The conversation of the group, with what happened in it."""
    await page.locator("[data-row]").filter(has_text=GROUP).first.click()
    await page.locator("#main p[data-event]").first.wait_for()


async def begin_a_mention(page: Page) -> None:
    """Who can be mentioned, while one types."""
    await meet_in_a_group(page)
    await page.locator("textarea").press_sequentially("Who comes along? @")
    await page.locator("[role=listbox] [role=option]").first.wait_for()


async def choose_level(page: Page) -> None:
    """What one wants to be told of."""
    await meet_in_a_group(page)
    await page.locator("#main header [aria-haspopup=menu]").click()
    await page.locator("[role=menuitem]:has(use[href$='#bell'])").click()
    await page.locator("dialog[open] [type=radio]").first.wait_for()


def open_group(then: Prepare | None = None) -> Prepare:
    """Go to the page of the group."""

    async def prepare(page: Page) -> None:
        await meet_in_a_group(page)
        await page.locator("#main header a.who").click()
        await page.locator("#main .members li").first.wait_for()
        if then is not None:
            await then(page)

    return prepare


async def choose_people(page: Page) -> None:
    await page.locator("#main .add").click()
    await page.locator("#main fieldset li").first.wait_for()
    await page.locator("#main [type=checkbox]:enabled").first.check()
    await page.locator("#main [type=radio]").last.check()


async def ask_to_remove(page: Page) -> None:
    await page.locator("#main .members li [aria-haspopup=menu]").first.click()
    await page.locator("[role=menuitem]").last.click()
    await page.locator("dialog[open]").wait_for()
