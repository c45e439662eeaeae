"""Texts with markers are shown as they are meant, to both, and stay the texts that were typed."""

import asyncio

from playwright.async_api import expect

from tests.e2e.journeys.test_message_actions import chooses
from tests.e2e.person import PATIENCE, Person

RECIPE = "> Grandma, how?\n**Slowly**, with:\n- *one* onion\n- ~~two~~ three eggs\n2. later `salt`"
CODE = "```py\nprint(1, '" + "so long " * 60 + "')\n```"
SECRET = "It was ||the *butler*|| with <b>that</b>"
HIDDEN_LIST = "Suspects: ||these\n- the butler\n1. the cook\n> it was me||"
TRICK = "**<img src=x onerror='window.pwned = 1'>** snake_case_name 2 * 3 * 4"
IS_WIDER = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
TEXTS = "rows => rows.map((row) => row.querySelector('.text').textContent)"


async def test_what_is_marked_is_shown_and_what_is_hidden_hidden(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    await asyncio.gather(alice.converses_with("Bob"), bob.converses_with("Alice"))
    for text in (RECIPE, CODE, TRICK, SECRET):
        await alice.writes(text)
    await expect(bob.messages).to_have_count(4, timeout=PATIENCE)
    await expect(bob.page.locator(".opening")).to_have_count(0, timeout=PATIENCE)
    for person in (alice, bob):
        recipe, code, trick, secret = [person.messages.nth(at) for at in range(4)]
        await expect(recipe.locator("blockquote")).to_have_text("Grandma, how?")
        await expect(recipe.locator("strong")).to_have_text("Slowly")
        await expect(recipe.locator("ul li")).to_have_text(["one onion", "two three eggs"])
        await expect(recipe.locator("ul li").nth(1).locator("s")).to_have_text("two")
        await expect(recipe.locator("ol li")).to_have_attribute("value", "2")
        await expect(code.locator("pre")).to_contain_text("print(1")
        assert await code.locator("pre").evaluate("block => block.scrollWidth > block.clientWidth")
        assert not await person.page.evaluate(IS_WIDER)
        await expect(trick.locator("strong")).to_have_text("<img src=x onerror='window.pwned = 1'>")
        await expect(trick).to_contain_text("snake_case_name 2 * 3 * 4")
        await expect(secret).to_contain_text("with <b>that</b>")
        await expect(secret.get_by_text("butler")).to_be_hidden()
        assert await person.page.evaluate("() => window.pwned ?? null") is None
    # Neither the list nor a quote gives it away, and what is said is said without markers.
    await expect(bob.row("Alice")).to_contain_text("It was ■■■ with <b>that</b>")
    await chooses(bob, TRICK.replace("**", ""), "Reply")
    await bob.writes("Is it?")
    await expect(alice.messages.last.locator("[data-quote]")).to_contain_text(
        "<img src=x onerror='window.pwned = 1'> snake_case", timeout=PATIENCE
    )

    hidden = bob.messages.nth(3).get_by_role("button", name="Show hidden text")
    await hidden.focus()
    await bob.page.keyboard.press("Enter")
    await expect(bob.messages.nth(3).locator("em")).to_be_visible()
    await expect(hidden).to_have_count(0)
    assert await bob.page.evaluate("() => document.activeElement.textContent") == "the butler"
    await expect(alice.messages.nth(3).get_by_text("butler")).to_be_hidden()
    await alice.messages.nth(3).get_by_role("button", name="Show hidden text").click()
    await expect(alice.messages.nth(3).get_by_text("butler")).to_be_visible()
    # What one edits is the text.
    await alice.field.press("ArrowUp")
    await expect(alice.field).to_have_value(SECRET)
    await alice.field.fill(SECRET.replace("butler", "cook"))
    await alice.field.press("Enter")
    await expect(bob.messages.nth(3).locator("em")).to_have_text("cook", timeout=PATIENCE)


async def test_lists_and_quotes_between_bars_are_hidden(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    await asyncio.gather(alice.converses_with("Bob"), bob.converses_with("Alice"))
    await alice.writes(HIDDEN_LIST)
    await expect(bob.messages).to_have_count(1, timeout=PATIENCE)
    secret = bob.messages.first
    button = secret.get_by_role("button", name="Show hidden text")
    await expect(button).to_have_count(1, timeout=PATIENCE)
    await expect(secret.get_by_text("butler")).to_be_hidden()
    await expect(bob.row("Alice")).to_contain_text("Suspects: ■■■")
    await button.click()
    await expect(secret.get_by_text("> it was me")).to_be_visible()
    # Other words in its place are not what was opened.
    await alice.field.press("ArrowUp")
    await alice.field.fill("Suspects: ||nobody||, then\n" + HIDDEN_LIST)
    await alice.field.press("Enter")
    await expect(button).to_have_count(2, timeout=PATIENCE)
    await expect(secret.get_by_text("nobody")).to_be_hidden()


COPIED = "() => navigator.clipboard.readText()"
SELECT = """([row, from, to]) => {
  const [texts, mark] = [document.querySelectorAll("li[data-key] .text"), new Range()];
  mark.selectNodeContents(texts[row]);
  if (from) mark.setStart(texts[row].querySelector(from).firstChild, 0);
  if (to) mark.setEndAfter(texts[row].querySelector(to));
  getSelection().removeAllRanges();
  getSelection().addRange(mark);
}"""
"""Mark of a message all, or from one element, or to another."""


async def test_copied_text_has_its_markers(alice: Person) -> None:
    await alice.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await alice.opens()
    await alice.converses_with("Notes")
    for text in (RECIPE, CODE, SECRET, "Nothing to it"):
        await alice.writes(text)
    await alice.messages.first.locator(".bubble").click(button="right")
    await alice.page.get_by_role("menuitem", name="Copy").click()
    await expect(alice.page.get_by_text("Copied")).to_be_visible()
    assert await alice.page.evaluate(COPIED) == RECIPE
    await alice.page.evaluate("() => document.activeElement.blur()")
    for row, begin, end, copied in (
        (2, None, None, SECRET),
        (1, None, None, CODE),
        (0, None, None, RECIPE),
        (0, "strong", "s", "**Slowly**, with:\n- *one* onion\n- ~~two~~"),
        (3, None, None, "Nothing to it"),
    ):
        await alice.page.evaluate(SELECT, [row, begin, end])
        await alice.page.keyboard.press("Control+c")
        assert await alice.page.evaluate(COPIED) == copied


async def test_keys_put_markers_around_what_is_selected(alice: Person) -> None:
    await alice.opens()
    await alice.converses_with("Notes")
    await alice.field.fill("so good")
    for keys, value in (
        ("Control+Shift+ArrowLeft Control+b", "so **good**"),
        ("Control+i", "so ***good***"),
        ("Control+b", "so *good*"),
        ("Control+z", "so ***good***"),
        ("Control+z Control+z", "so good"),
        ("Control+Shift+x", "so ~~good~~"),
        ("Control+Shift+x Control+e", "so `good`"),
    ):
        for key in keys.split(" "):
            await alice.field.press(key)
        await expect(alice.field).to_have_value(value)
    await alice.field.press("End")
    await alice.field.press("Control+b")
    await alice.page.keyboard.type("!")
    await alice.field.press("Enter")
    await expect(alice.messages.last.locator("code")).to_have_text("good")
