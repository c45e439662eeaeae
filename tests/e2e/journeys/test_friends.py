"""Asking, answering, taking back, ending: each on two screens at once."""

import re

from playwright.async_api import Locator, expect

from tests.e2e.conftest import SomebodyNew
from tests.e2e.person import PATIENCE, PHONE, Person


def says(person: Person, text: str | re.Pattern[str]) -> Locator:
    """What a toast says on somebody's screen."""
    return person.page.locator(".toast").filter(has_text=text)


async def asks(person: Person, other: Person) -> None:
    await person.opens("/friends/add")
    await person.page.get_by_label("Their username").fill(other.username)
    await person.page.get_by_role("button", name="Add friend").click()
    await expect(says(person, f"Request sent to {other.name}")).to_be_visible(timeout=PATIENCE)
    await expect(person.page.get_by_role("button", name="Take back")).to_be_visible(timeout=PATIENCE)


async def test_a_request_and_its_answer_are_seen_live(alice: Person, bob: Person) -> None:
    await bob.opens("/friends/requests")
    await expect(bob.page.get_by_text("No open requests")).to_be_visible(timeout=PATIENCE)
    await asks(alice, bob)
    await expect(says(bob, "Alice asks to be your friend")).to_be_visible(timeout=PATIENCE)
    badge = bob.page.get_by_role("navigation", name="Main navigation").get_by_role(
        "link", name=re.compile("Friends")
    )
    await expect(badge).to_contain_text("1")
    await bob.page.get_by_role("button", name="Accept Alice").click()
    await expect(says(bob, "You and Alice are friends now")).to_be_visible(timeout=PATIENCE)
    await expect(badge).not_to_contain_text("1")
    # The card that Alice searched for turns by itself.
    await expect(alice.page.locator("#main").get_by_role("link", name="Message")).to_be_visible(
        timeout=PATIENCE
    )
    await alice.page.locator("#main").get_by_role("link", name="Message").click()
    await expect(alice.page.get_by_role("heading", name="Bob", level=1)).to_be_visible(timeout=PATIENCE)


async def test_focus_is_never_lost_when_a_request_is_settled(alice: Person, bob: Person) -> None:
    await asks(alice, bob)
    await bob.opens("/friends")
    await expect(bob.page.get_by_text("1 person wants to be your friend")).to_be_visible(timeout=PATIENCE)
    await bob.page.get_by_role("link", name="See requests").click()
    await bob.page.get_by_role("button", name="Decline Alice").focus()
    await bob.page.keyboard.press("Enter")
    await expect(bob.page.get_by_text("No open requests")).to_be_visible(timeout=PATIENCE)
    assert await bob.page.evaluate("document.activeElement !== document.body")


async def test_after_a_decline_one_is_told_when_to_ask_again(alice: Person, bob: Person) -> None:
    await asks(alice, bob)
    await bob.opens("/friends/requests")
    await bob.page.get_by_role("button", name="Decline Alice").click()
    await expect(says(bob, "Request declined")).to_be_visible(timeout=PATIENCE)
    await expect(alice.page.get_by_role("button", name="Add friend")).to_be_visible(timeout=PATIENCE)
    await alice.page.get_by_role("button", name="Add friend").click()
    again = re.compile(r"They declined not long ago\. You can ask again from \w+day")
    await expect(says(alice, again)).to_be_visible(timeout=PATIENCE)


async def test_a_request_taken_back_is_gone_on_both_screens(alice: Person, bob: Person) -> None:
    await bob.opens("/friends/requests")
    await asks(alice, bob)
    await expect(bob.page.get_by_role("button", name="Accept Alice")).to_be_visible(timeout=PATIENCE)
    await alice.opens("/friends/requests")
    await alice.page.get_by_role("button", name="Take back the request to Bob").click()
    await expect(alice.page.get_by_text("No open requests")).to_be_visible(timeout=PATIENCE)
    await expect(bob.page.get_by_text("No open requests")).to_be_visible(timeout=PATIENCE)


