"""What people write is sealed in their browsers: the server has nothing readable, a password opens it all."""

import asyncio
import base64
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from tests.e2e.conftest import SomebodyNew
from tests.e2e.keys import refuse
from tests.e2e.local_copy import read_copy
from tests.e2e.person import PATIENCE, Person
from tests.scenarios.cast import PASSWORD
from tests.served import Served

CANARY = "canary in a coal mine"
SEALED = "End-to-end encrypted, not yet audited"
WAITING = "Waiting to be sent"

DELETE = """async (text) => {
  const finish = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const names = (await indexedDB.databases()).map(({ name }) => name);
  const open = (like) => finish(indexedDB.open(names.find((name) => like.test(name))));
  const [copy, own] = [await open(/^hearth-\\d+$/), await open(/^hearth-own-/)];
  const all = await finish(copy.transaction("entries").objectStore("entries").getAll());
  const { conversation, seq } = all.find(({ opened }) => opened?.content?.text === text);
  const records = copy.transaction("records").objectStore("records");
  const { record, from_device } = await finish(records.get([conversation, seq]));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", record));
  const target = { seq, record_hash: btoa(String.fromCharCode(...digest)) };
  const transaction = own.transaction(["outbox", "counters"], "readwrite");
  const counters = transaction.objectStore("counters");
  const counted = await finish(counters.get([from_device, conversation]));
  counters.put({ ...counted, last: counted.last + 1 });
  const drawn = [...crypto.getRandomValues(new Uint8Array(16))];
  const client_id = drawn.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const place = { client_id, conversation, counter: counted.last + 1, device: from_device };
  const written = { kind: 4, content: { type: "deletion" }, target, created_at: new Date().toISOString() };
  await finish(transaction.objectStore("outbox").add({ ...place, ...written, state: "waiting" }));
  copy.close();
  own.close();
}"""
"""Writes a deletion into the outbox, as a button for it will: one's own message with this text."""
DELETED = "This message was deleted."


