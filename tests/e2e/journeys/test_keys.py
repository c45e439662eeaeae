"""An account's keys come with nothing but the password: made at registration, added on the next browser."""

from pathlib import Path

from playwright.async_api import expect

from hearth.client import Client
from tests.e2e.conftest import SomebodyNew
from tests.e2e.journeys.test_own_account import make_picture
from tests.e2e.keys import SETTLED_MS, count_devices, is_signed_out, read_chain, refuse, sees_no_bar
from tests.e2e.person import PATIENCE, Person
from tests.scenarios.cast import PASSWORD
from tests.scenarios.keyless import register_keyless
from tests.served import Served

KEPT = """new Promise((resolve) => (indexedDB.open("hearth-keys-1").onsuccess = ({ target: { result } }) =>
  (result.transaction("entries").objectStore("entries").getAllKeys().onsuccess = (event) =>
    resolve(event.target.result))))"""
"""What is in the keys' database."""


async def test_registering_makes_the_keys_and_nothing_else_is_asked(alice: Person) -> None:
    state = (await read_chain(alice)).state
    assert state is not None and state.vault is not None
    assert (state.username, state.display_name, len(state.devices)) == ("alice", "Alice", 1)
    await sees_no_bar(alice)
    names = await alice.page.evaluate("indexedDB.databases().then((all) => all.map(({ name }) => name))")
    assert "hearth-keys-1" in names


async def test_a_second_browser_gets_its_keys_at_sign_in_and_the_first_one_tells(
    alice: Person, arrives: SomebodyNew
) -> None:
    await sees_no_bar(alice)
    laptop = await arrives("alice")
    await laptop.signs_in()
    assert await count_devices(laptop) == 2
    await sees_no_bar(laptop)
    told = alice.page.get_by_text("New device signed in: Chrome on Linux.")
    await expect(told).to_be_visible(timeout=PATIENCE)
    await expect(laptop.page.get_by_text("New device signed in")).to_have_count(0)
    await alice.page.reload()
    await expect(told).to_be_visible(timeout=PATIENCE)
    await alice.page.get_by_role("button", name="That was me").click()
    await expect(told).to_have_count(0)
    await alice.page.reload()
    await alice.sees_the_list()
    await alice.page.wait_for_timeout(SETTLED_MS)
    await expect(told).to_have_count(0)


async def test_a_device_that_signed_in_and_out_again_is_told_of(alice: Person, arrives: SomebodyNew) -> None:
    laptop = await arrives("alice")
    await laptop.signs_in()
    await expect(alice.page.get_by_text("New device signed in")).to_be_visible(timeout=PATIENCE)
    await laptop.opens("/you")
    await laptop.page.get_by_role("button", name="Sign out").click()
    await laptop.page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    told = alice.page.get_by_text("A device signed in and is gone again. If that was not you")
    await expect(told).to_be_visible(timeout=PATIENCE)
    await alice.page.get_by_role("button", name="That was me").click()
    await expect(told).to_have_count(0)


async def test_an_account_without_keys_is_asked_once_in_every_tab_and_told_why(arrives: SomebodyNew) -> None:
    alice = await arrives("alice")
    await alice.context.route("**/api/chain.set_up", refuse)
    await alice.registers()
    await alice.context.unroute("**/api/chain.set_up")
    assert await count_devices(alice) == 0
    tab = await alice.opens_a_tab()
    in_tab = tab.page.get_by_text("Enter your password once, so that this device can make the keys")
    await expect(in_tab).to_be_visible(timeout=PATIENCE)
    bar = alice.page.get_by_text("Enter your password once, so that this device can make the keys")
    await expect(bar).to_be_visible(timeout=PATIENCE)
    await alice.page.get_by_role("button", name="Enter password").click()
    dialog = alice.page.get_by_role("dialog")
    password = dialog.get_by_label("Your password")
    await expect(password).to_be_focused()
    await password.fill("not the password")
    await alice.page.keyboard.press("Enter")
    await expect(dialog.get_by_text("This is not your current password.")).to_be_visible(timeout=PATIENCE)
    assert await count_devices(alice) == 0
    await password.fill(PASSWORD)
    await alice.page.keyboard.press("Enter")
    await expect(alice.page.get_by_text("Your keys were made on this device")).to_be_visible(timeout=PATIENCE)
    for gone in (bar, in_tab):
        await expect(gone).to_have_count(0, timeout=PATIENCE)
    assert await count_devices(alice) == 1
    await alice.page.reload()
    await alice.sees_the_list()
    await sees_no_bar(alice)


async def test_who_registered_without_keys_gets_some_at_the_first_sign_in(
    arrives: SomebodyNew, server: Served
) -> None:
    bob = await register_keyless(server.url, "bob")
    await bob.close()
    browser = await arrives("bob")
    await browser.signs_in()
    assert await count_devices(browser) == 1
    await sees_no_bar(browser)
    async with await Client.sign_in(server.url, "bob", PASSWORD) as again:
        assert again.user_id == bob.user_id
        assert await count_devices(browser) == 2


