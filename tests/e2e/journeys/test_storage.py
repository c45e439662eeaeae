"""The browser's storage is wiped, closed, held or full: the page says so, claims nothing, goes on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import copy
from urllib.parse import urlsplit

import pytest
from playwright.async_api import CDPSession, expect

from tests.e2e.conftest import SomebodyNew
from tests.e2e.person import PATIENCE, Person

WIPED = "The browser has removed what Hearth kept on this device."
BROKEN = "The browser does not let Hearth use this device's storage"
FULL = "This device has no room left"
NOT_KEPT = "This device could not keep the message."
HELD = "An older tab of Hearth still holds"
SENT_MARKS = ("Sent", "Delivered", "Read")
CANNOT_OPEN = """
  const real = IDBFactory.prototype.open;
  IDBFactory.prototype.open = function (...values) {
    if (sessionStorage.getItem("is-repaired")) return real.apply(this, values);
    throw new DOMException("Internal error opening backing store", "UnknownError");
  };
"""
OPEN_NEWER = """async () => {
  const all = await indexedDB.databases();
  const copy = all.find(({ name }) => /^hearth-\\d+$/.test(name));
  await new Promise((resolve, reject) => {
    const opening = indexedDB.open(copy.name, copy.version + 10);
    opening.onerror = reject;
    opening.onblocked = reject;
    opening.onsuccess = resolve;
  });
}"""

LITTLE_ROOM = 12 * 1024 * 1024
# Something else of this origin takes all the room, down to the last half kilobyte.
FILL = """async () => {
  const wait = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const opening = indexedDB.open("filler", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("filler", { autoIncrement: true });
  const database = await wait(opening);
  for (let size = 1 << 20; size >= 512; size >>= 1) {
    for (let hasRoom = true; hasRoom; ) {
      const transaction = database.transaction("filler", "readwrite");
      transaction.objectStore("filler").add(crypto.getRandomValues(new Uint8Array(Math.min(size, 65536))));
      for (let more = size - 65536; more > 0; more -= 65536)
        transaction.objectStore("filler").add(crypto.getRandomValues(new Uint8Array(65536)));
      hasRoom = await new Promise((resolve) => {
        transaction.oncomplete = () => resolve(true);
        transaction.onabort = () => resolve(false);
      });
    }
  }
  database.close();
}"""
# As a tab of the first version would: holds the database in that form, and lets go for nobody.
HOLD_OLDER = """async () => {
  const all = await indexedDB.databases();
  const { name } = all.find(({ name }) => /^hearth-\\d+$/.test(name));
  const wait = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  await wait(indexedDB.deleteDatabase(name));
  globalThis.held = await wait(indexedDB.open(name, 10));
}"""


def origin_of(person: Person) -> str:
    parts = urlsplit(person.page.url)
    return f"{parts.scheme}://{parts.netloc}"


@asynccontextmanager
async def devtools(person: Person) -> AsyncIterator[CDPSession]:
    session = await person.context.new_cdp_session(person.page)
    try:
        yield session
    finally:
        await session.detach()


async def wipe(person: Person, origin: str) -> None:
    async with devtools(person) as session:
        await session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "indexeddb"})


async def converse(alice: Person, bob: Person) -> None:
    await alice.befriends(bob)
    await bob.converses_with("Alice")
    await alice.converses_with("Bob")
    for number in range(3):
        await alice.writes(f"Before {number}")
    await bob.sees("Before 2")
    await alice.sees_mark("Before 2", "Read")


async def signs_in_anew(alice: Person) -> None:
    """With the copy the keys have gone, and a device never gets others: it signs in as a new one."""
    gone = alice.page.get_by_text("This device has no keys any more. Sign out and in again")
    await expect(gone).to_be_visible(timeout=PATIENCE)
    await alice.opens("/you")
    await alice.page.get_by_role("button", name="Sign out", exact=True).click()
    await alice.page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    await expect(alice.page.get_by_label("Username")).to_be_visible(timeout=PATIENCE)
    await alice.signs_in_here()
    await expect(alice.page.get_by_label("Username")).to_have_count(0, timeout=PATIENCE)
    await alice.opens()
    await alice.sees_the_list()
    await alice.converses_with("Bob")


async def is_whole(alice: Person, bob: Person, text: str) -> None:
    """All is there again, and what is written now arrives: its counter goes on where the wiped one ended."""
    await alice.sees("Before 0")
    await alice.writes(text)
    await bob.sees(text)
    await alice.sees_mark(text, "Read")
    assert await bob.messages.count() == 4


async def test_storage_wiped_while_hearth_is_closed(alice: Person, bob: Person) -> None:
    await converse(alice, bob)
    page, origin = alice.page.url, origin_of(alice)
    await alice.page.goto("about:blank")
    await wipe(alice, origin)
    await alice.page.goto(page)
    await expect(alice.page.get_by_text(WIPED)).to_be_visible(timeout=PATIENCE)
    await signs_in_anew(alice)
    await is_whole(alice, bob, "After the wipe")


async def test_storage_wiped_while_hearth_is_open(alice: Person, bob: Person) -> None:
    await converse(alice, bob)
    await alice.field.fill("Half a thought")
    await wipe(alice, origin_of(alice))
    await expect(alice.page.get_by_text(WIPED)).to_be_visible(timeout=PATIENCE)
    await signs_in_anew(alice)
    await alice.sees("Before 2")
    await is_whole(alice, bob, "After the wipe")


async def test_storage_that_does_not_open_is_said_and_tried_again(alice: Person, bob: Person) -> None:
    await converse(alice, bob)
    await alice.page.add_init_script(CANNOT_OPEN)
    await alice.page.reload()
    await expect(alice.page.get_by_text(BROKEN)).to_be_visible(timeout=PATIENCE)
    for mark in SENT_MARKS:
        await expect(alice.page.get_by_title(mark, exact=True)).to_have_count(0)
    await alice.page.evaluate("sessionStorage.setItem('is-repaired', 'yes')")
    await expect(alice.page.get_by_text(BROKEN)).to_have_count(0, timeout=3 * PATIENCE)
    await is_whole(alice, bob, "It opens again")


async def test_a_newer_form_of_the_storage_is_not_worked_against(alice: Person, arrives: SomebodyNew) -> None:
    await alice.converses_with("Notes")
    newer = await alice.opens_a_tab()
    await newer.page.evaluate(OPEN_NEWER)
    await expect(alice.page.get_by_text("A new version of Hearth is here")).to_be_visible(timeout=PATIENCE)


@pytest.mark.offline
async def test_an_older_page_that_opens_a_newer_form_says_so_and_reloads(alice: Person) -> None:
    await alice.converses_with("Notes")
    address = alice.page.url
    await alice.opens("/api/registration")
    await alice.page.evaluate(OPEN_NEWER)
    await alice.page.goto(address)
    await expect(alice.page.get_by_text("A new version of Hearth is here")).to_be_visible(timeout=PATIENCE)
    await expect(alice.page.get_by_text(BROKEN)).to_have_count(0)
    async with alice.page.expect_event("load", timeout=PATIENCE):
        await alice.page.get_by_role("button", name="Reload").click()


async def test_a_full_device_is_said_and_gone_on_from(arrives: SomebodyNew, bob: Person) -> None:
    alice = await arrives("alice")
    await alice.opens("/register")
    # Before anything is stored: the browser believes for 30 s what it last found out about its room. The
    # quota is this one only as long as the session stays open.
    async with devtools(alice) as session:
        await session.send(
            "Storage.overrideQuotaForOrigin", {"origin": origin_of(alice), "quotaSize": LITTLE_ROOM}
        )
        await alice.registers()
        await converse(alice, bob)
        full, not_kept = alice.page.get_by_text(FULL), alice.page.get_by_text(NOT_KEPT)
        await alice.page.evaluate(FILL)
        await bob.writes("For a full device")
        await expect(full).to_be_visible(timeout=PATIENCE)
        await alice.field.fill("Written on a full device")
        await alice.field.press("Enter")
        await expect(not_kept).to_be_visible(timeout=PATIENCE)
        await expect(alice.field).to_have_value("Written on a full device")
        await alice.sees("Written on a full device", times=0)
        await alice.sees("Before 2")
        await expect(full).to_be_visible()
        await alice.page.evaluate("indexedDB.deleteDatabase('filler')")
        await expect(full).to_have_count(0, timeout=2 * PATIENCE)
        await alice.sees("For a full device")
        await bob.sees("Written on a full device", times=0)
        await alice.field.press("Enter")
        await bob.sees("Written on a full device")
        await alice.sees_mark("Written on a full device", "Read")
        assert await bob.messages.count() == 5


async def test_a_tab_that_holds_an_older_form_is_said(alice: Person) -> None:
    await alice.converses_with("Notes")
    address = alice.page.url
    await alice.opens("/api/registration")
    await alice.page.evaluate(HOLD_OLDER)
    newer = copy(alice)
    newer.page = await alice.context.new_page()
    await newer.page.goto(address)
    await expect(newer.page.get_by_text(HELD)).to_be_visible(timeout=PATIENCE)
    await alice.page.close()
    await expect(newer.page.get_by_text(HELD)).to_have_count(0, timeout=PATIENCE)
    await newer.sees_the_list()
    await newer.writes("Opened after all")
    await newer.sees("Opened after all")
