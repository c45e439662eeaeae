"""Registering, first account, invitations, reset links: how people get in."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from tests.e2e.conftest import QUIET, SomebodyNew
from tests.e2e.person import PATIENCE, Person
from tests.scenarios.cast import PASSWORD
from tests.served import Served, serve


def run(server: Served, *words: str) -> str:
    """What a command says that an administrator gives beside the running server."""
    data = server.log.with_suffix("")
    options = ["--data", str(data), "--port", server.url.rsplit(":", 1)[1]]
    return subprocess.run(
        [sys.executable, "-m", "hearth", *words, *options], check=True, capture_output=True, text=True
    ).stdout


def find_link(output: str) -> str:
    """The path and token of the last link in an output."""
    return str(re.findall(r"https?://[^/\s]+(/\S+)", output)[-1])


async def test_the_form_is_made_for_password_managers_and_names_what_is_wrong(arrives: SomebodyNew) -> None:
    alice = await arrives("alice")
    await alice.opens("/register")
    page = alice.page
    username, password, again = (
        page.get_by_label("Username"),
        page.get_by_label("Password", exact=True),
        page.get_by_label("Password again"),
    )
    await expect(username).to_have_attribute("autocomplete", "username")
    await expect(password).to_have_attribute("autocomplete", "new-password")
    await expect(again).to_have_attribute("autocomplete", "new-password")
    await username.fill("x")
    await password.fill("short")
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_text("At least 3 characters, please.")).to_be_visible()
    await expect(username).to_be_focused()
    await expect(username).to_have_attribute("aria-invalid", "true")
    await username.fill("alice")
    await password.fill(PASSWORD)
    await again.fill(PASSWORD + "x")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("The two passwords are not the same.")).to_be_visible()
    await again.fill(PASSWORD)
    await page.keyboard.press("Enter")
    await alice.sees_the_list()


async def test_a_taken_or_refused_username_is_said_at_its_field(alice: Person, arrives: SomebodyNew) -> None:
    eve = await arrives("eve")
    await eve.opens("/register")
    page = eve.page
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("Password again").fill(PASSWORD)
    for username, words in (
        ("ALICE", "is taken"),
        ("admin", "This username is reserved."),
        ("a..b", "stand alone"),
        ("аlex", "letters of one script"),
    ):
        await page.get_by_label("Username").fill(username)
        await page.get_by_role("button", name="Create account").click()
        await expect(page.get_by_text(re.compile(re.escape(words)))).to_be_visible(timeout=PATIENCE)


async def test_the_first_link_makes_the_administrator(server: Served, arrives: SomebodyNew) -> None:
    alice = await arrives("alice")
    await alice.registers(find_link(server.output.split("administrator's account:")[1]))
    with closing(sqlite3.connect(next(server.log.with_suffix("").glob("*.db")))) as database:
        assert database.execute("SELECT username, is_admin FROM user").fetchall() == [("alice", 1)]


@pytest.fixture
def inviting(tmp_path: Path) -> Path:
    return tmp_path / "inviting"


async def test_where_registration_is_closed_nobody_is_led_to_it(inviting: Path, chromium: Browser) -> None:
    with serve(inviting, "--insecure-test-kdf", "--registration", "closed", is_forked=True) as server:
        async with Person(chromium, server.url, "eve") as eve:
            await eve.opens("/sign-in")
            await expect(eve.page.get_by_text("This Hearth takes no new accounts.")).to_be_visible(
                timeout=PATIENCE
            )
            await expect(eve.page.get_by_role("link", name="Create account")).to_have_count(0)


async def test_with_invitations_only_a_link_opens_the_door_once(inviting: Path, chromium: Browser) -> None:
    options = ("--insecure-test-kdf", "--registration", "invite", "--limit-scale", "1000")
    with serve(inviting, *options, is_forked=True) as server:
        async with Person(chromium, server.url, "bob") as bob:
            await bob.opens("/sign-in")
            await expect(bob.page.get_by_text("New here? You need an invitation")).to_be_visible(
                timeout=PATIENCE
            )
            await expect(bob.page.get_by_role("link", name="Create account")).to_have_count(0)
            await bob.opens("/register")
            await expect(bob.page.get_by_text("You need an invitation to register here")).to_be_visible(
                timeout=PATIENCE
            )
            link = find_link(run(server, "invite"))
            await bob.registers(link)
        async with Person(chromium, server.url, "eve") as eve:
            await eve.opens(link)
            title = eve.page.get_by_role("heading", name="This link no longer works")
            await expect(title).to_be_visible(timeout=PATIENCE)
            await expect(eve.page.get_by_label("Username")).to_have_count(0)
        async with Person(chromium, server.url, "chief") as chief:
            first = find_link(server.output.split("administrator's account:")[1])
            await chief.opens(first)
            title = chief.page.get_by_role("heading", name="Look after this Hearth")
            await expect(title).to_be_visible(timeout=PATIENCE)
            await expect(
                chief.page.get_by_text("This link makes the administrator's account")
            ).to_be_visible()
            await chief.registers(first)
            await chief.opens(first)
            await expect(chief.page.get_by_text("You are signed in already")).to_be_visible(timeout=PATIENCE)


async def test_a_wrong_password_is_said_without_saying_who_exists(
    alice: Person, arrives: SomebodyNew
) -> None:
    eve = await arrives("eve")
    for username in ("alice", "nobody.here"):
        await eve.opens("/sign-in")
        await eve.page.get_by_label("Username").fill(username)
        await eve.page.get_by_label("Password", exact=True).fill("not the password")
        await eve.page.keyboard.press("Enter")
        await expect(eve.page.get_by_role("alert")).to_have_text(
            "Username or password is wrong.", timeout=PATIENCE
        )


async def test_a_reset_link_sets_a_password_and_signs_the_others_out(
    alice: Person, server: Served, arrives: SomebodyNew
) -> None:
    link = find_link(run(server, "user", "reset-sign-in", "alice"))
    tablet = await arrives("alice")
    await tablet.opens(link)
    await tablet.page.get_by_label("New password", exact=True).fill("a new warm evening")
    await tablet.page.get_by_label("Password again").fill("a new warm evening")
    await tablet.page.get_by_label("I know that what was written encrypted before stays closed.").check()
    await tablet.page.get_by_role("button", name="Set password").click()
    await tablet.sees_the_list()
    await expect(alice.page.get_by_role("heading", name="Welcome back")).to_be_visible(timeout=PATIENCE)


async def test_a_page_without_a_secure_context_says_the_way_out(server: Served) -> None:
    from playwright.async_api import async_playwright

    from tests.e2e.conftest import WINDOWLESS

    port = server.url.rsplit(":", 1)[1]
    async with async_playwright() as playwright:
        rules = "--host-resolver-rules=MAP hearth.lan 127.0.0.1"
        browser = await playwright.chromium.launch(executable_path=WINDOWLESS, args=[*QUIET, rules])
        async with Person(browser, f"http://hearth.lan:{port}", "alice") as alice:
            await alice.opens("/")
            await expect(
                alice.page.get_by_role("heading", name="Hearth needs a secure connection")
            ).to_be_visible()
            way = alice.page.get_by_role("link", name="Open it with HTTPS")
            await expect(way).to_have_attribute("href", re.compile(r"^https://hearth\.lan"))
        await browser.close()


async def test_a_page_whose_code_does_not_come_offers_to_load_again(arrives: SomebodyNew) -> None:
    # The service worker would have it already.
    alice = await arrives("alice", service_workers="block")
    await alice.registers()
    answers = False

    async def answer(route: Route) -> None:
        if answers:
            await route.continue_()

    await alice.page.route("**/assets/AppearancePage-*.js", answer)
    await alice.opens("/you/appearance")
    main = alice.page.get_by_role("main")
    await expect(main.get_by_text("This is taking longer than usual.")).to_be_visible()
    answers = True
    await main.get_by_role("button", name="Reload").click()
    await expect(main.get_by_role("heading", name="Language and look")).to_be_visible()
