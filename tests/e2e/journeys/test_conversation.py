"""Two people register, become friends and talk; then everything that can come between them."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.person import PATIENCE, PHONE, Person

LEAVING_MS = 12_000  # longer than the server waits before it says that somebody left


async def test_two_people_become_friends_and_talk(alice: Person, bob: Person) -> None:
    await alice.asks_and_is_accepted(bob)
    await alice.converses_with("Bob")
    await alice.writes("Hello Bob")
    await alice.sees("Hello Bob")
    await alice.sees_mark("Hello Bob", "Delivered")

    await expect(bob.row("Alice").get_by_text("1 unread message")).to_be_attached(timeout=PATIENCE)
    await expect(bob.page).to_have_title(re.compile(r"^\(1\) "))
    await bob.converses_with("Alice")
    await bob.sees("Hello Bob")
    await alice.sees_mark("Hello Bob", "Read")
    await expect(bob.row("Alice").get_by_text("1 unread message")).to_have_count(0)

    await bob.writes("Hello Alice\nhow are you?")
    await alice.sees("Hello Alice\nhow are you?")
    await bob.sees_mark("Hello Alice\nhow are you?", "Read")
    await expect(alice.presence).to_have_text("Online")

    await bob.field.press_sequentially("Hm")
    await expect(alice.presence).to_have_text("typing…", timeout=PATIENCE)
    await bob.field.fill("")
    await expect(alice.presence).to_have_text("Online", timeout=PATIENCE)

    await alice.page.reload()
    await alice.sees("Hello Bob")
    await alice.sees("Hello Alice\nhow are you?")
    assert await alice.messages.count() == 2


async def test_presence_ends_with_the_last_tab(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    await alice.converses_with("Bob")
    await expect(alice.presence).to_have_text("Online", timeout=PATIENCE)
    second = await bob.opens_a_tab()
    await bob.page.close()
    await alice.page.wait_for_timeout(LEAVING_MS)
    await expect(alice.presence).to_have_text("Online")
    await second.page.close()
    await expect(alice.page.locator("header").get_by_text(re.compile("Last seen"))).to_be_visible(
        timeout=25_000
    )


@pytest.mark.offline
async def test_what_is_written_offline_arrives_exactly_once(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    await alice.converses_with("Bob")
    await bob.converses_with("Alice")
    await alice.goes_offline()
    for number in range(3):
        await alice.writes(f"Written offline {number}")
        await alice.sees_mark(f"Written offline {number}", "Waiting to be sent")
    await expect(alice.page.get_by_text("You are offline")).to_be_visible(timeout=PATIENCE)
    await alice.goes_offline(False)
    for number in range(3):
        await bob.sees(f"Written offline {number}")
        await alice.sees_mark(f"Written offline {number}", "Read")
    assert await bob.messages.count() == 3
    await alice.page.reload()
    await alice.sees("Written offline 2")
    assert await alice.messages.count() == 3


@pytest.mark.offline
async def test_the_app_opens_offline_and_keeps_what_is_written_there(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    await alice.page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
    await alice.page.reload()
    await alice.converses_with("Bob")
    await alice.goes_offline()
    await alice.writes("Before the reload")
    await alice.sees_mark("Before the reload", "Waiting to be sent")
    await alice.page.reload()
    await alice.sees("Before the reload")
    await alice.goes_offline(False)
    await bob.converses_with("Alice")
    await bob.sees("Before the reload")
    assert await bob.messages.count() == 1


async def test_a_draft_waits_in_its_conversation(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    await alice.converses_with("Bob")
    await alice.field.fill("Not finished")
    await alice.converses_with("Notes")
    await expect(alice.row("Bob")).to_contain_text(re.compile(r"Draft:\s*Not finished"), timeout=PATIENCE)
    await alice.page.reload()
    await alice.converses_with("Bob")
    await expect(alice.field).to_have_value("Not finished", timeout=PATIENCE)
    await alice.field.press("Enter")
    await alice.converses_with("Notes")
    await expect(alice.row("Bob")).to_contain_text(re.compile(r"You:\s*Not finished"), timeout=PATIENCE)


@pytest.mark.offline
async def test_an_ended_friendship_closes_the_conversation(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    await alice.converses_with("Bob")
    await alice.writes("Still here")
    await alice.sees_mark("Still here", "Delivered")
    await alice.goes_offline()
    await alice.writes("Too late")
    await bob.converses_with("Alice")
    await bob.page.get_by_role("main").get_by_role("link", name="Alice").click()
    await bob.page.get_by_role("button", name="Remove friend").click()
    await bob.page.get_by_role("dialog").get_by_role("button", name="Remove friend").click()
    await expect(bob.page.get_by_role("dialog")).to_have_count(0, timeout=PATIENCE)
    await alice.goes_offline(False)
    await expect(alice.page.get_by_text("are not friends any more. Everything")).to_be_visible(
        timeout=PATIENCE
    )
    await expect(alice.field).to_have_count(0)
    await alice.sees("Still here")
    await expect(alice.page.get_by_text("Not sent: you are not friends any more.")).to_be_visible(
        timeout=PATIENCE
    )
    await alice.page.get_by_role("button", name="Delete").click()
    await alice.sees("Too late", times=0)


async def test_a_phone_shows_one_column_with_real_history(alice: Person, bob: Person, arrives) -> None:  # type: ignore[no-untyped-def]
    await alice.befriends(bob)
    phone = await arrives("alice", **PHONE)
    await phone.signs_in()
    bar = phone.page.get_by_role("navigation", name="Main navigation")
    await expect(bar).to_be_visible()
    await phone.converses_with("Bob")
    await expect(bar).to_be_hidden()
    await expect(phone.row("Notes")).to_be_hidden()
    await phone.field.fill("From the phone")
    await phone.field.press("Enter")
    await expect(phone.field).to_have_value("From the phone\n")
    await phone.page.get_by_role("button", name="Send").click()
    await phone.sees("From the phone")
    await phone.page.go_back()
    await expect(bar).to_be_visible()
    await expect(phone.row("Bob")).to_contain_text(re.compile(r"You:\s*From the phone"))
    await alice.converses_with("Bob")
    await alice.sees("From the phone")
