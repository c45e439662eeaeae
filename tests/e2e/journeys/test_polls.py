"""What is asked of everybody: who chose what, live, offline, and until its author takes no more votes."""

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.conftest import SomebodyNew
from tests.e2e.journeys.test_groups import enters, makes_group
from tests.e2e.journeys.test_message_actions import meet
from tests.e2e.person import PATIENCE, Person

QUESTION = "When do we walk?"


async def asks(person: Person, *options: str, several: bool = False) -> None:
    await person.page.get_by_role("button", name="New poll").click()
    dialog = person.page.get_by_role("dialog", name="New poll")
    await dialog.get_by_label("Question").fill(QUESTION)
    for at, option in enumerate(options, 1):
        await dialog.get_by_label(f"Answer {at}", exact=True).fill(option)
    if several:
        await dialog.get_by_role("switch", name="Several answers").check()
    await dialog.get_by_role("button", name="Ask").click()
    await expect(dialog).to_have_count(0)


def poll(person: Person) -> Locator:
    return person.page.get_by_role("main").get_by_role("group", name=QUESTION)


async def stands(person: Person, *options: str) -> None:
    """The options as they are read out, one after the other."""
    for at, option in enumerate(options):
        one = poll(person).locator("[data-option]").nth(at)
        await expect(one).to_have_accessible_name(option, timeout=PATIENCE)


async def test_one_is_chosen_and_another_instead_until_it_is_closed(arrives: SomebodyNew) -> None:
    alice, bob, carol = [await arrives(name) for name in ("alice", "bob", "carol")]
    for person in (alice, bob, carol):
        await person.registers()
    await alice.befriends(bob)
    await alice.befriends(carol)
    await makes_group(alice, "Walkers", bob, carol)
    for person in (bob, carol):
        await enters(person, "Walkers")
    await asks(alice, "Friday", "Saturday", "Sunday")
    await stands(bob, "Friday", "Saturday", "Sunday")
    await poll(bob).get_by_role("radio", name="Saturday").click()
    await expect(poll(bob).get_by_role("radio", name="Saturday")).to_be_checked()
    await stands(bob, "Friday 0% 0 votes", "Saturday 100% 1 vote", "Sunday 0% 0 votes")
    # Who has not chosen follows nobody.
    await expect(poll(carol)).to_contain_text("1 has voted", timeout=PATIENCE)
    await stands(carol, "Friday", "Saturday", "Sunday")
    await poll(carol).get_by_role("radio", name="Friday").press("Enter")
    await stands(carol, "Friday 50% 1 vote", "Saturday 50% 1 vote", "Sunday 0% 0 votes")
    await poll(carol).get_by_role("radio", name="Saturday").press("Enter")
    await stands(bob, "Friday 0% 0 votes", "Saturday 100% 2 votes", "Sunday 0% 0 votes")

    await poll(bob).get_by_role("button", name="2 have voted").click()
    await expect(bob.page.get_by_role("dialog").locator("li bdi")).to_have_text(["You", "Carol"])
    await bob.page.keyboard.press("Escape")
    await poll(bob).get_by_text(QUESTION).click(button="right")
    await expect(bob.page.get_by_role("menuitem", name="Reply")).to_be_visible()
    await expect(bob.page.get_by_role("menuitem", name="Close the poll")).to_have_count(0)
    await bob.page.keyboard.press("Escape")
    await poll(alice).get_by_text(QUESTION).click(button="right")
    await expect(alice.page.get_by_role("menuitem", name="Edit")).to_have_count(0)
    await alice.page.get_by_role("menuitem", name="Close the poll").click()
    await expect(poll(carol)).to_contain_text("This poll is closed.", timeout=PATIENCE)
    await expect(poll(carol).get_by_role("radio", name="Friday")).to_be_disabled()
    await stands(alice, "Friday 0% 0 votes", "Saturday 100% 2 votes", "Sunday 0% 0 votes")
    await carol.opens()
    await expect(carol.row("Walkers")).to_contain_text(f"Poll: {QUESTION}")
    await carol.page.reload()
    await enters(carol, "Walkers")
    await stands(carol, "Friday 0% 0 votes", "Saturday 100% 2 votes", "Sunday 0% 0 votes")


@pytest.mark.offline
async def test_several_are_chosen_offline_and_taken_back(alice: Person, bob: Person) -> None:
    await meet(alice, bob)
    await asks(alice, "<b>Bread</b>", "مربى", several=True)
    await stands(bob, "<b>Bread</b>", "مربى")
    await bob.goes_offline()
    for option in ("<b>Bread</b>", "مربى"):
        await poll(bob).get_by_role("checkbox", name=option).click()
        await expect(poll(bob).get_by_role("checkbox", name=option)).to_be_checked()
    await poll(bob).get_by_role("checkbox", name="<b>Bread</b>").click()
    await stands(bob, "<b>Bread</b> 0% 0 votes", "مربى 100% 1 vote")
    await expect(poll(alice)).to_contain_text("0 have voted")
    await bob.goes_offline(False)
    await expect(poll(alice)).to_contain_text("1 has voted", timeout=PATIENCE)
    await poll(bob).get_by_role("checkbox", name="مربى").click()
    await expect(poll(alice)).to_contain_text("0 have voted", timeout=PATIENCE)
    await stands(bob, "<b>Bread</b>", "مربى")
