"""Whoever runs a Hearth looks after accounts and invites in the browser; nobody else gets that far (A20)."""

import re

from playwright.async_api import expect

from tests.e2e.conftest import SomebodyNew
from tests.e2e.person import PATIENCE, Person
from tests.scenarios.cast import PASSWORD
from tests.served import Served


async def become_chief(server: Served, arrives: SomebodyNew) -> Person:
    link = re.search(r"(/register#invite=\S+)", server.output)
    assert link is not None
    chief = await arrives("chief")
    await chief.registers(link[1])
    return chief


async def choose(chief: Person, who: str, what: str) -> None:
    """From the menu of an account's row."""
    await chief.page.get_by_role("button", name=f"What to do with {who}").click()
    await chief.page.get_by_role("menuitem", name=what).click()


async def test_an_administrator_disables_somebody_and_lets_them_in_again(
    server: Served, arrives: SomebodyNew
) -> None:
    chief = await become_chief(server, arrives)
    alice = await arrives("alice")
    await alice.registers()
    await chief.opens("/you")
    await chief.page.get_by_role("link", name="Administration").click()
    for view, title in (("Invites", "Invites"), ("Server", "Server"), ("Accounts", "Accounts")):
        await chief.page.get_by_role("main").get_by_role("link", name=view).click()
        await expect(chief.page).to_have_title(f"{title} · Hearth")
    await choose(chief, "alice", "Disable account")
    await chief.page.get_by_role("dialog").get_by_role("button", name="Disable account").click()
    await expect(chief.page.get_by_text("Disabled since")).to_be_visible(timeout=PATIENCE)

    await expect(alice.page.get_by_label("Password", exact=True)).to_be_visible(timeout=PATIENCE)
    await alice.opens("/sign-in")
    await alice.signs_in_here()
    await expect(alice.page.get_by_text("This account has been switched off").first).to_be_visible()

    await choose(chief, "alice", "Enable account")
    await expect(chief.page.get_by_text("Disabled since")).to_have_count(0, timeout=PATIENCE)
    await alice.signs_in()


async def test_an_invite_is_shown_once_works_and_can_be_revoked(server: Served, arrives: SomebodyNew) -> None:
    chief = await become_chief(server, arrives)
    page = chief.page
    await chief.opens("/admin/invites")
    await page.get_by_role("button", name="Make link").click()
    link = await page.get_by_label("Link", exact=True).input_value()
    assert link.startswith(f"{server.url}/register#invite=")
    await expect(page.get_by_role("img", name=f"QR code of {link}")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("For 1 more person")).to_be_visible()

    gwen = await arrives("gwen")
    await gwen.registers(link.removeprefix(server.url))
    await chief.opens("/admin/invites")
    await expect(page.get_by_text("There are none.")).to_be_visible(timeout=PATIENCE)

    await page.get_by_role("button", name="Make link").click()
    revoked = await page.get_by_label("Link", exact=True).input_value()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Revoke invite").click()
    await page.get_by_role("dialog").get_by_role("button", name="Revoke invite").click()
    await expect(page.get_by_text("There are none.")).to_be_visible()
    late = await arrives("late")
    await late.opens(revoked.removeprefix(server.url))
    await expect(late.page.get_by_role("heading", name="This link no longer works")).to_be_visible()


async def test_a_reset_link_lets_somebody_choose_a_new_password(server: Served, arrives: SomebodyNew) -> None:
    chief = await become_chief(server, arrives)
    alice = await arrives("alice")
    await alice.registers()
    await chief.opens("/admin")
    await expect(chief.page.get_by_text("@chief")).to_be_visible()
    await expect(chief.page.get_by_role("button", name="What to do with chief")).to_have_count(0)
    await choose(chief, "alice", "Reset sign-in")
    dialog = chief.page.get_by_role("dialog")
    await expect(dialog.get_by_text("messages from before encryption stay readable")).to_be_visible()
    await dialog.get_by_role("button", name="Make link").click()
    agreed = dialog.get_by_label("alice knows what this costs.")
    await expect(agreed).to_have_accessible_description("Tell them first, then tick this.")
    await agreed.check()
    password = dialog.get_by_label("Your password", exact=True)
    await password.fill("found it open")
    await dialog.get_by_role("button", name="Make link").click()
    await expect(password).to_have_accessible_description("This is not your current password.")
    await password.fill(PASSWORD)
    await dialog.get_by_role("button", name="Make link").click()
    link = await chief.page.get_by_label("Link", exact=True).input_value()
    forgetful = await arrives("alice")
    await forgetful.opens(link.removeprefix(server.url))
    await forgetful.page.get_by_label("New password", exact=True).fill("another long password")
    await forgetful.page.get_by_label("Password again").fill("another long password")
    await forgetful.page.get_by_label("I know that what was written encrypted before stays closed.").check()
    await forgetful.page.get_by_role("button", name="Set password").click()
    await forgetful.sees_the_list()
    await expect(alice.page.get_by_label("Password", exact=True)).to_be_visible(timeout=PATIENCE)


async def test_everybody_else_finds_no_way_to_it(alice: Person) -> None:
    await alice.opens("/you")
    await expect(alice.page.get_by_role("link", name="Devices")).to_be_visible(timeout=PATIENCE)
    await expect(alice.page.get_by_role("link", name="Administration")).to_have_count(0)
    await alice.opens("/admin")
    await expect(alice.page.get_by_text("Only administrators may do that")).to_be_visible(timeout=PATIENCE)


async def test_the_server_says_how_it_does(server: Served, arrives: SomebodyNew) -> None:
    chief = await become_chief(server, arrives)
    await chief.opens("/admin/server")
    await expect(chief.page.get_by_text("The server is well")).to_be_visible(timeout=PATIENCE)
    connected = chief.page.get_by_text("Connected devices").locator("..")
    await expect(connected).to_have_text(re.compile("Connected devices *1$"), timeout=PATIENCE)
    await chief.opens_a_tab()
    await chief.opens("/admin/server")
    await expect(connected).to_have_text(re.compile("Connected devices *1$"), timeout=PATIENCE)
