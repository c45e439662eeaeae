"""A long conversation: it opens at what is new, and scrolling through all of it never jumps."""

import pytest
from playwright.async_api import expect

from hearth.client import Client
from tests.e2e.conftest import Program
from tests.e2e.person import PATIENCE, Person

pytestmark = pytest.mark.frames
MESSAGES = 300
MOST_ON_SCREEN = 200
JUMP = 1.5
"""Pixels by which a message may move while older ones come above it."""

SCROLL_UP = """async (by) => {
  const box = document.querySelector('[role=region][aria-label=Messages]');
  const { top } = box.getBoundingClientRect();
  const frame = () => new Promise(requestAnimationFrame);
  const list = () => [...box.querySelectorAll('li[data-key]')];
  const isReady = ([first]) => first.dataset.seq === '1' || first.getBoundingClientRect().top < top - by;
  while (!isReady(list())) await frame();
  box.scrollTop -= by;
  const row = list().find((row) => row.getBoundingClientRect().bottom > top);
  const at = row.getBoundingClientRect().top;
  for (let count = 0; count < 10; count++) await frame();
  return row.isConnected ? Math.abs(row.getBoundingClientRect().top - at) : Infinity;
}"""
IS_AT_END = """() => {
  const box = document.querySelector('[role=region][aria-label=Messages]');
  return box.scrollHeight - box.scrollTop - box.clientHeight < 1;
}"""
SCROLL_TO = """(top) => { document.querySelector('[role=region][aria-label=Messages]').scrollTop = top }"""


async def make_friends(alice: Person, bob: Client) -> None:
    await bob.request(alice.username)
    await alice.accepts("Bob")
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
    await alice.page.wait_for_function(IS_AT_END)
    while not await alice.message("Message 0").count():
        assert await alice.messages.count() <= MOST_ON_SCREEN
        assert await alice.page.evaluate(SCROLL_UP, 600) < JUMP
    await alice.page.evaluate(SCROLL_TO, 0)
    await expect(alice.message("Message 0")).to_be_in_viewport()
    await alice.page.evaluate(SCROLL_TO, 1200)
    await bob.send("alice", "Just now")
    await expect(alice.page.get_by_role("button", name="1 new message")).to_be_visible(timeout=PATIENCE)
    await alice.page.get_by_role("button", name="1 new message").click()
    await expect(alice.message("Just now")).to_be_in_viewport(timeout=PATIENCE)