async def opens_the_page_of(person: Person, other: Person) -> None:
    await person.opens("/friends")
    await person.page.get_by_role("list", name="Friends").get_by_role("link", name=other.name).click()
    await expect(person.page.get_by_role("heading", name=other.name, level=2)).to_be_visible(timeout=PATIENCE)


async def test_removing_a_friend_says_what_happens_and_both_see_it(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    await alice.converses_with("Bob")
    await alice.writes("Kept for both")
    await bob.opens("/friends")
    await opens_the_page_of(alice, bob)
    remove = alice.page.get_by_role("button", name="Remove friend")
    await remove.click()
    dialog = alice.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("What was written stays with both of you.")
    await alice.page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(remove).to_be_focused()
    await remove.click()
    await dialog.get_by_role("button", name="Remove friend").click()
    await expect(says(alice, "Bob is no longer your friend")).to_be_visible(timeout=PATIENCE)
    await expect(alice.page.get_by_role("button", name="Add friend")).to_be_visible(timeout=PATIENCE)
    await expect(bob.page.locator("#main")).to_contain_text("Add your first friend", timeout=PATIENCE)
    await alice.page.get_by_role("link", name="What you wrote").click()
    await alice.sees("Kept for both")


async def test_who_is_blocked_sees_the_same_as_who_is_removed(
    alice: Person, bob: Person, arrives: SomebodyNew
) -> None:
    carol = await arrives("carol")
    await carol.registers()
    await alice.befriends(bob)
    await alice.befriends(carol)
    seen: dict[str, list[str]] = {}
    for ended, name in ((bob, "Remove friend"), (carol, "Block")):
        await opens_the_page_of(ended, alice)
        keys = ended.page.get_by_role("link", name="Safety number")
        # Before that nothing of each other's keys was seen, and afterwards nothing is shown.
        await expect(keys).to_contain_text("Known to you since", timeout=PATIENCE)
        await opens_the_page_of(alice, ended)
        await alice.page.get_by_role("button", name=name).click()
        await alice.page.get_by_role("dialog").get_by_role("button", name=name).click()
        await expect(ended.page.get_by_role("button", name="Add friend")).to_be_visible(timeout=PATIENCE)
        await ended.page.reload()
        await expect(ended.page.get_by_role("link", name="What you wrote")).to_be_visible(timeout=PATIENCE)
        await expect(ended.page.get_by_text("You are not friends")).to_be_visible(timeout=PATIENCE)
        await expect(keys).to_contain_text("Known to you since", timeout=PATIENCE)
        page_after = await ended.page.locator("#main").inner_text()
        await asks(ended, alice)
        page_asked = await ended.page.locator("#main").inner_text()
        seen[name] = [text.replace(ended.username, "…") for text in (page_after, page_asked)]
    assert seen["Block"] == seen["Remove friend"]
    # Alice has a request from Bob and none from Carol, whom she has blocked.
    await alice.opens("/friends/requests")
    await expect(alice.page.get_by_role("button", name="Accept Bob")).to_be_visible(timeout=PATIENCE)
    await expect(alice.page.get_by_role("button", name="Accept Carol")).to_have_count(0)


async def test_who_blocked_somebody_finds_that_said_where_one_would_write(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    await opens_the_page_of(alice, bob)
    await alice.page.get_by_role("button", name="Block").click()
    await alice.page.get_by_role("dialog").get_by_role("button", name="Block").click()
    await alice.page.get_by_role("link", name="What you wrote").click()
    await expect(alice.page.get_by_text("You have blocked Bob.")).to_be_visible(timeout=PATIENCE)
    await alice.page.get_by_role("button", name="Unblock").focus()
    await alice.page.keyboard.press("Enter")
    await expect(alice.page.get_by_text("You and Bob are not friends any more.")).to_be_visible(
        timeout=PATIENCE
    )
    assert await alice.page.evaluate("document.activeElement !== document.body")


async def test_unblocking_leaves_both_free_to_ask(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    await opens_the_page_of(alice, bob)
    await alice.page.get_by_role("button", name="Block").click()
    await expect(alice.page.get_by_role("dialog")).to_contain_text("They are not told.")
    await alice.page.get_by_role("dialog").get_by_role("button", name="Block").click()
    await alice.opens("/friends")
    await expect(alice.page.get_by_text("No friends here now")).to_be_visible(timeout=PATIENCE)
    await expect(alice.page.get_by_text("Add your first friend")).to_have_count(0)
    await alice.page.get_by_role("link", name="See blocked people").click()
    await expect(alice.page).to_have_title("Blocked people · Hearth")
    await alice.page.get_by_role("button", name="Unblock Bob").click()
    await expect(says(alice, "Bob is no longer blocked")).to_be_visible(timeout=PATIENCE)
    await expect(alice.page.get_by_text("Nobody is blocked")).to_be_visible(timeout=PATIENCE)
    await asks(bob, alice)
    await alice.opens("/friends/requests")
    await expect(alice.page.get_by_role("button", name="Accept Bob")).to_be_visible(timeout=PATIENCE)
    await expect(alice.page).to_have_title("Friend requests · Hearth")


async def test_searching_says_in_words_what_it_found(alice: Person, bob: Person) -> None:
    await alice.opens("/friends/add")
    field = alice.page.get_by_label("Their username")
    await field.fill("nobody.here")
    await expect(alice.page.get_by_text("Nobody here has this username.")).to_be_visible(timeout=PATIENCE)
    await field.fill("alice")
    await expect(alice.page.get_by_text("This is you")).to_be_visible(timeout=PATIENCE)
    await field.fill("@BOB")
    await field.press("Enter")
    await expect(alice.page.get_by_role("button", name="Add friend")).to_be_visible(timeout=PATIENCE)
    await alice.page.get_by_role("button", name="Add friend").click()
    await expect(alice.page.get_by_text("Your request waits for an answer")).to_be_visible(timeout=PATIENCE)
    await expect(alice.page.get_by_role("button", name="Take back")).to_be_visible()


async def test_a_link_opened_signed_out_leads_back_after_signing_in(
    alice: Person, bob: Person, arrives: SomebodyNew
) -> None:
    await alice.opens("/friends/add")
    field = alice.page.get_by_label("Your link to share")
    await expect(field).to_have_value(re.compile(r"/#friend=alice\.[A-Za-z0-9_-]{22}$"), timeout=PATIENCE)
    link = await field.input_value()
    await expect(alice.page.get_by_role("img", name=f"QR code of {link}")).to_be_visible()
    bobs_phone = await arrives("bob", **PHONE)
    await bobs_phone.page.goto(link)
    await expect(bobs_phone.page).to_have_url(re.compile(r"/sign-in$"), timeout=PATIENCE)
    await bobs_phone.page.reload()
    await expect(bobs_phone.page.get_by_text("alice would like to talk to you.")).to_be_visible(
        timeout=PATIENCE
    )
    await bobs_phone.signs_in_here()
    await expect(bobs_phone.page).to_have_url(re.compile(r"/add/alice$"), timeout=PATIENCE)
    await expect(bobs_phone.page.locator("[data-warning=link]")).to_have_count(0)
    await bobs_phone.page.get_by_role("button", name="Add friend").click()
    await expect(says(alice, "Bob asks to be your friend")).to_be_visible(timeout=PATIENCE)


async def test_friends_are_found_by_keyboard_alone(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    await alice.opens("/friends")
    search = alice.page.get_by_role("searchbox", name="Search friends")
    await search.focus()
    await search.press_sequentially("xyz")
    await expect(alice.page.get_by_text("No friend of that name")).to_be_visible()
    await search.fill("bo")
    await alice.page.keyboard.press("Tab")
    await alice.page.keyboard.press("Enter")
    await expect(alice.page.get_by_role("heading", name="Bob", level=2)).to_be_visible(timeout=PATIENCE)
