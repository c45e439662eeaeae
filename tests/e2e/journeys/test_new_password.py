"""A new password in all its ways: changed, after a theft, by a link, by the recovery key."""

import re

from playwright.async_api import expect

from tests.e2e.conftest import SomebodyNew
from tests.e2e.journeys.test_entering import find_link, run
from tests.e2e.keys import count_devices, is_signed_out, read_chain, sees_no_bar
from tests.e2e.person import PATIENCE, Person
from tests.scenarios.cast import PASSWORD
from tests.scenarios.keyless import register_keyless
from tests.served import Served

NEW_PASSWORD = "another warm evening"
STAY_AND_GO = """async (stay) => {
  stay.click();
  await Promise.resolve();
  document.querySelector('a[href="/"]').click();
}"""
"""The next move comes before the browser says that the dialog has closed, which it does with a frame."""


async def changes_password(person: Person, *, theft: bool = False, keep: str | None = None) -> None:
    await person.opens("/you/security")
    page = person.page
    await page.get_by_label("Current password").fill(PASSWORD)
    for field in ("New password", "Password again"):
        await page.get_by_label(field).fill(NEW_PASSWORD)
    if theft:
        await page.get_by_role("switch", name="Somebody might know the old one").click()
    if keep is not None:
        group = page.get_by_role("group", name="Stay signed in on")
        await group.get_by_label(keep).check()
        around, box = await group.bounding_box(), await group.get_by_label(keep).bounding_box()
        assert around is not None and box is not None
        assert box["x"] + box["width"] < around["x"] + around["width"] / 2, "it begins where the words begin"
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_text("Password changed.")).to_be_visible(timeout=PATIENCE)


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


async def follows_reset(person: Person, link: str, words: str, *, costs: bool = True) -> None:
    await person.opens(link)
    page = person.page
    await expect(page.get_by_text(words)).to_be_visible(timeout=PATIENCE)
    for field in ("New password", "Password again"):
        await page.get_by_label(field, exact=True).fill(NEW_PASSWORD)
    send = page.get_by_role("button", name="Set password")
    agreed = page.get_by_label("I know that what was written encrypted before stays closed.")
    if costs:
        await send.click()
        await expect(agreed).to_be_focused(timeout=PATIENCE)
        await expect(agreed).to_have_accessible_description("Read this first, then tick it.")
        await agreed.check()
    else:
        await expect(agreed).to_have_count(0)
    await send.click()
    await person.sees_the_list()


async def test_a_reset_on_a_device_that_is_signed_in_keeps_it_signed_in(
    alice: Person, server: Served, arrives: SomebodyNew
) -> None:
    laptop = await arrives("alice")
    await laptop.signs_in()
    await alice.converses_with("Notes")
    await alice.writes("written before it")
    await alice.sees("written before it")
    # Notes have no mark once they are kept.
    await expect(alice.page.get_by_title("Waiting to be sent")).to_have_count(0, timeout=PATIENCE)
    before = (await read_chain(alice)).state
    link = find_link(run(server, "user", "reset-sign-in", "alice"))
    await follows_reset(alice, link, "This device stays signed in and keeps your keys", costs=False)
    after = (await read_chain(alice)).state
    assert before is not None and after is not None
    assert after.incarnation == before.incarnation + 1
    assert set(after.devices) < set(before.devices), "the same device, alone"
    await is_signed_out(laptop)
    await sees_no_bar(alice)
    await laptop.signs_in_here(NEW_PASSWORD)
    await laptop.sees_the_list()
    assert await count_devices(laptop) == 2
    await laptop.converses_with("Notes")
    await laptop.sees("written before it")


async def test_a_reset_without_a_device_begins_anew_and_gives_keys_to_who_had_none(
    alice: Person, server: Served, arrives: SomebodyNew
) -> None:
    await (await register_keyless(server.url, "bob")).close()
    for username, incarnation in (("alice", 2), ("bob", 1)):
        tablet = await arrives(username)
        link = find_link(run(server, "user", "reset-sign-in", username))
        await follows_reset(tablet, link, "If you are still signed in on another device")
        state = (await read_chain(tablet)).state
        assert state is not None
        assert (state.incarnation, len(state.devices)) == (incarnation, 1)
        await sees_no_bar(tablet)
    await is_signed_out(alice)


async def makes_recovery_key(person: Person) -> None:
    await person.opens("/you/recovery-key")
    page = person.page
    await page.get_by_role("button", name="Make a recovery key").click()
    sheet = page.get_by_role("region", name="Your recovery key")
    await expect(sheet).to_be_visible(timeout=PATIENCE)
    groups = await sheet.get_by_role("listitem").all_inner_texts()
    await page.get_by_role("button", name="I have kept it").click()
    label = await page.locator("label").filter(has_text="Group ").inner_text()
    await page.get_by_label(re.compile("^Group ")).fill(groups[int(label.removeprefix("Group ")) - 1])
    await page.keyboard.press("Enter")
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_role("button", name="Use this key from now on").click()
    await expect(page.get_by_text("Recovery key checked.")).to_be_visible(timeout=PATIENCE)


async def test_a_recovery_key_is_kept_checked_and_lets_in_who_forgot_their_password(
    alice: Person, arrives: SomebodyNew
) -> None:
    await alice.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await alice.opens("/you/security")
    page = alice.page
    await expect(page.get_by_text("You have no recovery key.")).to_be_visible(timeout=PATIENCE)
    await page.get_by_role("link", name="Make a recovery key").click()
    await page.get_by_role("button", name="Make a recovery key").click()
    sheet = page.get_by_role("region", name="Your recovery key")
    await expect(sheet).to_be_focused(timeout=PATIENCE)
    groups = await sheet.get_by_role("listitem").all_inner_texts()
    key = "-".join(groups)
    assert len(groups) == 14 and all(len(group) == 4 for group in groups)
    await page.get_by_role("link", name="Messages", exact=True).click()
    leaving = page.get_by_role("dialog", name="Leave without checking it?")
    stay = leaving.get_by_role("button", name="Stay here")
    await stay.evaluate(STAY_AND_GO)
    await stay.click()
    await expect(sheet).to_be_visible()
    await page.evaluate("history.back()")
    await stay.click()
    await expect(sheet).to_be_visible()
    await expect(page).to_have_url(re.compile("/you/recovery-key$"))
    assert await sheet.get_by_role("listitem").all_inner_texts() == groups, "the browser's own Back asks, too"
    asks = "!dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    assert await page.evaluate(asks), "the browser asks before it closes the page"
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
    await expect(page.get_by_label("Your password")).to_be_focused()
    await page.get_by_label("Your password").fill("not the password")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("This is not your current password.")).to_be_visible(timeout=PATIENCE)
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Recovery key checked.")).to_be_visible(timeout=PATIENCE)
    await expect(page.get_by_text("You have a recovery key.")).to_be_visible(timeout=PATIENCE)

    # Another one that is looked at and left takes nothing from it.
    await page.get_by_role("link", name="Make a new recovery key").click()
    await page.get_by_role("button", name="Make a recovery key").click()
    await expect(sheet).to_be_focused(timeout=PATIENCE)
    await page.get_by_role("link", name="Messages", exact=True).click()
    await leaving.get_by_role("button", name="Leave").click()
    await alice.sees_the_list()

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
