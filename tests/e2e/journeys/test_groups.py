"""Groups of three: who is in one, as what, what each can read, and two who act at the same moment."""

import asyncio
import re

import pytest
from playwright.async_api import Locator, Page, WebSocket, expect

from tests.e2e.conftest import SomebodyNew, async_fixture
from tests.e2e.keys import refuse
from tests.e2e.local_copy import read_copy
from tests.e2e.person import PATIENCE, Person

CANARY = "canary in a coal mine"

Three = tuple[Person, Person, Person]


@async_fixture
async def three(arrives: SomebodyNew) -> Three:
    """Alice, who has bob and carol for friends; these two do not know each other."""
    alice, bob, carol = [await arrives(name) for name in ("alice", "bob", "carol")]
    await asyncio.gather(*(person.registers() for person in (alice, bob, carol)))
    await alice.befriends(bob)
    await alice.befriends(carol)
    return alice, bob, carol


async def makes_group(person: Person, title: str, *others: Person) -> str:
    """Make a group by its page, and return the address of its conversation."""
    await person.opens("/groups/new")
    await person.page.get_by_label("Name of the group").fill(title)
    for other in others:
        await person.page.get_by_role("checkbox", name=other.name).check()
    await person.page.get_by_role("button", name=re.compile("Create group")).click()
    await expect(person.field).to_be_visible(timeout=PATIENCE)
    return person.page.url.removeprefix(person.origin)


async def enters(person: Person, title: str) -> None:
    await person.opens()
    await person.converses_with(title)


async def opens_group(person: Person) -> None:
    """From the open conversation to the page of its group."""
    await person.page.locator("#main header a.who").click()
    await expect(person.page.get_by_role("heading", name="Members")).to_be_visible(timeout=PATIENCE)


async def adds(person: Person, other: Person, *, history: bool) -> None:
    """On the group's page: add a friend, with what was written before or without."""
    await person.page.get_by_role("link", name="Add people").click()
    await person.page.get_by_role("checkbox", name=other.name).check()
    choice = "Also what was written before" if history else "Only what is written from now on"
    await person.page.get_by_role("radio", name=choice).check()
    await person.page.get_by_role("button", name="Add 1 person").click()
    await expect(member(person, other)).to_be_visible(timeout=PATIENCE)


def member(person: Person, other: Person) -> Locator:
    name = f"{other.name} (you)" if person.username == other.username else other.name
    return person.page.locator("section.members li").filter(has=person.page.get_by_text(name, exact=True))


async def chooses(person: Person, other: Person, act: str) -> None:
    """Open somebody's menu on the group's page and choose from it; the dialog that asks is open then."""
    await member(person, other).get_by_role("button", name=f"More about {other.name}").click()
    await person.page.get_by_role("menuitem", name=act).click()


async def confirms(person: Person, act: str) -> None:
    dialog = person.page.get_by_role("dialog")
    await dialog.get_by_role("button", name=act, exact=True).click()
    await expect(dialog).to_have_count(0, timeout=PATIENCE)


async def sees_line(person: Person, words: str) -> None:
    await expect(person.page.locator("p[data-event]").get_by_text(words, exact=True)).to_be_visible(
        timeout=PATIENCE
    )


def closed(person: Person) -> Locator:
    return person.page.locator("[data-closed]")


async def test_a_group_is_made_and_everybody_writes(three: Three) -> None:
    alice, bob, carol = three
    await makes_group(alice, "Walkers", bob, carol)
    made = re.compile("You made this group with (Bob and Carol|Carol and Bob)")
    await expect(alice.page.locator("p[data-event]").first).to_have_text(made, timeout=PATIENCE)
    await alice.writes(f"Hello all: {CANARY}")
    for one in (bob, carol):
        await enters(one, "Walkers")
        await one.sees(f"Hello all: {CANARY}")
        await expect(one.presence).to_have_text("3 members")
    made = re.compile("Alice made this group with (you and Carol|Carol and you)")
    await expect(bob.page.locator("p[data-event]").first).to_have_text(made, timeout=PATIENCE)
    await bob.writes("Hi from Bob")
    await carol.sees("Hi from Bob")
    await expect(carol.message("Hi from Bob").locator(".named")).to_have_text("Bob")
    await carol.writes("Hi from Carol")
    await alice.sees("Hi from Carol")
    await alice.sees_mark(f"Hello all: {CANARY}", "Read")
    await expect(alice.row("Walkers")).to_contain_text("Carol: Hi from Carol")
    await alice.page.reload()
    await alice.sees("Hi from Bob")
    await expect(alice.page.get_by_role("heading", name="Walkers", level=1)).to_be_visible(timeout=PATIENCE)


