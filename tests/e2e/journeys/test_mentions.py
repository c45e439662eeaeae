"""Mentions in a group of three: who is offered while one types, who is told, and how they come to it."""

import re

from playwright.async_api import Locator, expect

from tests.e2e.conftest import Program, SomebodyNew, async_fixture
from tests.e2e.journeys.test_groups import Three, enters, makes_group, opens_group
from tests.e2e.journeys.test_restored import befriends
from tests.e2e.person import PATIENCE, PHONE, Person

MENTIONED = "1 unread message mentions you"


@async_fixture
async def three(arrives: SomebodyNew) -> Three:
    """Alice with bob and carol in her group Walkers; bob and carol look at their lists."""
    alice, bob, carol = await arrives("alice"), await arrives("bob"), await arrives("carol", **PHONE)
    for person in (alice, bob, carol):
        await person.registers()
    await alice.befriends(bob)
    await alice.befriends(carol)
    await makes_group(alice, "Walkers", bob, carol)
    await alice.writes("Here we are")
    for person in (bob, carol):
        await enters(person, "Walkers")
        await person.sees("Here we are")
        await person.opens("/friends")
    return alice, bob, carol


def offered(person: Person) -> Locator:
    return person.page.get_by_role("listbox", name="People to mention").get_by_role("option")


async def types(person: Person, text: str) -> None:
    await person.field.press_sequentially(text)


async def sees_in_the_list(person: Person, text: str) -> None:
    await person.opens()
    await expect(person.row("Walkers")).to_contain_text(text, timeout=PATIENCE)


async def test_who_is_mentioned_is_told_and_nobody_else(three: Three) -> None:
    alice, bob, carol = three
    await types(alice, "Are you there, @B")
    await expect(offered(alice)).to_have_count(1)
    await expect(offered(alice)).to_contain_text("@bob")
    await alice.field.press("Enter")
    await expect(alice.field).to_have_value("Are you there, @bob ")
    await expect(offered(alice)).to_have_count(0)
    await alice.field.press("Enter")
    await alice.writes("```css\n@media print {}\n@all @carol\n```\nis what `@carol` wrote")
    for at in range(11):
        await alice.writes(f"Line {at}")
    await alice.sees("Line 10")

    await sees_in_the_list(bob, "Line 10")
    await expect(bob.row("Walkers")).to_contain_text(MENTIONED)
    await sees_in_the_list(carol, "Line 10")
    await expect(carol.row("Walkers")).to_contain_text("13 unread messages")
    await expect(carol.row("Walkers")).not_to_contain_text("mentions you")
    await carol.opens("/you/mentions")
    await expect(carol.page.get_by_text("Nobody has mentioned you yet")).to_be_visible(timeout=PATIENCE)

    await bob.opens("/you/mentions")
    await bob.page.get_by_role("main").get_by_role("link", name="Are you there, @bob").click()
    await expect(bob.message("Are you there, @bob")).to_be_in_viewport(timeout=PATIENCE)
    await expect(bob.message("Are you there, @bob").get_by_title("Mentions you")).to_have_text("@bob")
    await bob.opens()
    await expect(bob.row("Walkers")).not_to_contain_text(MENTIONED)

    await enters(carol, "Walkers")
    await carol.message("Are you there, @bob").get_by_role("link", name="@bob").click()
    await expect(carol.page.get_by_role("heading", name="Bob", exact=True)).to_be_visible(timeout=PATIENCE)


async def test_who_is_told_without_a_word_of_it_reads_so(alice: Person, program: Program) -> None:
    """Programs name people by their ids: what calls one is never without a reason that is seen."""
    ada = await program("ada")
    await befriends(ada, alice)
    group = await ada.groups.create(["alice"])
    told = list(ada.replica.users.friends)
    await ada.send(group, "Look at this", mentions=told)
    await ada.send(group, "`@all` is for everybody", everyone=True)
    await ada.send(group, "You are named, @alice", mentions=told, everyone=True)
    await alice.opens(f"/c/{group}")
    for at, words in enumerate(("Mentions you", "Mentions everybody", "@alice")):
        await expect(alice.messages.nth(at).locator(".told")).to_have_text(words, timeout=PATIENCE)


