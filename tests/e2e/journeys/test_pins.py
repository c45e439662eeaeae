"""What is pinned stands at the head of a conversation for everybody, until it is taken back."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.conftest import SomebodyNew
from tests.e2e.journeys.test_groups import enters, makes_group
from tests.e2e.journeys.test_message_actions import chooses, meet, offers
from tests.e2e.person import PATIENCE, Person


def bar(person: Person) -> Locator:
    return person.page.get_by_role("group", name="Pinned message")


def leads_back(person: Person) -> Locator:
    return bar(person).get_by_role("button", name=re.compile("^Pinned message"))


async def test_what_is_pinned_is_at_the_head_for_both_and_leads_back(alice: Person, bob: Person) -> None:
    await meet(alice, bob)
    for number in range(30):
        await bob.writes(f"Something between {number}")
    await alice.sees("Something between 29")
    await expect(bar(alice)).to_have_count(0)
    await alice.page.get_by_role("region", name="Messages").press("Home")
    await chooses(alice, "Shall we meet at the river?", "Pin")
    await expect(bar(alice)).to_contain_text("Shall we meet at the river?")
    await expect(bar(bob)).to_contain_text("Pinned message", timeout=PATIENCE)
    await expect(bob.message("Shall we meet at the river?")).not_to_be_in_viewport()
    await leads_back(bob).click()
    await expect(bob.message("Shall we meet at the river?")).to_be_in_viewport(timeout=PATIENCE)

    await chooses(bob, "Gladly", "Pin")
    await expect(bar(alice)).to_contain_text("Pinned message 1 of 2", timeout=PATIENCE)
    await expect(bar(alice)).to_contain_text("Gladly")
    # Each press goes on to the one before.
    await leads_back(alice).press("Enter")
    await expect(alice.message("Gladly")).to_be_in_viewport(timeout=PATIENCE)
    await expect(bar(alice)).to_contain_text("Pinned message 2 of 2")
    await expect(bar(alice)).to_contain_text("Shall we meet at the river?")

    await alice.page.reload()
    await bar(alice).get_by_role("button", name="All pinned messages").click()
    pinned = alice.page.get_by_role("dialog", name="All pinned messages").get_by_role("listitem")
    await expect(pinned).to_have_count(2)
    await expect(pinned.first).to_contain_text("Pinned by Bob")
    await expect(pinned.last).to_contain_text("Pinned by you")
    await alice.page.get_by_role("button", name="Unpin: Gladly").press("Enter")
    await expect(pinned).to_have_count(1)
    # The next one has the focus then.
    await expect(alice.page.get_by_role("button", name="Unpin: Shall we meet at the river?")).to_be_focused()
    await alice.page.keyboard.press("Escape")
    await expect(bar(bob)).to_contain_text("Shall we meet at the river?", timeout=PATIENCE)
    assert "Unpin" in await offers(bob, "Shall we meet at the river?")
    await chooses(alice, "Shall we meet at the river?", "Delete for everyone")
    await alice.page.get_by_role("button", name="Delete for everyone").click()
    await expect(bar(bob)).to_have_count(0, timeout=PATIENCE)
    await expect(bar(alice)).to_have_count(0)


@pytest.mark.offline
async def test_pinned_offline_stands_at_once_and_arrives_later(alice: Person, bob: Person) -> None:
    await meet(alice, bob)
    await alice.goes_offline()
    await chooses(alice, "Gladly", "Pin")
    await expect(bar(alice)).to_contain_text("Gladly")
    await expect(bar(bob)).to_have_count(0)
    await alice.goes_offline(False)
    await expect(bar(bob)).to_contain_text("Gladly", timeout=PATIENCE)


async def test_in_a_group_who_may_pins_and_who_comes_later_sees_it(arrives: SomebodyNew) -> None:
    alice, bob = [await arrives(name) for name in ("alice", "bob")]
    for person in (alice, bob):
        await person.registers()
    await alice.befriends(bob)
    await makes_group(alice, "Sunday walkers", bob)
    await enters(bob, "Sunday walkers")
    await alice.writes("We start at nine")
    await bob.sees("We start at nine")
    assert "Pin" not in await offers(bob, "We start at nine")
    await chooses(alice, "We start at nine", "Pin")
    await expect(bar(bob)).to_contain_text("We start at nine", timeout=PATIENCE)
    # What was pinned long before the newest page is there on a device that has nothing yet.
    for number in range(60):
        await alice.writes(f"Something since {number}")
    await bob.sees("Something since 59")
    again = await arrives("bob")
    await again.signs_in()
    await enters(again, "Sunday walkers")
    await expect(bar(again)).to_contain_text("We start at nine", timeout=PATIENCE)
    await bar(again).get_by_role("button", name="All pinned messages").click()
    dialog = again.page.get_by_role("dialog", name="All pinned messages")
    await expect(dialog).to_contain_text("Pinned by Alice")
    await expect(dialog.get_by_role("button", name="Unpin")).to_have_count(0)
