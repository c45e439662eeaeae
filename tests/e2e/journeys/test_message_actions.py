"""What two people do with messages: answer, react, edit, delete, forward; offline and in two tabs, too."""

import asyncio
import re

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.conftest import SomebodyNew
from tests.e2e.person import PATIENCE, PHONE, Person


async def meet(alice: Person, bob: Person) -> None:
    """Both are in their conversation, in which each has said something."""
    await alice.befriends(bob)
    await asyncio.gather(alice.converses_with("Bob"), bob.converses_with("Alice"))
    await alice.writes("Shall we meet at the river?")
    await bob.sees("Shall we meet at the river?")
    await bob.writes("Gladly")
    await alice.sees("Gladly")


async def chooses(person: Person, text: str, action: str) -> None:
    await person.message(text).locator(".bubble").click(button="right")
    await person.page.get_by_role("menuitem", name=action).click()


async def offers(person: Person, text: str) -> list[str]:
    """What the menu of a message offers."""
    await person.message(text).locator(".bubble").click(button="right")
    items = person.page.get_by_role("menuitem")
    await items.first.wait_for()
    names = [name.strip() for name in await items.all_text_contents()]
    await person.page.keyboard.press("Escape")
    await expect(items).to_have_count(0)
    return [name for name in names if name]


def chips(person: Person, text: str) -> Locator:
    return person.message(text).locator("[data-emoji]")


async def test_a_reply_shows_what_it_answers_and_leads_there(alice: Person, bob: Person) -> None:
    await meet(alice, bob)
    for number in range(30):
        await bob.writes(f"Something between {number}")
    await alice.sees("Something between 29")
    await alice.page.get_by_role("region", name="Messages").press("Home")
    await chooses(alice, "Shall we meet at the river?", "Reply")
    await expect(alice.field).to_be_focused()
    await expect(alice.page.get_by_role("group", name="Reply to yourself")).to_be_visible()
    await alice.page.keyboard.press("Escape")
    await expect(alice.page.get_by_role("group", name="Reply to yourself")).to_have_count(0)
    await expect(alice.page).to_have_url(re.compile("/c/"))
    await chooses(alice, "Gladly", "Reply")
    await alice.writes("At eight?")
    answer = bob.message("At eight?")
    await expect(answer.locator("[data-quote]")).to_contain_text("Gladly", timeout=PATIENCE)
    await expect(answer.locator("[data-quote]")).to_contain_text("You")
    await answer.locator("[data-quote]").click()
    await expect(bob.message("Gladly")).to_be_in_viewport(timeout=PATIENCE)
    await bob.page.reload()
    await expect(bob.message("At eight?").locator("[data-quote]")).to_contain_text("Gladly", timeout=PATIENCE)


async def test_reactions_come_go_and_say_whose_they_are(alice: Person, bob: Person) -> None:
    await meet(alice, bob)
    await bob.message("Shall we meet at the river?").locator(".bubble").click(button="right")
    await bob.page.get_by_role("menuitemcheckbox", name="👍").click()
    mine = chips(bob, "Shall we meet at the river?")
    await expect(mine).to_have_attribute("aria-pressed", "true")
    theirs = chips(alice, "Shall we meet at the river?")
    await expect(theirs).to_have_attribute("aria-label", "👍 1, Bob", timeout=PATIENCE)
    await expect(theirs).to_have_attribute("aria-pressed", "false")
    await theirs.click()
    await expect(mine).to_have_attribute("aria-label", "👍 2, you and Alice", timeout=PATIENCE)
    # A reaction is no message: nothing is unread, and the list shows what was said last.
    await alice.converses_with("Notes")
    await bob.message("Gladly").locator(".bubble").click(button="right")
    await bob.page.get_by_role("menuitem", name="Another emoji").click()
    await bob.page.get_by_label("Or type any other emoji").fill("👩‍💻")
    await bob.page.keyboard.press("Enter")
    await expect(chips(bob, "Gladly")).to_have_text("👩‍💻")
    await alice.page.wait_for_timeout(500)
    await expect(alice.row("Bob")).to_contain_text("Gladly")
    await expect(alice.row("Bob").get_by_text("unread")).to_have_count(0)
    await alice.converses_with("Bob")
    await expect(chips(alice, "Gladly")).to_have_text("👩‍💻", timeout=PATIENCE)

    await chips(alice, "Shall we meet at the river?").click(button="right")
    who = alice.page.get_by_role("dialog", name="Reactions")
    await expect(who.get_by_role("listitem")).to_have_count(2)
    await who.get_by_role("button", name="Take back").click()
    await expect(who.get_by_role("listitem")).to_have_count(1)
    await alice.page.keyboard.press("Escape")
    await expect(mine).to_have_attribute("aria-label", "👍 1, you", timeout=PATIENCE)
    await alice.page.reload()
    await expect(chips(alice, "Shall we meet at the river?")).to_have_attribute(
        "aria-pressed", "false", timeout=PATIENCE
    )


