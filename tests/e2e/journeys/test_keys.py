"""An account's keys come with nothing but the password: made at registration, added on the next browser."""

import json
import re
from base64 import b64decode
from pathlib import Path

from playwright.async_api import Route, expect

from hearth.client import Client
from hearth.sealed.person.chain import Chain
from tests.e2e.conftest import Program, SomebodyNew
from tests.e2e.journeys.test_entering import find_link, run
from tests.e2e.journeys.test_own_account import make_picture
from tests.e2e.person import PATIENCE, Person
from tests.scenarios.cast import PASSWORD
from tests.served import Served

SETTLED_MS = 1_500
NEW_PASSWORD = "another warm evening"
ASK = """async ([path, body]) => {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  return await answer.json();
}"""


async def read_chain(person: Person) -> Chain:
    """Return a signed-in person's chain as their browser gets it, verified by the Python client's code."""
    session = await person.page.evaluate("fetch('/api/session').then((answer) => answer.json())")
    server = await person.page.evaluate("fetch('/api/registration').then((answer) => answer.json())")
    chain = Chain(bytes.fromhex(server["server_id"]), session["user"]["id"])
    page = await person.page.evaluate(ASK, ["/api/chain.read", {"user_id": session["user"]["id"]}])
    for statement in page["statements"]:
        chain.take(b64decode(statement))
    assert page["n"] == len(page["statements"])
    return chain


async def count_devices(person: Person) -> int:
    state = (await read_chain(person)).state
    return 0 if state is None else len(state.devices)


async def refuse(route: Route) -> None:
    body = {"code": "forbidden", "title": "No", "status": 403}
    await route.fulfill(status=403, content_type="application/problem+json", body=json.dumps(body))


async def sees_no_bar(person: Person) -> None:
    """After the page has become calm and looked at its keys."""
    await person.page.wait_for_timeout(SETTLED_MS)
    await expect(person.page.get_by_role("button", name="Enter password")).to_have_count(0)


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
    password = dialog.get_by_label("Current password")
    await expect(password).to_be_focused()
    await password.fill("not the password")
    await alice.page.keyboard.press("Enter")
    await expect(dialog.get_by_text("This is not your current password.")).to_be_visible(timeout=PATIENCE)
    assert await count_devices(alice) == 0
    await password.fill(PASSWORD)
    await alice.page.keyboard.press("Enter")
    await expect(alice.page.get_by_text("This device has its keys.")).to_be_visible(timeout=PATIENCE)
    for gone in (bar, in_tab):
        await expect(gone).to_have_count(0, timeout=PATIENCE)
    assert await count_devices(alice) == 1
    await alice.page.reload()
    await alice.sees_the_list()
    await sees_no_bar(alice)


async def test_who_registered_with_a_program_gets_keys_at_the_first_sign_in(
    arrives: SomebodyNew, program: Program, server: Served
) -> None:
    bob = await program("bob")
    browser = await arrives("bob")
    await browser.signs_in()
    assert await count_devices(browser) == 1
    await sees_no_bar(browser)
    async with await Client.sign_in(server.url, "bob", PASSWORD) as again:
        assert again.user_id == bob.user_id


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
    await expect(page.get_by_text("Five random words, filled in twice.")).to_be_visible(timeout=PATIENCE)
    await expect(password).to_have_attribute("type", "text")
    words = await password.input_value()
    assert len(words.split(" ")) == 5
    await expect(again).to_have_value(words)
    await button.click()
    await alice.sees_the_list()
    await alice.context.clear_cookies()
    tablet = await arrives("alice")
    await tablet.opens("/sign-in")
    await tablet.signs_in_here(words)
    await tablet.sees_the_list()


async def changes_password(person: Person, *, theft: bool = False, keep: str | None = None) -> None:
    await person.opens("/you/security")
    page = person.page
    await page.get_by_label("Current password").fill(PASSWORD)
    for field in ("New password", "Password again"):
        await page.get_by_label(field).fill(NEW_PASSWORD)
    if theft:
        await page.get_by_role("switch", name="Somebody might know the old one").click()
    if keep is not None:
        await page.get_by_role("group", name="Stay signed in on").get_by_label(keep).check()
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_text("Password changed.")).to_be_visible(timeout=PATIENCE)


async def is_signed_out(person: Person) -> None:
    await expect(person.page.get_by_role("heading", name="Welcome back")).to_be_visible(timeout=PATIENCE)


async def test_a_new_password_makes_a_new_vault_and_keeps_the_devices_one_chooses(
    alice: Person, arrives: SomebodyNew
) -> None:
    laptop = await arrives("alice")
    await laptop.signs_in()
    before = (await read_chain(alice)).state
    await sees_no_bar(alice)
    await changes_password(alice, keep="Chrome on Linux")
    after = (await read_chain(alice)).state
    assert before is not None and after is not None
    assert before.vault is not None and after.vault is not None
    assert after.vault.version == before.vault.version + 1
    assert after.identity_key == before.identity_key
    assert len(after.devices) == 2
    await laptop.page.reload()
    await laptop.sees_the_list()
    await sees_no_bar(laptop)
    await laptop.context.clear_cookies()
    tablet = await arrives("alice")
    await tablet.opens("/sign-in")
    await tablet.signs_in_here(NEW_PASSWORD)
    await tablet.sees_the_list()
    assert await count_devices(tablet) == 3


