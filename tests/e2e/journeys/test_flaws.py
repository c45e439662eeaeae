"""What does not fit in a conversation's log is said, and what is missing is said until it was read."""

from playwright.async_api import expect

from tests.e2e.conftest import Program
from tests.e2e.journeys.test_restored import befriends
from tests.e2e.person import PATIENCE, Person

MISSING = "A message is missing here"


async def test_a_number_that_never_came_is_said_until_it_was_read(alice: Person, program: Program) -> None:
    bob = await program("bob")
    await befriends(bob, alice)
    await bob.send("alice", "one")
    await alice.converses_with("Bob")
    await alice.sees("one")
    counters = bob.file.state.counters
    [conversation] = counters
    for text in ("two", "three"):
        counters[conversation] += 1  # as in a program that counts wrongly
        await bob.send("alice", text)
        await alice.sees(text)
        alarm = alice.page.get_by_role("alert").filter(has_text=MISSING)
        await expect(alarm).to_be_visible(timeout=PATIENCE)
        await alarm.get_by_role("button", name="Understood").click()
        await expect(alarm).to_have_count(0)
    await alice.page.reload()
    await alice.sees("three")
    await expect(alice.page.get_by_text(MISSING)).to_have_count(0)
