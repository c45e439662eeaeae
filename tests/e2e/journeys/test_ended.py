"""A server that ends a session and hides the keys at the next sign-in: nobody begins anew without knowing."""

import json

from playwright.async_api import Route, expect

from hearth.client import Client
from tests.e2e.conftest import SomebodyNew
from tests.e2e.keys import is_signed_out, read_chain
from tests.e2e.person import PATIENCE, Person
from tests.scenarios.cast import PASSWORD
from tests.served import Served

HELD = "This server shows older keys of yours than this device knows, or none"
FIRST = "Your keys were made on this device just now."


async def shows_no_chain(route: Route) -> None:
    body = {"user_id": json.loads(route.request.post_data or "{}")["user_id"], "statements": [], "n": 0}
    await route.fulfill(content_type="application/json", body=json.dumps(body))


async def is_ended_by_the_server(person: Person, server: Served) -> None:
    """By a device that the person did not touch: it stays in the list, as if nothing had been."""
    device = await person.page.evaluate("JSON.parse(localStorage.getItem('hearth.session')).device.id")
    await person.context.clear_cookies()
    async with await Client.sign_in(server.url, person.username, PASSWORD) as other:
        await other.connect()
        await other.revoke_device(device, PASSWORD)
    await person.opens()
    await is_signed_out(person)


async def test_whoever_is_shown_no_keys_after_such_an_end_is_held_and_told(
    arrives: SomebodyNew, server: Served
) -> None:
    alice = await arrives("alice")
    await alice.registers()
    await expect(alice.page.get_by_text(FIRST)).to_be_visible()
    before = (await read_chain(alice)).state
    assert before is not None
    await is_ended_by_the_server(alice, server)

    made = list[str]()
    alice.page.on("request", lambda request: made.append(request.url))
    await alice.context.route("**/api/chain.read", shows_no_chain)
    await alice.signs_in()
    held = alice.page.get_by_text(HELD)
    await expect(held).to_be_visible(timeout=PATIENCE)
    await alice.page.reload()
    await expect(held).to_be_visible(timeout=PATIENCE)
    await expect(alice.page.get_by_text(FIRST)).to_have_count(0)
    assert not [url for url in made if "chain.set_up" in url]

    await alice.context.unroute("**/api/chain.read")
    await alice.page.reload()
    await alice.page.get_by_role("button", name="Enter password").click()
    await alice.page.get_by_role("dialog").get_by_label("Your password").fill(PASSWORD)
    await alice.page.keyboard.press("Enter")
    await expect(alice.page.get_by_text("This device has its keys.")).to_be_visible(timeout=PATIENCE)
    after = (await read_chain(alice)).state
    assert after is not None and after.identity_key == before.identity_key


async def test_with_an_honest_server_such_an_end_costs_a_sign_in(
    arrives: SomebodyNew, server: Served
) -> None:
    alice = await arrives("alice")
    await alice.registers()
    before = (await read_chain(alice)).state
    await is_ended_by_the_server(alice, server)
    await alice.signs_in()
    await expect(alice.page.get_by_text(FIRST)).to_have_count(0)
    await expect(alice.page.get_by_text(HELD)).to_have_count(0)
    after = (await read_chain(alice)).state
    assert before is not None and after is not None and after.identity_key == before.identity_key


async def test_what_a_person_ends_themselves_is_forgotten_whole(arrives: SomebodyNew) -> None:
    alice = await arrives("alice")
    await alice.registers()
    await alice.opens("/you")
    await alice.page.get_by_role("button", name="Sign out").click()
    await alice.page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    await is_signed_out(alice)
    names = await alice.page.evaluate("indexedDB.databases().then((all) => all.map(({ name }) => name))")
    assert "hearth-keys-1" not in names
