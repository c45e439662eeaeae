"""What calls somebody who does not look: once, as long as it is not read, and not where it is not wanted."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import async_playwright, expect

from tests.e2e.conftest import CHROMIUM, QUIET, START, async_fixture, require
from tests.e2e.journeys.test_groups import enters, makes_group
from tests.e2e.journeys.test_tabs import shows
from tests.e2e.person import PATIENCE, Person
from tests.served import Served

SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map(({ title, body }) => [title, body])"""
PRESS = """async () => {
  const [notification] = await self.registration.getNotifications();
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
}"""
PASSES = 4000
"""Milliseconds in which a notification would have come."""

pytestmark = pytest.mark.offline


@async_fixture
async def anna(server: Served) -> AsyncIterator[Person]:
    """In a whole Chromium: the engine without windows shows no notifications."""
    require(CHROMIUM, "chromium is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET, timeout=START)
        async with Person(browser, server.url, "anna", permissions=["notifications"]) as person:
            await person.registers()
            yield person
        await browser.close()


async def notifications(person: Person) -> Any:
    return await person.page.evaluate(SHOWN)


async def is_told(person: Person, *said: list[str]) -> None:
    """These notifications are shown and no others, maybe after a while."""
    for _ in range(PATIENCE // 200):
        if await notifications(person) == list(said):
            return
        await person.page.wait_for_timeout(200)
    assert await notifications(person) == list(said)


async def is_told_nothing(person: Person, *before: list[str]) -> None:
    await person.page.wait_for_timeout(PASSES)
    assert await notifications(person) == list(before)


async def wants_notifications(person: Person) -> None:
    await person.opens("/you/notifications")
    await person.page.get_by_role("switch", name="Show notifications").check()
    await expect(person.page.get_by_role("switch", name="With what was written")).to_be_checked()


async def test_who_does_not_look_is_told_once_until_it_is_read(anna: Person, bob: Person) -> None:
    await anna.befriends(bob)
    await bob.converses_with("Anna")
    await wants_notifications(anna)
    await bob.writes("You see this page")
    await is_told_nothing(anna)

    await shows(anna, "hidden")
    await bob.writes("Are you **there**?")
    await is_told(anna, ["Bob", "Are you there?"])
    await bob.writes("y" * 300)
    await is_told(anna, ["Bob", "y" * 200 + "…"])
    await bob.writes("<b>Hello</b>")
    await is_told(anna, ["Bob", "<b>Hello</b>"])

    # Another tab that is seen tells of it in its own way, and what is read there is told of no more.
    tab = await anna.opens_a_tab()
    await bob.writes("Here you are")
    await is_told_nothing(anna, ["Bob", "<b>Hello</b>"])
    await tab.converses_with("Bob")
    await tab.sees("Here you are")
    await is_told(anna)
    await tab.page.close()

    await bob.writes("And now?")
    await is_told(anna, ["Bob", "And now?"])
    await anna.context.service_workers[0].evaluate(PRESS)
    await expect(anna.message("And now?")).to_be_in_viewport(timeout=PATIENCE)


async def test_who_wants_no_words_or_to_be_left_alone_is(anna: Person, bob: Person) -> None:
    await anna.befriends(bob)
    await bob.converses_with("Anna")
    await wants_notifications(anna)
    await anna.page.get_by_role("switch", name="With what was written").uncheck()
    await shows(anna, "hidden")
    await bob.writes("a secret")
    await is_told(anna, ["Bob", "A new message"])
    await shows(anna, "visible")
    await anna.page.get_by_role("button", name="For 1 hour").click()
    await expect(anna.page.get_by_text("You are not disturbed until")).to_be_visible()
    await shows(anna, "hidden")
    before = await notifications(anna)
    await bob.writes("nobody hears this")
    await is_told_nothing(anna, *before)
    # It holds on all devices, and over a start.
    await anna.page.reload()
    await expect(anna.page.get_by_text("You are not disturbed until")).to_be_visible(timeout=PATIENCE)
    await anna.page.get_by_role("button", name="End it").click()
    await expect(anna.page.get_by_role("button", name="For 1 hour")).to_be_visible()
    await shows(anna, "hidden")
    await anna.page.get_by_role("switch", name="Show notifications").uncheck()
    await bob.writes("not wanted any more")
    await is_told_nothing(anna, *await notifications(anna))


async def test_of_a_group_one_is_told_what_one_wants(anna: Person, bob: Person) -> None:
    await anna.befriends(bob)
    await makes_group(bob, "Walkers", anna)
    await wants_notifications(anna)
    await enters(anna, "Walkers")
    await anna.page.get_by_role("main").get_by_role("button", name="More").click()
    await anna.page.get_by_role("menuitem", name="Notifications").click()
    await anna.page.get_by_role("radio", name="Messages that mention me").check()
    await anna.page.keyboard.press("Escape")
    await anna.opens("/you")
    await shows(anna, "hidden")
    await bob.writes("to all of you")
    await is_told_nothing(anna)
    await bob.writes("@anna, and you?")
    await is_told(anna, ["Walkers", "Bob: @anna, and you?"])
