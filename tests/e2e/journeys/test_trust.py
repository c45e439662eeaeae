"""Trust that people can see: numbers and codes compared, new identities."""

import re
import secrets
from dataclasses import replace

from playwright.async_api import Locator, expect

from hearth.client import Client
from hearth.sealed.person.keyring import UserId
from tests.e2e.conftest import SomebodyNew
from tests.e2e.journeys.test_entering import find_link, run
from tests.e2e.journeys.test_new_password import (
    changes_password,
    follows_reset,
    makes_recovery_key,
)
from tests.e2e.keys import count_devices
from tests.e2e.person import ASK, PATIENCE, Person
from tests.scenarios.cast import PASSWORD
from tests.served import Served


def find_digits(person: Person) -> Locator:
    return person.page.locator("[data-digits]")


async def opens_security(person: Person, other: str) -> str:
    """From the list of friends. Returns the number."""
    await person.opens("/friends")
    await person.page.get_by_role("link", name=re.compile(f"^{other}")).first.click()
    await person.page.get_by_role("link", name="Safety number").click()
    await expect(find_digits(person)).to_be_visible(timeout=PATIENCE)
    digits = await find_digits(person).get_attribute("data-digits")
    assert digits is not None
    return digits


async def opens_encryption(person: Person, other: str) -> str | None:
    """From the conversation's menu. Returns its code."""
    await person.opens()
    await person.converses_with(other)
    await person.page.get_by_role("main").get_by_role("button", name="More").first.click()
    await person.page.get_by_role("menuitem", name="Encryption").click()
    page = person.page
    await expect(page.get_by_role("heading", name="End-to-end encrypted, not yet audited")).to_be_visible(
        timeout=PATIENCE
    )
    await expect(
        page.get_by_role("listitem").filter(has_text="You").filter(has_text="1 device")
    ).to_be_visible()
    await expect(find_digits(person)).to_be_visible(timeout=PATIENCE)
    return await find_digits(person).get_attribute("data-digits")


def mark_of(person: Person) -> Locator:
    """Beside the name in whatever stands in the main column."""
    return person.page.get_by_role("main").locator("[data-verified]")


async def test_two_people_compare_numbers_and_the_mark_is_there_on_all_devices(
    alice: Person, bob: Person, arrives: SomebodyNew
) -> None:
    laptop = await arrives("alice")
    await laptop.signs_in()
    await alice.befriends(bob)
    ours = await opens_security(alice, "Bob")
    assert re.fullmatch(r"\d{60}", ours)
    assert await opens_security(bob, "Alice") == ours
    await expect(mark_of(alice)).to_have_count(0)

    await alice.page.get_by_role("button", name="They are different").click()
    await expect(alice.page.get_by_role("heading", name="No match")).to_be_visible()
    await alice.page.get_by_role("button", name="Close").click()
    # A stone in the page: it lies there for as long as the page is not drawn anew.
    await find_digits(alice).evaluate("element => element.dataset.stone = 'here'")
    await alice.page.get_by_role("button", name="The numbers are the same").focus()
    await alice.page.keyboard.press("Enter")
    await expect(alice.page.get_by_text("Bob is verified now")).to_be_visible(timeout=PATIENCE)
    await expect(alice.page.get_by_role("button", name="Take the mark back")).to_be_focused(timeout=PATIENCE)
    await expect(find_digits(alice)).to_have_attribute("data-stone", "here")
    await expect(mark_of(alice)).to_be_visible(timeout=PATIENCE)

    for browser in (alice, laptop):
        await browser.opens("/friends")
        row = browser.page.get_by_role("listitem").filter(has_text="Bob")
        await expect(row.locator("[data-verified]")).to_be_visible(timeout=PATIENCE)
        await browser.opens()
        await browser.converses_with("Bob")
        await expect(mark_of(browser).first).to_be_visible(timeout=PATIENCE)
    await opens_security(laptop, "Bob")
    await laptop.page.get_by_role("button", name="Take the mark back").click()
    await expect(laptop.page.get_by_role("button", name="The numbers are the same")).to_be_visible(
        timeout=PATIENCE
    )
    await expect(mark_of(alice)).to_have_count(0, timeout=PATIENCE)
    assert await bob.page.locator("[data-verified]").count() == 0, (
        "whom alice has compared is nobody's business"
    )


