"""One's own pages: profile and picture, devices, password, the end of the account."""

import re
import struct
import zlib
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import SomebodyNew
from tests.e2e.person import PATIENCE, Person
from tests.scenarios.cast import PASSWORD

NEW_PASSWORD = "another warm evening"
A_SECOND = 1_500
_BLOB = re.compile("^blob:")


def make_picture(path: Path, side: int = 640) -> Path:
    """Write a PNG of stripes that is larger than a picture may be."""
    row = b"\0" + bytes(value for x in range(side) for value in ((x * 7) % 256, 120, 60))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(row * side)),
        (b"IEND", b""),
    )
    written = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + written)
    return path


@pytest.mark.offline
async def test_a_friend_sees_a_new_name_about_and_picture_live(
    alice: Person, bob: Person, tmp_path: Path
) -> None:
    await alice.befriends(bob)
    await bob.opens("/friends")
    await bob.page.get_by_role("list", name="Friends").get_by_role("link", name="Alice").click()
    await alice.opens("/you/profile")
    await alice.page.get_by_label("Display name").fill("Alice Moreau")
    await alice.page.get_by_label("About you").fill("Bakes bread 🍞")
    await expect(alice.page.get_by_text("13 of 300")).to_be_visible()
    await alice.page.get_by_role("button", name="Save").click()
    main = bob.page.locator("#main")
    await expect(main.get_by_role("heading", name="Alice Moreau", level=2)).to_be_visible(timeout=PATIENCE)
    await expect(main.get_by_text("Bakes bread 🍞")).to_be_visible(timeout=PATIENCE)

    await alice.page.get_by_label("Choose a picture").set_input_files(make_picture(tmp_path / "stripes.png"))
    part = alice.page.get_by_role("button", name="Part of the picture.")
    await expect(part).to_be_focused()
    await alice.page.keyboard.press("ArrowLeft")
    await alice.page.get_by_label("Zoom").fill("2")
    await alice.page.get_by_role("button", name="Use picture").click()
    await expect(alice.page.get_by_role("button", name="Remove picture")).to_be_visible(timeout=PATIENCE)
    picture = main.locator("header img")
    await expect(picture).to_have_attribute("src", _BLOB, timeout=PATIENCE)
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 512
    # Both keep it: it is there without the server.
    await bob.page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
    await bob.page.reload()
    await expect(picture).to_be_visible(timeout=PATIENCE)
    await bob.goes_offline()
    await bob.page.reload()
    await expect(picture).to_have_attribute("src", _BLOB, timeout=PATIENCE)
    await bob.goes_offline(False)

    await alice.page.get_by_role("button", name="Remove picture").click()
    await expect(picture).to_have_count(0, timeout=PATIENCE)


async def test_an_about_that_is_too_long_is_not_sent(alice: Person) -> None:
    await alice.opens("/you/profile")
    about = alice.page.get_by_label("About you")
    await about.fill("👨‍👩‍👧‍👦" * 301)
    await expect(alice.page.get_by_text("301 of 300")).to_be_visible()
    await alice.page.get_by_role("button", name="Save").click()
    await expect(about).to_be_focused()
    await expect(alice.page.get_by_text("At most 300 characters.")).to_be_visible()
    await expect(alice.page.get_by_text("Saved", exact=True)).to_have_count(0)


async def test_a_device_signed_out_elsewhere_falls_to_the_sign_in_page(
    alice: Person, arrives: SomebodyNew
) -> None:
    await alice.opens("/you/devices")
    await expect(alice.page.get_by_text("You are signed in nowhere else.")).to_be_visible(timeout=PATIENCE)
    laptop = await arrives("alice")
    await laptop.signs_in()
    end = alice.page.get_by_role("button", name="Sign out Chrome on Linux")
    await expect(end).to_be_visible(timeout=PATIENCE)
    await end.click()
    dialog = alice.page.get_by_role("dialog")
    password = dialog.get_by_label("Your password")
    await expect(password).to_have_attribute("autocomplete", "current-password")
    await expect(password).to_have_attribute("type", "password")
    await dialog.get_by_role("button", name="Show password").click()
    await expect(password).to_have_attribute("type", "text")
    await dialog.get_by_role("button", name="Sign out").click()
    await expect(dialog.get_by_text("Enter your password.")).to_be_visible()
    await expect(password).to_be_focused()
    await password.fill("not the password")
    await alice.page.keyboard.press("Enter")
    await expect(dialog.get_by_text("This is not your current password.")).to_be_visible(timeout=PATIENCE)
    await expect(password).to_be_focused()
    await laptop.sees_the_list()
    await password.fill(PASSWORD)
    await alice.page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden(timeout=PATIENCE)
    said = laptop.page.get_by_text("This device was signed out from another one.")
    await expect(said).to_be_visible(timeout=A_SECOND)
    await expect(laptop.page.get_by_role("heading", name="Welcome back")).to_be_visible(timeout=PATIENCE)
    await expect(alice.page.get_by_text("You are signed in nowhere else.")).to_be_visible(timeout=PATIENCE)
    names = await laptop.page.evaluate("indexedDB.databases().then((all) => all.map(({ name }) => name))")
    assert names == ["hearth-keys-1"], "of the local copy only where the own chain stood is left"


