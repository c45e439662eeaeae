"""What journeys look at of somebody's keys: the chain as their browser gets it, the line above the page."""

import json
from base64 import b64decode

from playwright.async_api import Route, expect

from hearth.sealed.person.chain import Chain
from tests.e2e.person import ASK, PATIENCE, Person

SETTLED_MS = 1_500


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


async def is_signed_out(person: Person) -> None:
    await expect(person.page.get_by_role("heading", name="Welcome back")).to_be_visible(timeout=PATIENCE)
