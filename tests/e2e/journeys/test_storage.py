"""The browser's storage is wiped or closed: the page says so, claims nothing, and goes on by itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from playwright.async_api import CDPSession, expect

from tests.e2e.conftest import SomebodyNew
from tests.e2e.person import PATIENCE, Person

WIPED = "The browser has removed what Hearth kept on this device."
BROKEN = "The browser does not let Hearth use this device's storage"
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
    await is_whole(alice, bob, "After the wipe")


async def test_storage_wiped_while_hearth_is_open(alice: Person, bob: Person) -> None:
    await converse(alice, bob)
    await alice.field.fill("Half a thought")
    await wipe(alice, origin_of(alice))
    await expect(alice.page.get_by_text(WIPED)).to_be_visible(timeout=PATIENCE)
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