async def test_a_newcomer_reads_what_was_given_and_nothing_else(three: Three, arrives: SomebodyNew) -> None:
    alice, bob, carol = three
    dave = await arrives("dave")
    await dave.registers()
    await alice.befriends(dave)
    await makes_group(alice, "Walkers", bob)
    await alice.writes("Before carol")
    await alice.sees("Before carol")
    # What still waits is sealed for whoever is in the group when it goes out.
    waiting = alice.message("Before carol").get_by_title("Waiting to be sent")
    await expect(waiting).to_have_count(0, timeout=PATIENCE)
    await opens_group(alice)
    await adds(alice, carol, history=False)
    await adds(alice, dave, history=True)
    await enters(alice, "Walkers")
    await sees_line(alice, "You added Carol")
    await sees_line(alice, "You added Dave and gave them what was written before")
    await alice.writes("After both")
    await enters(carol, "Walkers")
    await carol.sees("After both")
    await sees_line(carol, "Alice added you")
    await carol.sees("Before carol", times=0)
    await enters(dave, "Walkers")
    await dave.sees("Before carol")
    await dave.sees("After both")
    await sees_line(dave, "Alice added you and gave you what was written before")
    assert "Before carol" not in await read_copy(carol)


async def test_who_is_removed_receives_nothing_more(three: Three) -> None:
    alice, bob, carol = three
    frames: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: frames.append(str(frame)))

    carol.page.on("websocket", listen)
    address = await makes_group(alice, "Walkers", bob, carol)
    conversation = address.removeprefix("/c/")
    await alice.writes("To all of you")
    await enters(bob, "Walkers")
    await enters(carol, "Walkers")
    await carol.sees("To all of you")
    await opens_group(alice)
    await chooses(alice, carol, "Remove from the group")
    await confirms(alice, "Remove from the group")
    await expect(member(alice, carol)).to_have_count(0, timeout=PATIENCE)
    await expect(closed(carol)).to_contain_text("You are not in this group any more", timeout=PATIENCE)
    await expect(carol.field).to_have_count(0)
    await sees_line(carol, "Alice removed you")
    assert any(conversation in frame for frame in frames)
    frames.clear()
    await alice.page.goto(alice.origin + address)
    await alice.writes(CANARY)
    await bob.sees(CANARY)
    await bob.writes(f"Answer to: {CANARY}")
    await alice.sees(f"Answer to: {CANARY}")
    await carol.page.reload()
    await expect(closed(carol)).to_be_visible(timeout=PATIENCE)
    await carol.sees("To all of you")
    await carol.sees(CANARY, times=0)
    kept = await read_copy(carol)
    assert "To all of you" in kept
    assert CANARY not in kept
    assert not any("message.sent" in frame and conversation in frame for frame in frames)
    assert not any(CANARY in frame for frame in frames)


async def test_one_leaves_and_the_last_owner_names_another_in_one_go(three: Three) -> None:
    alice, bob, carol = three
    await makes_group(alice, "Walkers", bob, carol)
    await enters(bob, "Walkers")
    await enters(carol, "Walkers")
    await opens_group(carol)
    await carol.page.get_by_role("button", name="Leave the group").click()
    await confirms(carol, "Leave the group")
    await expect(closed(carol)).to_contain_text("You have left this group", timeout=PATIENCE)
    await sees_line(bob, "Carol left")
    await bob.writes("Without Carol")
    await alice.sees("Without Carol")
    await expect(alice.presence).to_have_text("2 members")
    await opens_group(alice)
    await alice.page.get_by_role("button", name="Leave the group").click()
    dialog = alice.page.get_by_role("dialog")
    leave = dialog.get_by_role("button", name="Leave the group")
    await expect(leave).to_be_disabled()
    await dialog.get_by_role("radio", name="Bob").check()
    await leave.click()
    await expect(closed(alice)).to_contain_text("You have left this group", timeout=PATIENCE)
    await sees_line(bob, "Alice made you an owner")
    await sees_line(bob, "Alice left")
    await opens_group(bob)
    await expect(member(bob, bob)).to_contain_text("Owner")
    await expect(bob.page.get_by_text("1 member", exact=True)).to_be_visible(timeout=PATIENCE)


async def test_roles_and_rights_decide_who_may_do_what(three: Three) -> None:
    alice, bob, carol = three
    await makes_group(alice, "Walkers", bob)
    await enters(bob, "Walkers")
    await opens_group(bob)
    await expect(bob.page.get_by_role("link", name="Add people")).to_have_count(0)
    await opens_group(alice)
    await chooses(alice, bob, "Make an admin")
    await confirms(alice, "Make an admin")
    await expect(member(alice, bob)).to_contain_text("Admin", timeout=PATIENCE)
    await expect(bob.page.get_by_role("link", name="Add people")).to_be_visible(timeout=PATIENCE)
    await adds(alice, carol, history=False)
    await alice.page.get_by_label("Write messages").select_option(label="Owners and admins")
    await enters(carol, "Walkers")
    await expect(closed(carol)).to_contain_text("Not everybody may write", timeout=PATIENCE)
    await sees_line(carol, "Alice changed who may do what")
    await enters(bob, "Walkers")
    await sees_line(bob, "Alice made you an admin")
    await bob.writes("Admins speak")
    await carol.sees("Admins speak")
    await chooses(alice, bob, "Hand the group over")
    await confirms(alice, "Hand the group over")
    await expect(member(alice, bob)).to_contain_text("Owner", timeout=PATIENCE)
    await expect(member(alice, alice)).to_contain_text("Admin")
    await sees_line(carol, "Alice made Bob an owner")
    await sees_line(carol, "Alice is no longer an owner")