async def test_a_browser_that_dies_between_account_and_keys_makes_them_at_the_next_sign_in(
    arrives: SomebodyNew,
) -> None:
    alice = await arrives("alice")
    await alice.context.route("**/api/chain.set_up", lambda route: None)
    await alice.tries_to_register()
    await expect(alice.page.get_by_role("status").filter(has_text="Turning your password")).to_be_visible()
    async with alice.page.expect_request("**/api/chain.set_up", timeout=PATIENCE):
        pass
    await alice.page.close()
    await alice.context.unroute("**/api/chain.set_up")
    alice.page = await alice.context.new_page()
    await alice.signs_in()
    assert await count_devices(alice) == 1
    await sees_no_bar(alice)


async def test_weak_passwords_stay_out_and_five_words_are_one_touch_away(arrives: SomebodyNew) -> None:
    alice = await arrives("alice")
    await alice.opens("/register")
    page = alice.page
    password, again = page.get_by_label("Password", exact=True), page.get_by_label("Password again")
    button = page.get_by_role("button", name="Create account")
    await page.get_by_label("Username").fill("alice")
    for weak, why in (
        ("password12", "This is among the first passwords that anybody tries."),
        ("aaaaaaaaaaaa", "Repeating something hardly makes it harder to guess."),
        ("alice12345", "This is made of your name"),
    ):
        await password.fill(weak)
        await again.fill(weak)
        await button.click()
        await expect(page.get_by_text(why)).to_be_visible(timeout=PATIENCE)
        await expect(password).to_be_focused()
    await page.get_by_role("button", name="Suggest five words").click()
    said = page.get_by_text("Five random words, filled in twice:")
    await expect(said).to_be_visible(timeout=PATIENCE)
    await expect(password).to_have_attribute("type", "text")
    words = await password.input_value()
    await expect(said).to_contain_text(words)
    assert len(words.split(" ")) == 5
    await expect(again).to_have_value(words)
    await button.click()
    await alice.sees_the_list()
    await alice.context.clear_cookies()
    tablet = await arrives("alice")
    await tablet.opens("/sign-in")
    await tablet.signs_in_here(words)
    await tablet.sees_the_list()


async def test_a_new_name_and_picture_are_said_in_the_chain_also_after_a_crash(
    alice: Person, tmp_path: Path
) -> None:
    await sees_no_bar(alice)
    await alice.opens("/you/profile")
    page = alice.page

    async def names(name: str) -> None:
        await page.get_by_label("Display name").fill(name)
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Saved", exact=True)).to_be_visible(timeout=PATIENCE)

    async def said() -> tuple[str | None, bool]:
        state = (await read_chain(alice)).state
        assert state is not None and state.avatar is not None
        return state.display_name, any(state.avatar)

    async def says(name: str, *, picture: bool) -> None:
        for _ in range(40):
            if await said() == (name, picture):
                return
            await page.wait_for_timeout(250)
        assert await said() == (name, picture)

    await names("Alice Moreau")
    await says("Alice Moreau", picture=False)
    await page.get_by_label("Choose a picture").set_input_files(make_picture(tmp_path / "stripes.png"))
    await page.get_by_role("button", name="Use picture").click()
    await says("Alice Moreau", picture=True)
    await page.get_by_role("button", name="Remove picture").click()
    await says("Alice Moreau", picture=False)
    await alice.context.route("**/api/chain.profile", refuse)
    await names("Alice Last")
    await alice.context.unroute("**/api/chain.profile")
    await page.reload()
    await says("Alice Last", picture=False)


async def test_who_signs_out_or_is_signed_out_leaves_the_list_with_their_keys(
    alice: Person, arrives: SomebodyNew
) -> None:
    laptop, tablet = await arrives("alice"), await arrives("alice")
    for other in (laptop, tablet):
        await other.signs_in()
    assert await count_devices(alice) == 3
    await laptop.opens("/you")
    await laptop.page.get_by_role("button", name="Sign out").click()
    await laptop.page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    await is_signed_out(laptop)
    assert await count_devices(alice) == 2
    await alice.opens("/you/devices")
    await alice.page.get_by_role("button", name="Sign out Chrome on Linux").click()
    dialog = alice.page.get_by_role("dialog")
    await dialog.get_by_label("Your password").fill(PASSWORD)
    await alice.page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden(timeout=PATIENCE)
    await is_signed_out(tablet)
    assert await count_devices(alice) == 1
    for gone, left in ((laptop, []), (tablet, ["hearth-keys-1"])):
        names = await gone.page.evaluate("indexedDB.databases().then((all) => all.map(({ name }) => name))")
        assert names == left
    assert await tablet.page.evaluate(KEPT) == ["past"]
    await sees_no_bar(alice)
