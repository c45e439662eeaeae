"""A hostile server that calls somebody by another's name: shown is what their own devices say."""

import sqlite3
from contextlib import closing

from playwright.async_api import Page, expect

from hearth.accounts.contract import OwnProfile, UpdateProfile
from hearth.client import Client
from tests.e2e.conftest import Program
from tests.e2e.journeys.test_restored import befriends
from tests.e2e.journeys.test_trust import mark_of, opens_security
from tests.e2e.person import PATIENCE, Person
from tests.served import Served

TITLE = "The server says @bob, their devices say @mallory"


async def calls(server: Served, client: Client, username: str) -> None:
    """The server calls somebody so from now on, and tells everybody who has their card."""
    with closing(sqlite3.connect(next(server.log.with_suffix("").glob("*.db")))) as database, database:
        names = (username, username.title(), client.user_id)
        database.execute("UPDATE user SET username = ?, display_name = ? WHERE id = ?", names)
    await client.call(UpdateProfile(about=f"called {username}"), OwnProfile)


async def find_called(page: Page, name: str) -> int:
    """How often a name is shown anywhere."""
    return await page.get_by_text(name, exact=True).count()


async def test_a_friend_whom_the_server_renames_keeps_the_name_and_gets_nothing_until_it_says_the_truth(
    alice: Person, program: Program, server: Served
) -> None:
    mallory = await program("mallory")
    await befriends(mallory, alice)
    await opens_security(alice, "Mallory")
    await alice.page.get_by_role("button", name="The numbers are the same").click()
    await expect(mark_of(alice)).to_be_visible(timeout=PATIENCE)
    await alice.opens()
    await alice.converses_with("Mallory")
    await alice.writes("for mallory")
    await alice.sees_mark("for mallory", "Sent")
    notice = alice.page.locator("[data-warning=misnamed]")
    await expect(notice).to_have_count(0)

    await calls(server, mallory, "bob")
    await expect(notice.get_by_role("heading", name=TITLE)).to_be_visible(timeout=PATIENCE)
    await expect(alice.field).to_have_count(0)
    await expect(mark_of(alice)).to_have_count(0)
    await expect(alice.page.get_by_role("main").locator("[data-misnamed]")).to_be_visible()
    assert await find_called(alice.page, "Bob") == 0
    assert await find_called(alice.page, "Mallory") > 0
    await alice.page.locator("#main header a.who").click()
    await expect(notice).to_be_visible(timeout=PATIENCE)
    await alice.page.get_by_role("link", name="Safety number").click()
    await expect(notice).to_be_visible(timeout=PATIENCE)
    await expect(alice.page.get_by_role("button", name="The numbers are the same")).to_have_count(0)
    assert await find_called(alice.page, "Bob") == 0
    # As well from nothing, with what this device remembers.
    await alice.opens("/friends")
    row = alice.page.get_by_role("listitem").filter(has_text="Mallory")
    await expect(row.locator("[data-misnamed]")).to_be_visible(timeout=PATIENCE)
    assert await find_called(alice.page, "Bob") == 0

    await calls(server, mallory, "mallory")
    await expect(row.locator("[data-verified]")).to_be_visible(timeout=PATIENCE)
    await alice.opens()
    await alice.converses_with("Mallory")
    await alice.writes("again for mallory")
    await alice.sees_mark("again for mallory", "Sent")


async def test_who_is_passed_off_as_another_from_the_start_is_named_before_one_accepts(
    alice: Person, program: Program, server: Served
) -> None:
    mallory = await program("mallory")
    await calls(server, mallory, "bob")
    await mallory.request("alice")
    await alice.opens("/friends/requests")
    row = alice.page.get_by_role("listitem").filter(has_text="Mallory")
    await expect(row.locator("[data-misnamed]")).to_be_visible(timeout=PATIENCE)
    await expect(alice.page.get_by_text("@mallory", exact=True)).to_be_visible()
    assert await find_called(alice.page, "@bob") == 0