async def test_two_admins_at_the_same_moment(three: Three) -> None:
    """Bob's removal stands first; alice, whose page has not heard of it, is told so and decides anew."""
    alice, bob, carol = three
    await makes_group(alice, "Walkers", bob, carol)
    await enters(bob, "Walkers")
    await opens_group(alice)
    await chooses(alice, bob, "Make an admin")
    await confirms(alice, "Make an admin")
    await opens_group(bob)
    await expect(bob.page.get_by_role("link", name="Add people")).to_be_visible(timeout=PATIENCE)
    held = asyncio.Event()

    async def hold(route: object) -> None:
        await held.wait()
        await route.continue_()  # type: ignore[attr-defined]  # a Route

    await alice.context.route("**/api/epoch.make", hold)
    await chooses(alice, carol, "Make an admin")
    dialog = alice.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Make an admin").click()
    await asyncio.sleep(1)
    await chooses(bob, carol, "Remove from the group")
    await confirms(bob, "Remove from the group")
    held.set()
    await expect(dialog.get_by_role("alert")).to_contain_text("has just changed this group", timeout=PATIENCE)
    await expect(member(alice, carol)).to_have_count(0, timeout=PATIENCE)
    await dialog.get_by_role("button", name="Cancel").click()
    for one in (alice, bob):
        await enters(one, "Walkers")
        await sees_line(one, "You removed Carol" if one is bob else "Bob removed Carol")
        await expect(one.presence).to_have_text("2 members")


async def test_name_description_and_picture_reach_everybody_and_who_comes_later(three: Three) -> None:
    alice, bob, carol = three
    await makes_group(alice, "", bob)
    await expect(alice.page.get_by_role("heading", name="Bob", level=1)).to_be_visible(timeout=PATIENCE)
    await opens_group(alice)
    await alice.page.get_by_role("button", name="Edit").click()
    dialog = alice.page.get_by_role("dialog")
    await dialog.get_by_label("Name of the group").fill("Walkers")
    await dialog.get_by_label("What it is about").fill("Every Sunday")
    await dialog.get_by_role("button", name="Save").click()
    await enters(bob, "Walkers")
    await sees_line(bob, "Alice changed the name to “Walkers”")
    await sees_line(bob, "Alice changed the description")
    await adds(alice, carol, history=False)
    await enters(carol, "Walkers")
    await opens_group(carol)
    await expect(carol.page.get_by_text("Every Sunday")).to_be_visible(timeout=PATIENCE)
    # It was said again for carol, which is no change.
    await bob.writes("Hi")
    await expect(bob.page.locator("p[data-event=state]")).to_have_count(2)


async def test_who_has_no_keys_cannot_be_chosen_and_the_reason_is_said(
    alice: Person, arrives: SomebodyNew
) -> None:
    bob = await arrives("bob")
    await bob.context.route("**/api/chain.set_up", refuse)
    await bob.registers()
    await alice.befriends(bob)
    await alice.opens("/groups/new")
    await expect(alice.page.get_by_role("checkbox", name="Bob")).to_be_disabled(timeout=PATIENCE)
    await expect(alice.page.get_by_text("Has no keys for encryption yet")).to_be_visible()


async def test_a_second_tab_acts_through_the_one_that_leads(three: Three) -> None:
    alice, bob, _ = three
    tab = await alice.opens_a_tab()
    await makes_group(tab, "From the second tab", bob)
    await tab.writes("Written there")
    await enters(bob, "From the second tab")
    await bob.sees("Written there")
    await expect(alice.row("From the second tab")).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize("language", ["hi", "gu", "ar"])
async def test_what_happened_is_said_in_every_language(alice: Person, bob: Person, language: str) -> None:
    await alice.befriends(bob)
    await makes_group(alice, "Walkers", bob)
    await sees_line(alice, "You made this group with Bob")
    await sees_line(alice, "You changed the name to “Walkers”")
    english = await read_lines(alice.page)
    await alice.page.goto(f"{alice.page.url}?locale={language}")
    await expect(alice.page.locator("p[data-event]")).to_have_count(2, timeout=PATIENCE)
    told = await read_lines(alice.page)
    assert len(told) == len(english)
    assert not set(told) & set(english)


async def read_lines(page: Page) -> list[str]:
    return await page.locator("p[data-event]").all_inner_texts()