async def test_a_code_is_compared_in_another_tab_and_says_what_came_of_it(alice: Person, bob: Person) -> None:
    await bob.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await alice.befriends(bob)
    await opens_security(bob, "Alice")
    await bob.page.get_by_role("button", name="Copy my code").click()
    await expect(bob.page.get_by_text("Code copied")).to_be_visible(timeout=PATIENCE)
    code = await bob.page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(r"hearth-safety:1:[A-Za-z0-9_-]{86}", code)

    tab = await alice.opens_a_tab("/")
    await opens_security(tab, "Bob")
    other = code[:-1] + ("A" if code[-1] != "A" else "Q")
    for text, said in (("12345", None), (other, "No match"), (code, "The codes match")):
        await tab.page.get_by_role("button", name="Scan their code").click()
        dialog = tab.page.get_by_role("dialog")
        await dialog.get_by_label("Their code as text").fill(text)
        await dialog.get_by_role("button", name="Compare").click()
        if said is None:
            await expect(dialog.get_by_text("This is not a safety code.")).to_be_visible()
            await tab.page.keyboard.press("Escape")
        else:
            await expect(tab.page.get_by_role("heading", name=said)).to_be_visible()
    await tab.page.get_by_role("button", name="Mark as verified").click()
    await expect(mark_of(tab)).to_be_visible(timeout=PATIENCE)


async def begins_anew(username: str, server: Served, arrives: SomebodyNew) -> Person:
    """In a browser of their own, by an administrator's link and with none of their devices at hand."""
    anew = await arrives(username)
    link = find_link(run(server, "user", "reset-sign-in", username))
    await follows_reset(anew, link, "If you are still signed in on another device")
    return anew


async def test_who_begins_anew_is_taken_with_one_tap_and_they_talk(
    alice: Person, bob: Person, server: Served, arrives: SomebodyNew
) -> None:
    await alice.befriends(bob)
    await alice.converses_with("Bob")
    await alice.writes("hello Bob")
    await bob.converses_with("Alice")
    await bob.sees("hello Bob")
    before = await opens_security(alice, "Bob")
    await alice.opens()
    await alice.converses_with("Bob")

    anew = await begins_anew("bob", server, arrives)
    held = alice.page.get_by_role("region", name="Bob has a new identity")
    await expect(held).to_be_visible(timeout=PATIENCE)
    await expect(alice.field).to_have_count(0)
    await alice.page.reload()
    await expect(held).to_be_visible(timeout=PATIENCE)
    await expect(held.get_by_role("link", name="Compare first")).to_be_visible()
    await anew.converses_with("Alice")
    await expect(anew.page.get_by_text("What you write waits until Alice goes on")).to_be_visible(
        timeout=PATIENCE
    )
    lost = anew.page.get_by_text("What was written before stays closed here: you had other keys then.")
    await expect(lost).to_have_count(2, timeout=PATIENCE)  # in the list and in the conversation
    await expect(anew.page.get_by_text("waits for its key")).to_have_count(0)
    await anew.writes("is anybody there?")
    await held.get_by_role("button", name="Go on with the new keys").click()
    await expect(alice.page.get_by_text("You can write to Bob again.")).to_be_visible(timeout=PATIENCE)
    await alice.writes("there you are")
    await anew.sees("there you are")
    await alice.sees("is anybody there?")
    await anew.writes("here I am")
    await alice.sees("here I am")
    await expect(alice.page.get_by_text("Bob began anew, with new keys.")).to_be_visible(timeout=PATIENCE)
    await expect(anew.page.get_by_text("You began anew, with new keys.")).to_be_visible(timeout=PATIENCE)
    assert await opens_encryption(alice, "Bob") == await opens_encryption(anew, "Alice")
    assert await opens_security(alice, "Bob") != before


async def test_whoever_was_compared_and_begins_anew_is_compared_first(
    alice: Person, bob: Person, server: Served, arrives: SomebodyNew
) -> None:
    await alice.befriends(bob)
    await opens_security(alice, "Bob")
    await alice.page.get_by_role("button", name="The numbers are the same").click()
    await expect(mark_of(alice)).to_be_visible(timeout=PATIENCE)
    await alice.opens()
    await alice.converses_with("Bob")
    await begins_anew("bob", server, arrives)
    held = alice.page.get_by_role("region", name="Bob has a new identity")
    await expect(held.get_by_text("Bob is no longer verified")).to_be_visible(timeout=PATIENCE)
    ways = held.locator("a, button")
    await expect(ways).to_have_text(["Compare", "Go on with the new keys"])
    await expect(ways.first).to_have_class(re.compile("btn-primary"))


