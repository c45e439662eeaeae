"""Living with conversations: pinned, muted, archived, marked as unread, on all of one's browsers."""

import asyncio

import pytest
from playwright.async_api import Locator, expect

from hearth.client import Client, PrivateKind
from tests.e2e.conftest import Program, SomebodyNew
from tests.e2e.person import PHONE, Person
from tests.scenarios.cast import PASSWORD


async def befriends_programs(alice: Person, program: Program, *names: str) -> list[Client]:
    programs = [await program(name) for name in names]
    for one in programs:
        await one.request("alice")
        await alice.accepts(one.username.title())
    await alice.opens()
    return programs


async def chooses(person: Person, name: str, action: str) -> None:
    """In the menu of a conversation, which is opened first."""
    await person.converses_with(name)
    await person.page.get_by_role("main").locator("header").get_by_role("button", name="More").click()
    await person.page.get_by_role("menuitem", name=action, exact=True).click()


def first_row(person: Person) -> Locator:
    return person.page.locator("[data-row]").first


async def test_what_is_kept_in_one_browser_stands_in_the_other(
    alice: Person, program: Program, arrives: SomebodyNew
) -> None:
    _, carol = await befriends_programs(alice, program, "bob", "carol")
    second = await arrives("alice")
    await second.signs_in()
    await chooses(alice, "Bob", "Pin to the top")
    await carol.send("alice", "Are you there?")
    await expect(first_row(alice)).to_contain_text("Bob")
    await expect(first_row(second)).to_contain_text("Bob")
    await chooses(alice, "Carol", "Archive")
    await expect(second.row("Carol")).to_have_count(0)
    await second.page.get_by_role("button", name="Archived").click()
    await expect(second.row("Carol")).to_be_visible()
    await chooses(second, "Carol", "Back to the list")
    await expect(alice.row("Carol")).to_be_visible()


async def test_what_is_muted_is_not_counted_and_what_is_marked_is(alice: Person, program: Program) -> None:
    bob, _ = await befriends_programs(alice, program, "bob", "carol")
    await chooses(alice, "Bob", "Mute")
    await alice.page.get_by_role("button", name="For 8 hours").click()
    await expect(alice.row("Bob").get_by_title("Muted")).to_be_visible()
    await alice.opens()
    await bob.send("alice", "Nobody hears this")
    await expect(alice.row("Bob")).to_contain_text("1 unread message")
    await expect(alice.page).not_to_have_title("(1) Messages · Hearth")
    await chooses(alice, "Carol", "Mark as unread")
    await expect(alice.row("Carol")).to_contain_text("Marked as unread")
    await alice.converses_with("Carol")
    await expect(alice.row("Carol")).not_to_contain_text("Marked as unread")


@pytest.mark.offline
async def test_what_is_kept_offline_goes_out_when_the_network_is_back(
    alice: Person, program: Program
) -> None:
    await befriends_programs(alice, program, "bob")
    await alice.converses_with("Bob")
    await alice.is_connected()
    await alice.goes_offline()
    await chooses(alice, "Bob", "Pin to the top")
    await expect(alice.row("Bob").get_by_title("Pinned")).to_be_visible()
    await alice.goes_offline(False)
    async with await Client.sign_in(alice.origin, "alice", PASSWORD) as tablet:
        async with asyncio.timeout(60):
            while not await tablet.private.list_kind(PrivateKind.KEEPING):  # noqa: ASYNC110 - nobody is told
                await asyncio.sleep(0.2)


async def test_what_was_begun_on_one_device_is_finished_on_another(
    alice: Person, program: Program, arrives: SomebodyNew
) -> None:
    await befriends_programs(alice, program, "bob")
    phone = await arrives("alice", **PHONE)
    await phone.signs_in()
    await alice.converses_with("Bob")
    await alice.field.fill("Shall we meet at")
    await expect(phone.row("Bob")).to_contain_text("Shall we meet at")
    await phone.converses_with("Bob")
    await expect(phone.field).to_have_value("Shall we meet at")
    await phone.field.fill("Shall we meet at eight?")
    await phone.page.get_by_role("button", name="Send").click()
    await alice.sees("Shall we meet at eight?")
    await alice.opens()
    await expect(alice.row("Bob")).to_contain_text("Shall we meet at eight?")
    await alice.converses_with("Bob")
    await expect(alice.field).to_have_value("")


async def test_a_star_leads_back_to_its_message_from_another_browser(
    alice: Person, program: Program, arrives: SomebodyNew
) -> None:
    [bob] = await befriends_programs(alice, program, "bob")
    await bob.send("alice", "The key is under the stone")
    for number in range(30):
        await bob.send("alice", f"Something else {number}")
    await alice.converses_with("Bob")
    await asks_for(alice, "The key is under the stone", "Star")
    await expect(alice.message("The key is under the stone").locator("time")).to_contain_text("★")
    second = await arrives("alice")
    await second.signs_in()
    await second.opens("/you/starred")
    starred = second.page.get_by_role("main").get_by_role("listitem")
    await starred.get_by_role("link").click()
    await expect(second.message("The key is under the stone")).to_be_in_viewport()
    await second.page.go_back()
    await starred.get_by_role("link", name="The key is under the stone").click()
    await expect(second.message("The key is under the stone")).to_be_in_viewport()
    await asks_for(second, "The key is under the stone", "Remove the star")
    await expect(alice.message("The key is under the stone").locator("time")).not_to_contain_text("★")


async def test_what_is_deleted_for_oneself_is_gone_on_all_browsers_and_nobody_else_s(
    alice: Person, bob: Person, arrives: SomebodyNew
) -> None:
    await alice.befriends(bob)
    second = await arrives("alice")
    await second.signs_in()
    await asyncio.gather(
        *(one.converses_with(name) for one, name in ((alice, "Bob"), (second, "Bob"), (bob, "Alice")))
    )
    await bob.writes("Said too much")
    await bob.writes("Said just enough")
    await alice.sees("Said just enough")
    await asks_for(alice, "Said too much", "Delete for me")
    for one in (alice, second):
        await one.sees("Said too much", times=0)
        await one.sees("Said just enough")
    await bob.sees("Said too much")
    await alice.page.get_by_role("button", name="Undo").click()
    for one in (alice, second):
        await one.sees("Said too much")


async def asks_for(person: Person, text: str, action: str) -> None:
    """In the menu of a message."""
    await person.message(text).locator(".bubble").click(button="right")
    await person.page.get_by_role("menuitem", name=action, exact=True).click()
