"""A long conversation: it opens at what is new, and scrolling through all of it never jumps."""

from playwright.async_api import expect

from hearth.client import Client
from tests.e2e.conftest import Program
from tests.e2e.person import PATIENCE, Person

MESSAGES = 300
MOST_ON_SCREEN = 500
JUMP = 3.0
"""Pixels by which a message may move while older ones are put above it."""

FIND_ANCHOR = """() => {
  const box = document.querySelector('[role=region][aria-label=Messages]');
  const top = box.getBoundingClientRect().top;
  const rows = [...box.querySelectorAll('li[data-key]')];
  const row = rows.find((row) => row.getBoundingClientRect().top > top + 40);
  return { key: row.dataset.key, at: row.getBoundingClientRect().top, first: rows[0].dataset.key };
}"""
FIND_AGAIN = """(key) => document.querySelector(`li[data-key="${key}"]`)?.getBoundingClientRect().top"""
HAS_GROWN = """(first) => document.querySelector('li[data-key]').dataset.key !== first"""
SCROLL_TO = """(top) => { document.querySelector('[role=region][aria-label=Messages]').scrollTop = top }"""


async def make_friends(alice: Person, bob: Client) -> None:
    await bob.request(alice.username)
    await alice.opens("/friends/requests")
    await alice.page.get_by_role("button", name="Accept Bob").click()
    await alice.opens()
    await expect(alice.row("Bob")).to_be_visible(timeout=PATIENCE)


async def test_300_messages_scroll_without_a_jump(alice: Person, program: Program) -> None:
    bob = await program("bob")
    await make_friends(alice, bob)
    for number in range(MESSAGES):
        await bob.send("alice", f"Message {number}" + " and more of it" * (20 if number % 3 == 1 else 0))
    await alice.converses_with("Bob")
    await expect(alice.message("Message 0")).to_be_in_viewport(timeout=PATIENCE)
    await expect(alice.page.get_by_text("Unread messages", exact=True)).to_be_in_viewport()
    await alice.page.get_by_role("button", name="new messages").click()
    await alice.sees(f"Message {MESSAGES - 1}")
    await expect(alice.message(f"Message {MESSAGES - 1}")).to_be_in_viewport()
    for _ in range(40):
        assert await alice.messages.count() <= MOST_ON_SCREEN
        if await alice.message("Message 0").count():
            break
        await alice.page.evaluate(SCROLL_TO, 300)
        anchor = await alice.page.evaluate(FIND_ANCHOR)
        await alice.page.wait_for_function(HAS_GROWN, arg=anchor["first"], timeout=PATIENCE)
        moved = await alice.page.evaluate(FIND_AGAIN, anchor["key"])
        assert abs(moved - anchor["at"]) < JUMP
    await alice.page.evaluate(SCROLL_TO, 0)
    await expect(alice.message("Message 0")).to_be_in_viewport()
    await alice.page.evaluate(SCROLL_TO, 1200)
    await bob.send("alice", "Just now")
    await expect(alice.page.get_by_role("button", name="1 new message")).to_be_visible(timeout=PATIENCE)
    await alice.page.get_by_role("button", name="1 new message").click()
    await expect(alice.message("Just now")).to_be_in_viewport(timeout=PATIENCE)