@pytest.mark.offline
async def test_what_waits_when_a_session_is_lost_is_said_and_sent_after_the_next(
    alice: Person, bob: Person, arrives: SomebodyNew
) -> None:
    await alice.befriends(bob)
    await bob.converses_with("Alice")
    laptop = await arrives("alice")
    await laptop.signs_in()
    await laptop.converses_with("Bob")
    await laptop.goes_offline()
    for number in range(2):
        await laptop.writes(f"Still to be sent {number}")
    await alice.opens("/you/devices")
    await alice.page.get_by_role("button", name="Sign out Chrome on Linux").click()
    dialog = alice.page.get_by_role("dialog")
    await dialog.get_by_label("Your password").fill(PASSWORD)
    await alice.page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden(timeout=PATIENCE)
    await laptop.goes_offline(False)
    said = laptop.page.get_by_text("2 messages you wrote wait on this device.")
    await expect(said).to_be_visible(timeout=PATIENCE)
    await laptop.page.reload()
    await expect(said).to_be_visible(timeout=PATIENCE)
    await laptop.signs_in_here()
    await laptop.sees_the_list()
    for number in range(2):
        await bob.sees(f"Still to be sent {number}")
    assert await laptop.page.evaluate("localStorage.getItem('hearth.unsent')") is None


async def test_two_devices_of_a_kind_are_told_apart_by_their_names(
    alice: Person, arrives: SomebodyNew
) -> None:
    """A name reaches the other device at once, and nothing in it is taken for more than text."""
    laptop = await arrives("alice")
    await laptop.signs_in()
    await alice.opens("/you/devices")
    await laptop.opens("/you/devices")
    other = alice.page.get_by_role("listitem").filter(has=alice.page.get_by_role("button", name="Sign out"))
    await other.get_by_role("button", name="Name ").click()
    field = alice.page.get_by_label("Name of the device")
    await field.fill("  ")
    await alice.page.keyboard.press("Enter")
    await expect(alice.page.get_by_text("A device needs a name.")).to_be_visible()
    await field.fill("<b>Kitchen</b>")
    await alice.page.keyboard.press("Enter")
    await expect(other.get_by_text("<b>Kitchen</b>")).to_be_visible(timeout=PATIENCE)
    own = laptop.page.get_by_role("listitem").filter(has_text="This device")
    await expect(own.get_by_text("<b>Kitchen</b>")).to_be_visible(timeout=PATIENCE)


async def test_all_other_devices_at_once(alice: Person, arrives: SomebodyNew) -> None:
    others = [await arrives("alice"), await arrives("alice")]
    for other in others:
        await other.signs_in()
    await alice.opens("/you/devices")
    await alice.page.get_by_role("button", name="Sign out all other devices").click()
    password = alice.page.get_by_role("dialog").get_by_label("Your password")
    await expect(password).to_be_focused()
    await password.fill(PASSWORD)
    await alice.page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    for other in others:
        await expect(other.page.get_by_role("heading", name="Welcome back")).to_be_visible(timeout=PATIENCE)
    await expect(alice.page.get_by_text("You are signed in nowhere else.")).to_be_visible(timeout=PATIENCE)