async def test_an_edit_replaces_what_was_said_and_says_so(alice: Person, bob: Person) -> None:
    await meet(alice, bob)
    await alice.field.fill("begun")
    await chooses(alice, "Shall we meet at the river?", "Edit")
    await expect(alice.field).to_have_value("Shall we meet at the river?")
    await alice.page.keyboard.press("Escape")
    await expect(alice.field).to_have_value("begun")
    await alice.field.fill("")
    await alice.field.press("ArrowUp")
    await expect(alice.field).to_have_value("Shall we meet at the river?")
    await alice.field.fill("Shall we meet at the bridge?")
    await alice.field.press("Enter")
    await expect(alice.field).to_have_value("")
    await bob.sees("Shall we meet at the bridge?")
    await bob.sees("Shall we meet at the river?", times=0)
    await expect(bob.message("Shall we meet at the bridge?")).to_contain_text("edited")
    assert await bob.messages.count() == 2
    await bob.page.reload()
    await bob.sees("Shall we meet at the bridge?")
    # What is somebody else's is not offered.
    assert "Edit" not in await offers(bob, "Shall we meet at the bridge?")
    assert "Delete for everyone" not in await offers(bob, "Shall we meet at the bridge?")
    await bob.field.press("ArrowUp")
    await expect(bob.field).to_have_value("Gladly")


async def test_a_deleted_message_is_gone_for_both(alice: Person, bob: Person) -> None:
    await meet(alice, bob)
    await bob.message("Shall we meet at the river?").locator(".bubble").click(button="right")
    await bob.page.get_by_role("menuitemcheckbox", name="👍").click()
    await expect(chips(alice, "Shall we meet at the river?")).to_have_count(1, timeout=PATIENCE)
    await chooses(alice, "Shall we meet at the river?", "Delete for everyone")
    dialog = alice.page.get_by_role("dialog", name="Delete this message for everyone?")
    await dialog.get_by_role("button", name="Cancel").click()
    await alice.sees("Shall we meet at the river?")
    await chooses(alice, "Shall we meet at the river?", "Delete for everyone")
    await dialog.get_by_role("button", name="Delete for everyone").click()
    for person in (alice, bob):
        await person.sees("Shall we meet at the river?", times=0)
        await expect(person.messages.filter(has_text="This message was deleted.")).to_have_count(1)
        await expect(person.messages.locator("[data-emoji]")).to_have_count(0)
        await person.page.reload()
        await expect(person.messages.filter(has_text="This message was deleted.")).to_have_count(
            1, timeout=PATIENCE
        )


@pytest.mark.offline
async def test_what_is_done_offline_shows_at_once_survives_and_arrives(alice: Person, bob: Person) -> None:
    await meet(alice, bob)
    await alice.writes("To be deleted")
    await bob.sees("To be deleted")
    await alice.page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
    await alice.page.reload()
    await alice.sees("Gladly")
    await alice.goes_offline()
    await chooses(alice, "Shall we meet at the river?", "Edit")
    await alice.field.fill("Shall we meet at the mill?")
    await alice.field.press("Enter")
    await alice.message("Gladly").locator(".bubble").click(button="right")
    await alice.page.get_by_role("menuitemcheckbox", name="❤").click()
    await alice.message("Gladly").locator(".bubble").click(button="right")
    await alice.page.get_by_role("menuitemcheckbox", name="😂").click()
    await chooses(alice, "To be deleted", "Delete for everyone")
    await alice.page.get_by_role("dialog").get_by_role("button", name="Delete for everyone").click()
    await chooses(alice, "Gladly", "Reply")
    await alice.writes("And then?")
    await alice.sees("And then?")
    await alice.page.reload()
    await alice.sees_mark("Shall we meet at the mill?", "Waiting to be sent")
    await expect(chips(alice, "Gladly")).to_have_count(2)
    # What waits is taken back before it was sent, and leaves no trace.
    await chips(alice, "Gladly").nth(1).click()
    await expect(chips(alice, "Gladly")).to_have_count(1)
    await alice.sees("To be deleted", times=0)
    await expect(alice.message("And then?").locator("[data-quote]")).to_contain_text("Gladly")
    await bob.sees("Shall we meet at the river?")
    await alice.goes_offline(False)
    await bob.sees("Shall we meet at the mill?")
    await bob.sees("To be deleted", times=0)
    await expect(bob.message("And then?").locator("[data-quote]")).to_contain_text("Gladly", timeout=PATIENCE)
    await expect(chips(bob, "Gladly")).to_have_attribute("aria-label", "❤️ 1, Alice")
    await expect(chips(alice, "Gladly")).to_have_attribute("aria-label", "❤️ 1, you")
    await alice.sees_mark("Shall we meet at the mill?", "Read")