async def test_after_a_theft_the_identity_is_another_and_the_others_are_out(
    alice: Person, arrives: SomebodyNew
) -> None:
    laptop = await arrives("alice")
    await laptop.signs_in()
    before = (await read_chain(alice)).state
    await changes_password(alice, theft=True)
    after = (await read_chain(alice)).state
    assert before is not None and after is not None
    assert after.identity_key != before.identity_key
    assert len(after.devices) == 1
    await is_signed_out(laptop)
    await sees_no_bar(alice)


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
    await dialog.get_by_label("Current password").fill(PASSWORD)
    await alice.page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden(timeout=PATIENCE)
    await is_signed_out(tablet)
    assert await count_devices(alice) == 1
    for gone in (laptop, tablet):
        names = await gone.page.evaluate("indexedDB.databases().then((all) => all.map(({ name }) => name))")
        assert names == []
    await sees_no_bar(alice)


async def follows_reset(person: Person, link: str, words: str) -> None:
    await person.opens(link)
    page = person.page
    await expect(page.get_by_text(words)).to_be_visible(timeout=PATIENCE)
    for field in ("New password", "Password again"):
        await page.get_by_label(field, exact=True).fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Set password").click()
    await person.sees_the_list()


async def test_a_reset_on_a_device_that_is_signed_in_keeps_it_signed_in(
    alice: Person, server: Served, arrives: SomebodyNew
) -> None:
    laptop = await arrives("alice")
    await laptop.signs_in()
    before = (await read_chain(alice)).state
    link = find_link(run(server, "user", "reset-sign-in", "alice"))
    await follows_reset(alice, link, "This device stays signed in and keeps your keys")
    after = (await read_chain(alice)).state
    assert before is not None and after is not None
    assert after.incarnation == before.incarnation + 1
    assert set(after.devices) < set(before.devices), "the same device, alone"
    await is_signed_out(laptop)
    await sees_no_bar(alice)
    await laptop.signs_in_here(NEW_PASSWORD)
    await laptop.sees_the_list()
    assert await count_devices(laptop) == 2


async def test_a_reset_without_a_device_begins_anew_and_gives_keys_to_who_had_none(
    alice: Person, server: Served, arrives: SomebodyNew, program: Program
) -> None:
    await program("bob")
    for username, incarnation in (("alice", 2), ("bob", 1)):
        tablet = await arrives(username)
        link = find_link(run(server, "user", "reset-sign-in", username))
        await follows_reset(tablet, link, "If you are still signed in on another device")
        state = (await read_chain(tablet)).state
        assert state is not None
        assert (state.incarnation, len(state.devices)) == (incarnation, 1)
        await sees_no_bar(tablet)
    await is_signed_out(alice)


async def test_a_recovery_key_is_kept_checked_and_lets_in_who_forgot_their_password(
    alice: Person, arrives: SomebodyNew
) -> None:
    await alice.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await alice.opens("/you/security")
    page = alice.page
    await expect(page.get_by_text("You have no recovery key.")).to_be_visible(timeout=PATIENCE)
    await page.get_by_role("link", name="Make a recovery key").click()
    await page.get_by_label("Current password").fill("not the password")
    make = page.get_by_role("button", name="Make a recovery key")
    await make.click()
    await expect(page.get_by_text("This is not your current password.")).to_be_visible(timeout=PATIENCE)
    await page.get_by_label("Current password").fill(PASSWORD)
    await make.click()
    sheet = page.get_by_role("region", name="Your recovery key")
    await expect(sheet).to_be_focused(timeout=PATIENCE)
    groups = await sheet.get_by_role("listitem").all_inner_texts()
    key = "-".join(groups)
    assert len(groups) == 14 and all(len(group) == 4 for group in groups)
    await page.get_by_role("button", name="Copy").click()
    assert await page.evaluate("navigator.clipboard.readText()") == key
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Download").click()
    download = await downloading.value
    assert download.suggested_filename == "hearth-recovery-key-alice.txt"
    assert key in (await download.path()).read_text()
    await page.emulate_media(media="print")
    await expect(sheet).to_be_visible()
    await expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    await page.emulate_media(media="screen")
    await page.get_by_role("button", name="I have kept it").click()
    asked = page.get_by_label(re.compile("^Group "))
    await expect(asked).to_be_focused()
    label = await page.locator("label").filter(has_text="Group ").inner_text()
    await asked.fill("AAAA")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("That is not this group.")).to_be_visible()
    await asked.fill(groups[int(label.removeprefix("Group ")) - 1].lower())
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Recovery key checked.")).to_be_visible()
    await expect(page.get_by_text("You have a recovery key.")).to_be_visible(timeout=PATIENCE)

    before = (await read_chain(alice)).state
    tablet = await arrives("alice")
    await tablet.opens("/sign-in")
    await tablet.page.get_by_role("link", name="Forgot your password?").click()
    await tablet.page.get_by_label("Username").fill("alice")
    given = tablet.page.get_by_label("Recovery key")
    for field in ("New password", "Password again"):
        await tablet.page.get_by_label(field, exact=True).fill(NEW_PASSWORD)
    finish = tablet.page.get_by_role("button", name="Set password")
    await given.fill(key[:-1])
    await finish.click()
    await expect(tablet.page.get_by_text("This is not a whole recovery key.")).to_be_visible(timeout=PATIENCE)
    await expect(given).to_be_focused()
    await given.fill(key.lower().replace("-", " "))
    await tablet.page.get_by_label("Username").fill("nobody")
    await finish.click()
    await expect(tablet.page.get_by_text("do not belong together")).to_be_visible(timeout=PATIENCE)
    await tablet.page.get_by_label("Username").fill("alice")
    await finish.click()
    await tablet.sees_the_list()
    after = (await read_chain(tablet)).state
    assert before is not None and after is not None
    assert after.identity_key == before.identity_key
    assert len(after.devices) == 1
    await is_signed_out(alice)
    await sees_no_bar(tablet)
    await alice.opens("/sign-in")
    await alice.signs_in_here(NEW_PASSWORD)
    await alice.sees_the_list()
    assert await count_devices(alice) == 2


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
