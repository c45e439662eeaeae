"""How to get to a state of a page, in any language. Those about keys and trust are in trust_ways.py."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Page, expect

from hearth.admin.contract import AdminUsers, ListUsers
from hearth.client import Client
from tests.e2e.album_cast import CHIEF, FRIENDS, ME
from tests.e2e.person import PATIENCE
from tests.scenarios.beginning_anew import ask_for_link
from tests.scenarios.cast import PASSWORD

SETTLED_MS = 450
PICTURE = Path(__file__).parents[2] / "docs" / "picture.png"
Prepare = Callable[[Page], Awaitable[None]]


def talk_with(username: str) -> Prepare:
    async def prepare(page: Page) -> None:
        await page.locator("[data-row]").filter(has_text=FRIENDS.get(username, username)).first.click()
        await page.locator("#main h1").wait_for()

    return prepare


async def come_to_something_new(page: Page) -> None:
    async with await Client.sign_in(origin_of(page), "ada", PASSWORD) as ada:
        for text in ("Ask away", "I'm here all evening", "By the way, lunch tomorrow?"):
            await ada.send(ME, text)
    await page.wait_for_timeout(SETTLED_MS)
    await talk_with("ada")(page)


FORMATTED = (
    "**Bold**, *italic*, ~~struck~~ and `code`: the end of the book is ||that *everybody* lives 🎉||",
    "> Shall we take the *early* train?\n> I would like that\nYes! We need:\n- **tickets**\n- bread, and "
    "a good cheese that keeps for a whole day in the sun\n\nThen:\n9. the river\n10. the mill",
    "```js\nconst answer = [6, 7].reduce((sofar, next) => sofar * next); // "
    "and so on, further than any bubble is wide\nconsole.log(answer);\n```",
    "> **שלום** לכולם\n- אחת\n- שתיים",
)


async def see_formatted(page: Page) -> None:
    """All there is of bold words, quotes, lists, code and what is hidden, of both."""
    async with await Client.sign_in(origin_of(page), "kiran", PASSWORD) as kiran:
        for text in FORMATTED:
            await kiran.send(ME, text)
    await talk_with("kiran")(page)
    for text in FORMATTED[:3]:
        await page.locator("textarea").fill(text)
        await page.locator("form button[type=submit]").click()
    await page.locator("li.own pre").last.wait_for()


async def open_notes(page: Page) -> None:
    await page.locator("[data-row]").filter(has=page.locator("svg")).first.wait_for()
    rows = page.locator("[data-row]").filter(has=page.locator("use[href$='bookmark-fill']"))
    await rows.first.click()
    await page.locator("textarea").wait_for()


async def pick_emoji(page: Page) -> None:
    await open_notes(page)
    await page.locator("[data-emoji-button] button").click()
    await page.locator("[role=dialog] .grid").first.wait_for()


async def write_long(page: Page) -> None:
    await talk_with("grandma")(page)
    await page.locator("textarea").fill("Dear Grandma,\n" + "this letter became rather long. " * 290)


async def open_menu(page: Page) -> None:
    await talk_with("ada")(page)
    await page.locator("[aria-haspopup=menu]").click()


async def see_opened(page: Page) -> None:
    """With a sealed message that the device has not opened yet nothing can be done."""
    await page.locator("li[data-key]").first.wait_for()
    await expect(page.locator(".opening")).to_have_count(0, timeout=2 * PATIENCE)
    await page.wait_for_timeout(SETTLED_MS)


async def open_acts(page: Page, message: str = "li[data-key]:not(.own)") -> None:
    """The menu of the last message of somebody else."""
    await talk_with("grandma")(page)
    await see_opened(page)
    await ask_acts(page, message)


async def ask_acts(page: Page, message: str = "li[data-key]:not(.own)") -> None:
    """The same where the conversation is open."""
    await page.locator(f"{message} .bubble").last.click(button="right")
    await page.locator("dialog[open] [role=menuitem]").first.wait_for()


async def press_act(page: Page, icon: str) -> None:
    await page.locator(f"dialog[open] .item:has(use[href$='#{icon}'])").click()


def choose_act(icon: str) -> Prepare:
    """Choose what has this icon."""

    async def prepare(page: Page) -> None:
        await open_acts(page)
        await press_act(page, icon)
        await page.locator("dialog[open] ul, form [role=group], [role=toolbar]").first.wait_for()

    return prepare


async def ask_by_poll(page: Page) -> None:
    """A poll in which one has chosen, and the next one begun."""
    await talk_with("layla")(page)
    await see_opened(page)
    await page.locator("button:has(use[href$='#bar-chart'])").click()
    inputs = page.locator("dialog[open] input:not([type=checkbox])")
    for at, text in enumerate(
        (
            "When shall we meet by the old bridge over the river, and who brings what?",
            "Friday",
            "نهاية الأسبوع",
        )
    ):
        await inputs.nth(at).fill(text)
    await page.locator("dialog[open] [type=submit]").click()
    option = page.locator("[data-option]:enabled").last
    await option.click()
    await page.locator("[data-voters]").last.wait_for()


async def begin_a_poll(page: Page) -> None:
    await talk_with("grandma")(page)
    await see_opened(page)
    await page.locator("button:has(use[href$='#bar-chart'])").click()
    await page.locator("dialog[open] fieldset input").first.fill("With cheese")


async def see_pinned(page: Page) -> None:
    """All that is pinned: the last message of each side, unless they are already."""
    await talk_with("grandma")(page)
    await see_opened(page)
    for message in ("li[data-key]:not(.own)", "li[data-key].own"):
        await ask_acts(page, message)
        if await page.locator("dialog[open] use[href$='#pin-angle-fill']").count():
            await page.keyboard.press("Escape")
        else:
            await press_act(page, "pin-angle")
    await page.locator("button:has(use[href$='#list-ul'])").click()
    await page.locator("dialog[open] li").nth(1).wait_for()


async def react_and_answer(page: Page) -> None:
    """What was done shows at once, sent or not."""
    await talk_with("grandma")(page)
    await see_opened(page)
    for emoji in range(2):
        await ask_acts(page)
        chosen = page.locator("dialog[open] [role=menuitemcheckbox]").nth(emoji)
        if await chosen.get_attribute("aria-checked") == "true":
            await page.keyboard.press("Escape")
        else:
            await chosen.click()
    await ask_acts(page)
    await press_act(page, "reply")
    await page.locator("textarea").fill("That is how we do it, then.")
    await page.locator("form button[type=submit]").click()
    await page.locator("li[data-key] [data-quote]").first.wait_for()


async def edit_last(page: Page) -> None:
    await open_acts(page, "li.own:not(:has([data-quote]))")
    await press_act(page, "pencil")
    await page.locator("form [role=group]").wait_for()


async def ask_who_reacted(page: Page) -> None:
    await react_and_answer(page)
    await page.locator("[data-emoji]").first.click(button="right")
    await page.locator("dialog[open] li").first.wait_for()


async def choose_any_emoji(page: Page) -> None:
    await open_acts(page)
    await page.locator("dialog[open] .more").click()
    await page.locator("dialog[open] .grid").first.wait_for()


async def ask_to_delete(page: Page) -> None:
    await open_acts(page, "li.own:not(:has([data-quote]))")
    await press_act(page, "trash3")
    await page.locator("dialog[open] .btn-danger").wait_for()


async def show_keys(page: Page) -> None:
    await page.locator("body").press("?")


async def search_nobody(page: Page) -> None:
    await page.locator("[role=search] input").fill("zzz")


async def go_offline(page: Page) -> None:
    await talk_with("grandma")(page)
    await page.wait_for_timeout(SETTLED_MS)
    await page.context.set_offline(True)
    await page.locator("textarea").fill("I am in the tunnel, back soon")
    await page.locator("button[type=submit]").click()


async def be_refused(page: Page) -> None:
    """Write to somebody who has just ended the friendship."""
    await talk_with("sam")(page)
    await page.context.set_offline(True)
    await page.locator("textarea").fill("See you tonight?")
    await page.locator("button[type=submit]").click()
    async with await Client.sign_in(origin_of(page), "sam", PASSWORD) as sam:
        if any(friend.profile.user.username == ME for friend in sam.replica.users.friends.values()):
            await sam.remove(ME)
    await page.context.set_offline(False)
    await page.locator("[role=alert] button").first.wait_for()


def origin_of(page: Page) -> str:
    return "/".join(page.url.split("/")[:3])


async def sign_in_wrongly(page: Page) -> None:
    await page.locator("input[autocomplete~=username]").fill(ME)
    await page.locator("input[type=password]").fill("not the right one")
    await page.keyboard.press("Enter")
    await page.locator("[role=alert]").first.wait_for()


async def follow_reset(page: Page) -> None:
    """Open the link that an administrator made for somebody who forgot their password."""
    async with await Client.sign_in(origin_of(page), CHIEF, PASSWORD) as chief:
        found = await chief.call(ListUsers(search="theo"), AdminUsers)
        made = await ask_for_link(chief, found.users[0].user.id)
    await page.goto(made.link)
    await page.locator("form").wait_for()


async def register_emptily(page: Page) -> None:
    await page.locator("form button[type=submit]").click()


async def choose_weakly(page: Page) -> None:
    fields = page.locator("form input[autocomplete=new-password]")
    for at in range(2):
        await fields.nth(at).fill("password12")
    await page.locator("form button[type=submit]").click()
    await page.locator("[aria-invalid=true][autocomplete=new-password]").first.wait_for()


async def suggest_words(page: Page) -> None:
    await page.locator("form button.suggest").click()
    await page.locator("form input[type=text][autocomplete=new-password]").first.wait_for()


async def make_recovery_key(page: Page) -> None:
    await page.locator(".page .btn-primary").click()
    await page.locator("#recovery-sheet").wait_for()


async def check_recovery_key(page: Page) -> None:
    await make_recovery_key(page)
    await page.locator(".on button").click()
    await page.locator("form input").wait_for()


async def be_left_alone(page: Page) -> None:
    """Not to be disturbed for an hour, unless one is not already."""
    buttons = page.locator("#main section:last-of-type button")
    await buttons.first.wait_for()
    if await buttons.count() > 1:
        await buttons.first.click()
    await page.locator("#main section:last-of-type [role=status]").wait_for()


def press(selector: str) -> Prepare:
    """Press the first of them; for what opens a dialog or a menu."""

    async def prepare(page: Page) -> None:
        await page.locator(selector).first.click()
        await page.locator("dialog[open], [role=menu]").first.wait_for()

    return prepare


async def choose_picture(page: Page) -> None:
    await page.locator("input[type=file]").set_input_files(PICTURE)
    await page.locator("dialog[open] canvas").wait_for()


def ask_to(item: int) -> Prepare:
    """Choose this item of the first menu; for what asks before it is done."""

    async def prepare(page: Page) -> None:
        await press("#main [aria-haspopup=menu]")(page)
        await page.locator("[role=menuitem]").nth(item).click()
        await page.locator("dialog[open]").wait_for()

    return prepare