async def test_both_tabs_show_the_same(alice: Person, bob: Person) -> None:
    await meet(alice, bob)
    second = await alice.opens_a_tab()
    await second.converses_with("Bob")
    await second.message("Gladly").locator(".bubble").click(button="right")
    await second.page.get_by_role("menuitemcheckbox", name="🙏").click()
    await expect(chips(alice, "Gladly")).to_have_attribute("aria-pressed", "true", timeout=PATIENCE)
    await chooses(alice, "Shall we meet at the river?", "Edit")
    await alice.field.fill("Shall we meet at home?")
    await alice.field.press("Enter")
    await second.sees("Shall we meet at home?")
    await chips(alice, "Gladly").click()
    await expect(chips(second, "Gladly")).to_have_count(0, timeout=PATIENCE)
    await expect(chips(bob, "Gladly")).to_have_count(0, timeout=PATIENCE)


async def test_several_are_chosen_copied_forwarded_and_deleted(alice: Person, bob: Person) -> None:
    await meet(alice, bob)
    await alice.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await chooses(alice, "Shall we meet at the river?", "Select")
    await alice.message("Gladly").click()
    await expect(alice.page.get_by_text("2 selected")).to_be_visible()
    # Not all of them are hers to delete.
    bar = alice.page.get_by_role("toolbar", name="Message actions")
    await expect(bar.get_by_role("button", name="Delete for everyone")).to_have_count(0)
    await bar.get_by_role("button", name="Copy text").click()
    copied = await alice.page.evaluate("navigator.clipboard.readText()")
    assert copied == "Shall we meet at the river?\n\nGladly"
    await chooses(alice, "Gladly", "Forward")
    await alice.page.get_by_role("dialog", name="Forward to").get_by_role("button", name="Notes").click()
    await alice.converses_with("Notes")
    await alice.sees("Gladly")
    await expect(alice.message("Gladly")).to_contain_text("Forwarded")


async def test_by_keyboard_alone(alice: Person, bob: Person) -> None:
    await meet(alice, bob)
    page = alice.page
    await page.get_by_role("region", name="Messages").focus()
    await page.keyboard.press("ArrowUp")
    await expect(alice.message("Gladly")).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(alice.message("Shall we meet at the river?")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem", name="Reply")).to_be_focused(timeout=PATIENCE)
    await page.keyboard.press("Escape")
    await expect(alice.message("Shall we meet at the river?")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("r")
    await expect(page.get_by_role("group", name="Reply to Bob")).to_be_visible()
    await expect(alice.field).to_be_focused()
    await page.keyboard.type("Then tomorrow")
    await page.keyboard.press("Enter")
    await expect(bob.message("Then tomorrow").locator("[data-quote]")).to_contain_text(
        "Gladly", timeout=PATIENCE
    )


async def test_a_finger_holds_for_the_menu_and_swipes_for_a_reply(
    alice: Person, bob: Person, arrives: SomebodyNew
) -> None:
    await meet(alice, bob)
    phone = await arrives("alice", **PHONE)
    await phone.signs_in()
    await phone.converses_with("Bob")
    await phone.sees("Gladly")
    box = await phone.message("Gladly").locator(".bubble").bounding_box()
    assert box is not None
    x, y = box["x"] + 30, box["y"] + box["height"] / 2
    session = await phone.context.new_cdp_session(phone.page)

    async def touch(kind: str, *points: dict[str, float]) -> None:
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    await touch("touchStart", {"x": x, "y": y})
    for step in range(1, 10):
        await touch("touchMove", {"x": x + step * 12, "y": y})
    await touch("touchEnd")
    await expect(phone.page.get_by_role("group", name="Reply to Bob")).to_be_visible(timeout=PATIENCE)
    await phone.page.get_by_role("button", name="Do not reply").click()
    # Up and down scrolls, and answers nothing.
    await touch("touchStart", {"x": x, "y": y})
    for step in range(1, 6):
        await touch("touchMove", {"x": x + step, "y": y - step * 12})
    await touch("touchEnd")
    await expect(phone.page.get_by_role("group", name="Reply to Bob")).to_have_count(0)
    await touch("touchStart", {"x": x, "y": y})
    await phone.page.get_by_role("menuitem", name="Reply").wait_for()
    await touch("touchEnd")
    await phone.page.get_by_role("menuitemcheckbox", name="👍").click()
    await expect(chips(phone, "Gladly")).to_have_attribute("aria-pressed", "true")
    await expect(chips(bob, "Gladly")).to_have_attribute("aria-label", "👍 1, Alice", timeout=PATIENCE)
