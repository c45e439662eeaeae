"""Several tabs of one user in one browser agree, and none needs the others to stay open."""

import re

from playwright.async_api import expect

from tests.e2e.person import PATIENCE, Person


async def test_what_one_tab_sends_the_other_shows(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    second = await alice.opens_a_tab()
    await alice.converses_with("Bob")
    await second.converses_with("Bob")
    await alice.writes("From the first tab")
    await second.sees("From the first tab")
    await second.writes("From the second tab")
    await alice.sees("From the second tab")
    await bob.converses_with("Alice")
    for tab in (alice, second):
        await tab.sees_mark("From the first tab", "Read")
        await tab.sees_mark("From the second tab", "Read")
        assert await tab.messages.count() == 2


async def test_reading_in_one_tab_clears_the_other(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    second = await alice.opens_a_tab()
    await bob.converses_with("Alice")
    await bob.writes("Are you there?")
    unread = second.row("Bob").get_by_text("1 unread message")
    await expect(unread).to_be_attached(timeout=PATIENCE)
    await expect(second.page).to_have_title(re.compile(r"^\(1\) "))
    await alice.page.bring_to_front()
    await alice.converses_with("Bob")
    await expect(unread).to_have_count(0, timeout=PATIENCE)
    await expect(second.page).not_to_have_title(re.compile(r"^\(\d+\) "))
    await bob.sees_mark("Are you there?", "Read")


async def test_closing_the_sending_tab_loses_nothing(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    await bob.converses_with("Alice")
    second = await alice.opens_a_tab()
    await alice.converses_with("Bob")
    await alice.goes_offline()
    for number in range(5):
        await alice.writes(f"Last words {number}")
    await alice.sees_mark("Last words 4", "Waiting to be sent")
    await alice.page.close()
    await second.goes_offline(False)
    for number in range(5):
        await bob.sees(f"Last words {number}")
    assert await bob.messages.count() == 5
    await second.converses_with("Bob")
    await second.sees_mark("Last words 4", "Read")
    assert await second.messages.count() == 5
