"""Links that name the keys of who made them."""

import re

from playwright.async_api import expect

from tests.e2e.conftest import SomebodyNew
from tests.e2e.journeys.test_groups import makes_group
from tests.e2e.journeys.test_new_password import NEW_PASSWORD
from tests.e2e.journeys.test_trust import opens_security
from tests.e2e.person import PATIENCE, Person


async def own_link(person: Person) -> str:
    await person.opens("/friends/add")
    field = person.page.get_by_label("Your link to share")
    await expect(field).to_have_value(re.compile(r"/#friend=\w+\.[A-Za-z0-9_-]{22}$"), timeout=PATIENCE)
    return await field.input_value()


async def test_a_link_names_the_keys_and_is_erased_from_the_address(alice: Person, bob: Person) -> None:
    link = await own_link(bob)
    await alice.opens(link[link.index("/#") :])
    await expect(alice.page).to_have_url(re.compile(r"/add/bob$"), timeout=PATIENCE)
    await alice.page.get_by_role("button", name="Add friend").click()
    await expect(alice.page.get_by_text("The link names the same keys as this server.")).to_be_visible(
        timeout=PATIENCE
    )
    await bob.accepts("Alice")
    await opens_security(alice, "Bob")
    await expect(alice.page.get_by_text("Their link named these keys")).to_be_visible(timeout=PATIENCE)
    await opens_security(bob, "Alice")
    await expect(bob.page.get_by_text("Not compared yet. Known to you since")).to_be_visible(timeout=PATIENCE)


async def test_a_link_with_another_fingerprint_warns_until_it_is_let_go_of(
    alice: Person, bob: Person, arrives: SomebodyNew
) -> None:
    right, other = await own_link(bob), await own_link(alice)
    wrong = "/#friend=bob." + other.rpartition(".")[2]
    assert not right.endswith(wrong)
    carol = await arrives("carol")
    await carol.opens(wrong)
    await carol.page.get_by_role("link", name="Create account").click()
    page = carol.page
    await page.get_by_label("Username").fill("carol")
    await page.get_by_label("Display name").fill("Carol")
    for field in ("Password", "Password again"):
        await page.get_by_label(field, exact=True).fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await expect(page).to_have_url(re.compile(r"/add/bob$"), timeout=PATIENCE)
    await page.get_by_role("button", name="Add friend").click()
    warning = page.get_by_role("alert").filter(has_text="This link does not fit Bob")
    await expect(warning).to_be_visible(timeout=PATIENCE)
    await bob.accepts("Carol")
    await opens_security(carol, "Bob")
    await expect(warning).to_be_visible(timeout=PATIENCE)
    await expect(page.get_by_text("Not compared yet.", exact=True)).to_be_visible()
    await warning.get_by_role("button", name="Go on without the link").click()
    await expect(warning).to_have_count(0, timeout=PATIENCE)
    await expect(page.get_by_text("Not compared yet. Known to you since")).to_be_visible(timeout=PATIENCE)


async def test_a_link_with_other_keys_than_were_accepted_holds_what_is_written_until_it_is_let_go_of(
    alice: Person, bob: Person
) -> None:
    await alice.befriends(bob)
    await makes_group(alice, "Walks", bob)
    await alice.writes("before the link")
    await bob.converses_with("Walks")
    await bob.sees("before the link")
    other = await own_link(alice)
    await alice.opens("/#friend=bob." + other.rpartition(".")[2])
    page = alice.page
    warning = page.get_by_role("alert").filter(has_text="This link does not fit Bob")
    await expect(warning).to_be_visible(timeout=PATIENCE)
    await alice.opens()
    await alice.converses_with("Walks")
    held = page.get_by_role("status").filter(has_text="A link named other keys for Bob")
    await expect(held).to_be_visible(timeout=PATIENCE)
    await alice.writes("after the link")
    await alice.opens()
    await alice.converses_with("Bob")
    await expect(warning).to_be_visible(timeout=PATIENCE)
    await expect(alice.field).to_have_count(0)
    await bob.sees("after the link", times=0)
    await warning.get_by_role("button", name="Go on without the link").click()
    await expect(warning).to_have_count(0, timeout=PATIENCE)
    await expect(alice.field).to_be_visible()
    await bob.sees("after the link")