async def test_a_new_password_signs_the_others_out_and_is_the_one_that_counts(
    alice: Person, arrives: SomebodyNew
) -> None:
    laptop = await arrives("alice")
    await laptop.signs_in()
    await alice.opens("/you/security")
    page = alice.page
    await expect(page.locator('input[autocomplete="username"]')).to_have_value("alice")
    current = page.get_by_label("Current password")
    await expect(current).to_have_attribute("autocomplete", "current-password")
    await current.fill("not the password")
    await page.get_by_label("New password").fill(NEW_PASSWORD)
    await page.get_by_label("Password again").fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_text("This is not your current password.")).to_be_visible(timeout=PATIENCE)
    await expect(current).to_be_focused()
    await current.fill(PASSWORD)
    for again in ("New password", "Password again"):
        await page.get_by_label(again).fill(PASSWORD)
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_text("This is the password you have now. Choose another one.")).to_be_visible()
    await expect(page.get_by_label("New password")).to_be_focused()
    for again in ("New password", "Password again"):
        await page.get_by_label(again).fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_text("Password changed.")).to_be_visible(timeout=PATIENCE)
    await expect(laptop.page.get_by_text("Your password was changed.")).to_be_visible(timeout=PATIENCE)
    await laptop.page.reload()
    await expect(laptop.page.get_by_text("If that was not you")).to_be_visible(timeout=PATIENCE)
    await laptop.signs_in_here()
    await expect(laptop.page.get_by_text("Username or password is wrong.")).to_be_visible(timeout=PATIENCE)
    await laptop.signs_in_here(NEW_PASSWORD)
    await laptop.sees_the_list()


async def test_a_deleted_account_is_gone_and_its_messages_stay(
    alice: Person, bob: Person, arrives: SomebodyNew
) -> None:
    await alice.befriends(bob)
    await alice.converses_with("Bob")
    await alice.writes("Keep this")
    await alice.sees_mark("Keep this", "Delivered")
    await alice.opens("/you/security")
    page = alice.page
    await page.get_by_role("button", name="Delete account").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Messages you sent stay with the others")
    await dialog.get_by_label("Type your username").fill("bob")
    await dialog.get_by_label("Your password").fill(PASSWORD)
    await dialog.get_by_role("button", name="Delete for ever").click()
    await expect(dialog.get_by_text("This is not your username: alice.")).to_be_visible()
    await dialog.get_by_label("Type your username").fill("alice")
    await dialog.get_by_role("button", name="Delete for ever").click()
    await expect(page.get_by_text("Your account was deleted.")).to_be_visible(timeout=PATIENCE)
    await expect(page.get_by_role("heading", name="Welcome back")).to_be_visible(timeout=PATIENCE)
    await bob.row("Deleted account").click()
    await bob.sees("Keep this")
    await alice.signs_in_here()
    await expect(page.get_by_text("Username or password is wrong.")).to_be_visible(timeout=PATIENCE)


@pytest.mark.offline
async def test_signing_out_warns_of_what_was_not_sent_and_wipes_the_copy(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    await alice.converses_with("Bob")
    await alice.goes_offline()
    await alice.writes("Never leaves")
    await alice.page.get_by_role("link", name="You", exact=True).click()
    await alice.page.get_by_role("button", name="Sign out").click()
    dialog = alice.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("1 message has not been sent yet.")
    await dialog.get_by_role("button", name="Stay signed in").click()
    await alice.goes_offline(False)
    await bob.converses_with("Alice")
    await bob.sees("Never leaves")
    await bob.writes("read aloud")
    announced = alice.page.locator(".visually-hidden[role=status]").first
    await expect(announced).to_contain_text("read aloud", timeout=PATIENCE)
    await alice.page.get_by_role("button", name="Sign out").click()
    await expect(dialog).not_to_contain_text("has not been sent")
    await dialog.get_by_role("button", name="Sign out").click()
    await expect(alice.page.get_by_role("heading", name="Welcome back")).to_be_visible(timeout=PATIENCE)
    names = await alice.page.evaluate("indexedDB.databases().then((all) => all.map(({ name }) => name))")
    assert names == []
    await expect(announced).to_be_empty()


async def test_who_hides_their_presence_is_not_seen(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    await bob.opens("/friends")
    row = bob.page.get_by_role("list", name="Friends").get_by_role("listitem").filter(has_text="Alice")
    await expect(row).to_contain_text("Online", timeout=PATIENCE)
    await alice.opens("/you/security")
    await alice.page.get_by_role("switch", name="Show when I am online").click()
    await expect(row).not_to_contain_text("Online", timeout=PATIENCE)
    await expect(row).to_contain_text("@alice")