async def test_renewed_keys_hold_only_who_was_compared(
    alice: Person, bob: Person, arrives: SomebodyNew
) -> None:
    carol = await arrives("carol")
    await carol.registers()
    await alice.befriends(bob)
    await carol.befriends(bob)
    await carol.converses_with("Bob")
    await carol.writes("before")
    await carol.sees_mark("before", "Delivered")
    await opens_security(alice, "Bob")
    await alice.page.get_by_role("button", name="The numbers are the same").click()
    await expect(mark_of(alice)).to_be_visible(timeout=PATIENCE)
    before = await opens_security(carol, "Bob")
    await changes_password(bob, theft=True)
    await expect(find_digits(carol)).not_to_have_attribute("data-digits", before, timeout=PATIENCE)
    await carol.opens()
    await carol.converses_with("Bob")
    await carol.writes("as before")
    await bob.opens()
    await bob.converses_with("Carol")
    await bob.sees("as before")
    await expect(carol.page.get_by_text("Bob renewed their keys.")).to_be_visible(timeout=PATIENCE)
    await alice.opens()
    await alice.converses_with("Bob")
    held = alice.page.get_by_role("region", name="Bob has renewed their keys")
    await expect(held).to_be_visible(timeout=PATIENCE)
    await held.get_by_role("link", name="Compare").click()
    await expect(find_digits(alice)).to_be_visible(timeout=PATIENCE)
    assert await opens_security(bob, "Alice") == await find_digits(alice).get_attribute("data-digits")
    await alice.page.get_by_role("button", name="The numbers are the same").click()
    await expect(mark_of(alice)).to_be_visible(timeout=PATIENCE)
    await expect(held).to_have_count(0)


async def test_keys_that_differ_between_own_devices_warn_until_the_two_have_compared(
    alice: Person, bob: Person, server: Served
) -> None:
    await alice.befriends(bob)
    await opens_security(alice, "Bob")
    async with await Client.sign_in(server.url, "alice", PASSWORD) as program, program.keeper.hold() as room:
        ((user, pin),) = room.own.pins.by_user.items()
        shown = replace(pin, identity_key=secrets.token_bytes(32))  # what a server may have told it
        await room.own.append([(UserId(user), shown)])
    await opens_security(alice, "Bob")
    page = alice.page
    warning = page.get_by_role("alert").filter(has_text="Your devices were shown different keys for Bob")
    await expect(warning).to_be_visible(timeout=PATIENCE)
    await page.go_back()
    await expect(warning).to_be_visible(timeout=PATIENCE)
    await alice.opens()
    await alice.converses_with("Bob")
    await warning.get_by_role("link", name="Compare").click(timeout=PATIENCE)
    await page.get_by_role("button", name="The numbers are the same").click()
    await expect(warning).to_have_count(0, timeout=PATIENCE)
    await expect(mark_of(alice)).to_be_visible(timeout=PATIENCE)


async def test_a_recovery_key_is_dropped_with_the_password(alice: Person) -> None:
    page = alice.page
    await makes_recovery_key(alice)
    await alice.opens("/you/security")
    await page.get_by_role("button", name="Remove the recovery key").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Your password").fill("not the password")
    await dialog.get_by_role("button", name="Remove the recovery key").click()
    await expect(dialog.get_by_text("This is not your current password.")).to_be_visible(timeout=PATIENCE)
    await dialog.get_by_label("Your password").fill(PASSWORD)
    await dialog.get_by_role("button", name="Remove the recovery key").click()
    await expect(page.get_by_text("You have no recovery key.")).to_be_visible(timeout=PATIENCE)


async def test_a_device_with_keys_and_without_a_session_is_listed_and_can_be_removed(
    alice: Person, arrives: SomebodyNew
) -> None:
    laptop = await arrives("alice")
    await laptop.signs_in()
    assert await count_devices(alice) == 2
    # Its session ends without its keys being taken off the list, as a program may do it.
    await laptop.page.evaluate(ASK, ["/api/sign-out", {}])
    await alice.opens("/you/devices")
    await expect(alice.page.get_by_text("Has keys, but is signed in nowhere.")).to_be_visible(
        timeout=PATIENCE
    )
