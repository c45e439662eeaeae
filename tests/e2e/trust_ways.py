"""How to get to a state of a page about keys and trust, in any language."""

from playwright.async_api import Page

from hearth.admin.contract import AdminUsers, ListUsers
from hearth.client import Client
from tests.e2e.album_cast import CHIEF, ME
from tests.e2e.ways import SETTLED_MS, origin_of, talk_with
from tests.scenarios.beginning_anew import ask_for_link
from tests.scenarios.cast import PASSWORD


async def sign_in_elsewhere(page: Page, username: str) -> None:
    """Let somebody sign in with a browser, which gives them their keys; they stay signed in."""
    browser = page.context.browser
    assert browser is not None
    elsewhere = await browser.new_context()
    other = await elsewhere.new_page()
    await other.goto(origin_of(page) + "/sign-in")
    await other.locator("input[autocomplete~=username]").fill(username)
    await other.locator("input[type=password]").fill(PASSWORD)
    await other.keyboard.press("Enter")
    await other.locator("[data-row]").first.wait_for()
    await elsewhere.close()


async def come_on_a_new_device(page: Page) -> None:
    """Somebody has signed in to the same account elsewhere."""
    await sign_in_elsewhere(page, ME)
    await page.locator(".bar a[href='/you/devices']").wait_for()


async def open_numbers(page: Page) -> None:
    """The safety number with a friend, who needs keys for it: they come with the first visit of a browser."""
    await talk_with("ada")(page)
    await page.locator("#main header a.who").click()
    number = page.locator("#main a.trust")
    await page.locator("#main dl").wait_for()
    await page.wait_for_timeout(SETTLED_MS)
    if not await number.is_visible():
        await sign_in_elsewhere(page, "ada")
    await number.click()
    await page.locator("[data-digits]").wait_for()
    mark = page.locator("#main [data-verified]")
    if await mark.count() > 0:
        await page.locator("#main section.card .btn").first.click()
        await mark.wait_for(state="detached")


async def find_difference(page: Page) -> None:
    await open_numbers(page)
    await page.locator("#main section.card .btn:not(.btn-primary)").first.click()
    await page.locator("[data-outcome]").wait_for()


async def enter_code(page: Page) -> None:
    await open_numbers(page)
    await page.locator("#main section.card:last-of-type .btn").first.click()
    await page.locator("dialog[open] form input").fill("not a code")
    await page.keyboard.press("Enter")
    await page.locator("dialog[open] [aria-invalid=true]").wait_for()


async def mark_as_compared(page: Page) -> None:
    await open_numbers(page)
    await page.locator("#main section.card .btn-primary").click()
    await page.locator("#main [data-verified]").wait_for()


async def show_encryption(page: Page) -> None:
    """Of a conversation with somebody who has keys: from the first message on it is sealed."""
    await open_numbers(page)
    await page.goto(origin_of(page))
    await talk_with("ada")(page)
    await page.locator("textarea").fill("The numbers fit.")
    await page.locator("form button[type=submit]").click()
    await page.locator("[data-key] .bubble").filter(has_text="The numbers fit.").first.wait_for()
    await page.locator("[aria-haspopup=menu]").click()
    await page.locator("[role=menuitem]:has(use[href$='#shield-lock'])").click()
    await page.locator("#main .state.on").wait_for()


async def be_warned_by_link(page: Page) -> None:
    """Somebody's link names other keys than they have."""
    await open_numbers(page)
    await page.evaluate("location.hash = 'friend=ada.AAAAAAAAAAAAAAAAAAAAAA'")
    await page.locator("[data-warning=link]").wait_for()


async def meet_a_new_identity(page: Page) -> None:
    """A friend begins anew with a link of the administrator, in a browser of their own."""
    await open_numbers(page)
    async with await Client.sign_in(origin_of(page), CHIEF, PASSWORD) as chief:
        found = await chief.call(ListUsers(search="ada"), AdminUsers)
        made = await ask_for_link(chief, found.users[0].user.id)
    browser = page.context.browser
    assert browser is not None
    elsewhere = await browser.new_context()
    other = await elsewhere.new_page()
    await other.goto(made.link)
    # Each by its number, which waits for it: all() would find none while the form is still being drawn.
    for at in range(2):
        await other.locator("input[autocomplete=new-password]").nth(at).fill(PASSWORD)
    await other.get_by_role("checkbox").check()
    await other.locator("form button[type=submit]").click()
    await other.locator("[data-row]").first.wait_for()
    await elsewhere.close()
    await page.locator("[data-identity]").wait_for()
    await page.goto(origin_of(page))
    await talk_with("ada")(page)
    await page.locator("[data-identity]").wait_for()