def search(folder: Path, text: str) -> list[str]:
    """The files below a folder in which a text stands as it is."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path.name for path in files if text.encode() in path.read_bytes()]


async def gives_password(person: Person) -> None:
    await person.page.get_by_role("button", name="Enter password").click()
    dialog = person.page.get_by_role("dialog")
    await dialog.get_by_label("Your password").fill(PASSWORD)
    await dialog.get_by_role("button", name="Make keys").click()


@pytest.mark.offline
async def test_two_people_talk_and_only_they_can_read_it(
    alice: Person, bob: Person, arrives: SomebodyNew, server: Served, tmp_path: Path
) -> None:
    await alice.befriends(bob)
    await alice.converses_with("Bob")
    await bob.converses_with("Alice")
    await expect(alice.page.get_by_role("link", name=SEALED, exact=True)).to_be_visible()
    await alice.writes(f"First: {CANARY}")
    await bob.sees(f"First: {CANARY}")
    await bob.writes(f"Second: {CANARY}")
    await alice.sees(f"Second: {CANARY}")
    await alice.sees_mark(f"First: {CANARY}", "Read")
    await expect(alice.page.get_by_role("main").locator("header").get_by_title(SEALED)).to_be_visible()
    await alice.page.reload()
    await alice.sees(f"Second: {CANARY}")
    # A browser with nothing but the password, though nobody else is there.
    await bob.goes_offline()
    phone = await arrives("alice")
    await phone.signs_in()
    await expect(phone.row("Bob")).to_contain_text("Second", timeout=PATIENCE)
    await phone.converses_with("Bob")
    await phone.sees(f"First: {CANARY}")
    await phone.sees(f"Second: {CANARY}")
    await phone.writes("From the phone")
    await alice.sees("From the phone")
    await bob.goes_offline(False)
    await bob.sees("From the phone")
    server.stop()
    assert search(tmp_path, "alice")
    assert search(tmp_path, CANARY) == []
    assert search(tmp_path, "From the phone") == []


@pytest.mark.offline
async def test_every_tab_writes_and_reads_and_what_is_written_offline_goes_out_later(
    alice: Person, bob: Person
) -> None:
    await alice.befriends(bob)
    await alice.converses_with("Bob")
    await bob.converses_with("Alice")
    tab = await alice.opens_a_tab()
    await tab.converses_with("Bob")
    await tab.writes("From the second tab")
    await alice.sees("From the second tab")
    await bob.sees("From the second tab")
    await alice.goes_offline()
    await alice.writes("Without a network")
    await alice.sees_mark("Without a network", WAITING)
    await bob.writes("Meanwhile")
    await alice.goes_offline(False)
    await bob.sees("Without a network")
    for one in (alice, tab):
        await one.sees("Meanwhile")
        await one.sees("Without a network")


async def test_a_reload_in_the_middle_of_sending_neither_loses_nor_doubles(
    alice: Person, bob: Person
) -> None:
    await alice.befriends(bob)
    await alice.converses_with("Bob")
    await bob.converses_with("Alice")
    for number in range(6):
        await alice.field.fill(f"Number {number}")
        await alice.field.press("Enter")
        await alice.sees(f"Number {number}")
        if number % 2:
            await asyncio.sleep(number / 20)
            await alice.page.reload()
    for number in range(6):
        await bob.sees(f"Number {number}")
        await alice.sees(f"Number {number}")


async def test_a_message_to_somebody_without_keys_goes_out_once_they_have_some(
    alice: Person, arrives: SomebodyNew
) -> None:
    bob = await arrives("bob")
    await bob.context.route("**/api/chain.set_up", refuse)
    await bob.registers()
    await bob.context.unroute("**/api/chain.set_up")
    await alice.befriends(bob)
    await alice.converses_with("Bob")
    await alice.writes("For when you have keys")
    await alice.sees_mark("For when you have keys", WAITING)
    await alice.converses_with("Notes")
    await alice.writes("A note meanwhile")
    await expect(alice.message("A note meanwhile").get_by_title(WAITING)).to_have_count(0, timeout=PATIENCE)
    await gives_password(bob)
    await bob.converses_with("Alice")
    await bob.sees("For when you have keys")
    await alice.converses_with("Bob")
    await alice.sees_mark("For when you have keys", "Read")


async def shows_a_deletion(person: Person) -> None:
    await expect(person.page.locator("li[data-key]").filter(has_text=DELETED)).to_have_count(1)
    await person.sees("Stays, too")
    await expect(person.page.get_by_text(CANARY)).to_have_count(0)


async def test_what_its_author_deletes_is_deleted_on_every_device_and_for_new_ones(
    alice: Person, bob: Person, arrives: SomebodyNew, server: Served
) -> None:
    await alice.befriends(bob)
    await alice.converses_with("Bob")
    await bob.converses_with("Alice")
    for text in ("Stays", CANARY, "Stays, too"):
        await alice.writes(text)
        await bob.sees(text)
    await alice.sees_mark("Stays, too", "Read")
    await alice.page.evaluate(DELETE, CANARY)
    # What is sent from the outbox is looked for when a page begins.
    await alice.page.reload()
    await shows_a_deletion(bob)
    await shows_a_deletion(alice)
    phone = await arrives("alice")
    await phone.signs_in()
    await phone.converses_with("Bob")
    await phone.sees("Stays, too")
    await shows_a_deletion(phone)
    await bob.page.reload()
    await shows_a_deletion(bob)
    kept = await read_copy(bob)
    assert CANARY not in kept and "Stays" in kept


async def show_another_past(route: Route) -> None:
    """As a server would that has something else in the place of each newest epoch."""
    answer = await route.fetch()
    said = await answer.json()
    for head in said.get("heads", []):
        head["record_hash"] = base64.b64encode(bytes(32)).decode()
    await route.fulfill(response=answer, json=said)


async def test_what_cannot_be_right_is_said_in_plain_words_and_the_hosts_word_stands_small_beneath(
    alice: Person, bob: Person
) -> None:
    await alice.befriends(bob)
    await alice.converses_with("Bob")
    await alice.writes("Before")
    await alice.sees_mark("Before", "Delivered")
    await alice.context.route("**/api/epoch.heads", show_another_past)
    await alice.page.reload()
    said = alice.page.get_by_role("status").filter(has_text="cannot be right, so nothing is sent here")
    await expect(said.locator("small code")).to_have_text("fork", timeout=PATIENCE)
    assert "fork" not in await said.evaluate(
        "(line) => [...line.querySelectorAll('small')].forEach((small) => small.remove()) ?? line.textContent"
    )
    await alice.page.get_by_role("main").get_by_role("button", name="More").first.click()
    await alice.page.get_by_role("menuitem", name="Encryption").click()
    state = alice.page.get_by_text("Stopped, because what the server shows cannot be right.")
    await expect(state.locator("small code")).to_have_text("fork", timeout=PATIENCE)