async def test_one_jumps_from_mention_to_mention(three: Three) -> None:
    alice, bob, carol = three
    for at in range(25):
        await alice.writes(f"Line {at}")
    await alice.writes("First @bob")
    for at in range(25, 50):
        await alice.writes(f"Line {at}")
    await alice.writes("Second @bob")
    for at in range(50, 75):
        await alice.writes(f"Line {at}")
    await sees_in_the_list(bob, "2 unread messages mention you")
    await bob.converses_with("Walkers")
    jump = bob.page.locator("button[data-mention]")
    await expect(jump).to_have_accessible_name("Go to the next of 2 messages that mention you")
    await jump.click()
    await expect(bob.message("First @bob")).to_be_in_viewport(timeout=PATIENCE)
    await expect(jump).to_have_accessible_name("Go to the unread message that mentions you")
    await jump.click()
    await expect(bob.message("Second @bob")).to_be_in_viewport(timeout=PATIENCE)
    await expect(jump).to_have_count(0)
    await enters(carol, "Walkers")
    await expect(carol.page.get_by_role("button", name=re.compile("new messages"))).to_be_visible(
        timeout=PATIENCE
    )
    await expect(carol.page.locator("button[data-mention]")).to_have_count(0)


async def test_everybody_is_called_by_who_may(three: Three) -> None:
    alice, bob, carol = three
    await enters(bob, "Walkers")
    await types(bob, "@")
    await expect(offered(bob)).to_have_count(2)
    await types(bob, "all")
    await expect(offered(bob)).to_have_count(0)
    await bob.field.press("Enter")
    await alice.sees("@all")
    await types(alice, "Look, @all")
    await expect(offered(alice)).to_contain_text(["Everybody here"])
    await alice.field.press("Tab")
    await alice.field.press("Enter")
    await bob.sees("Look, @all")
    await sees_in_the_list(carol, MENTIONED)
    await expect(carol.row("Walkers")).to_contain_text("2 unread messages")
    await carol.opens("/you/mentions")
    entries = carol.page.get_by_role("main").get_by_role("listitem")
    await expect(entries).to_have_count(1)
    await expect(entries).to_contain_text("Look, @all")
    # Who is given the right is offered it.
    await opens_group(alice)
    await alice.page.get_by_label("Call everybody with @all").select_option(label="All members")
    await expect(bob.page.locator("p[data-event]").last).to_have_text("Alice changed who may do what")
    await types(bob, "@al")
    await expect(offered(bob)).to_contain_text(["Alice", "Everybody here"], timeout=PATIENCE)


async def test_suggestions_go_by_keys_and_by_touch(three: Three) -> None:
    alice, _, carol = three
    await types(alice, "@")
    await expect(offered(alice)).to_have_count(3)
    names = await offered(alice).locator(".username").all_inner_texts()
    await expect(alice.field).to_have_attribute("aria-activedescendant", await id_of(offered(alice).nth(0)))
    await alice.field.press("ArrowDown")
    await expect(alice.field).to_have_attribute("aria-activedescendant", await id_of(offered(alice).nth(1)))
    await expect(offered(alice).nth(1)).to_have_attribute("aria-selected", "true")
    await alice.field.press("ArrowUp")
    await alice.field.press("ArrowUp")
    await expect(offered(alice).nth(2)).to_have_attribute("aria-selected", "true")
    await alice.field.press("Escape")
    await expect(offered(alice)).to_have_count(0)
    await expect(alice.field).to_have_value("@")
    await expect(alice.field).not_to_have_attribute("aria-activedescendant", re.compile("."))
    await alice.field.press("Backspace")
    await types(alice, "@")
    await alice.field.press("Tab")
    await expect(alice.field).to_have_value(f"{names[0]} ")
    await expect(alice.field).to_be_focused()

    await enters(carol, "Walkers")
    await types(carol, "Hello @bo")
    await offered(carol).tap()
    await expect(carol.field).to_have_value("Hello @bob ")
    await expect(carol.field).to_be_focused()
    await types(carol, "and @")
    await carol.page.get_by_role("button", name="Send").tap()
    await expect(offered(carol)).to_have_count(0)
    await alice.sees("Hello @bob and @")


async def id_of(option: Locator) -> str:
    found = await option.get_attribute("id")
    assert found
    return found


async def test_a_mention_can_be_edited_in_and_out_and_tells_nobody_anew(three: Three) -> None:
    alice, bob, carol = three
    await alice.writes("Look @bob")
    await sees_in_the_list(bob, MENTIONED)
    await alice.field.press("ArrowUp")
    await alice.field.fill("Look @carol")
    await alice.field.press("Escape")
    await alice.field.press("Enter")
    await alice.sees("Look @carol")
    await sees_in_the_list(carol, "Look @carol")
    await expect(carol.row("Walkers")).to_contain_text("1 unread message")
    await expect(carol.row("Walkers")).not_to_contain_text("mentions you")
    await bob.opens("/you/mentions")
    await expect(bob.page.get_by_role("main").get_by_role("listitem")).to_contain_text("Look @carol")
    await alice.message("Look @carol").click(button="right")
    await alice.page.get_by_role("menuitem", name="Delete for everyone").click()
    await alice.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(bob.page.get_by_text("Nobody has mentioned you yet")).to_be_visible(timeout=PATIENCE)
