"""Messages that would fill screens or draw over others are kept in bounds; nothing that is read jumps."""

from playwright.async_api import Locator, expect

from hearth.client import Client
from tests.e2e.conftest import Program
from tests.e2e.journeys.test_restored import befriends
from tests.e2e.person import PATIENCE, Person

END = "Yours, Bob"
LETTER = "Dear Alice, this letter became rather long. " * 200 + END
BLANK = "top" + "\n" * 5000 + "bottom"
PILED = "Z" + "\u030d\u0311\u0351\u0357" * 30 + "\u0316\u0317\u0323\u0331" * 30 + "algo"
HIDE = "(row, hidden) => { row.querySelector('.text').style.visibility = hidden ? 'hidden' : ''; }"
ARRIVED = "row => Promise.all(row.getAnimations({ subtree: true }).map((one) => one.finished))"
"""What has just come moves up into its place."""
MOVED = 1.5
"""Pixels: less than anybody sees."""


async def find_top(row: Locator) -> float:
    box = await row.bounding_box()
    assert box is not None
    return box["y"]


async def receives(alice: Person, bob: Client, *texts: str) -> list[Locator]:
    """Each by how it begins. Ends where the last one does. What came before the list stood there would be
    unread, and the list would begin with it.
    """
    await alice.converses_with("Bob")
    rows = [alice.messages.filter(has_text=text[:4]) for text in texts]
    for text, row in zip(texts, rows, strict=True):
        await bob.send("alice", text)
        if row is rows[0]:
            await expect(row).to_be_visible(timeout=PATIENCE)
    await expect(rows[-1]).to_be_visible(timeout=PATIENCE)
    await expect(alice.page.locator(".opening")).to_have_count(0, timeout=PATIENCE)
    return rows


async def test_a_long_message_is_folded_and_opening_it_moves_nothing_that_is_read(
    alice: Person, program: Program
) -> None:
    bob = await program("bob")
    await befriends(bob, alice)
    *_, before, letter = await receives(alice, bob, *(f"{at:04}" for at in range(30)), LETTER)
    more = letter.get_by_role("button", name="Show all")
    await expect(more).to_have_attribute("aria-expanded", "false")
    await expect(letter).not_to_contain_text(END)
    for row in (before, letter):
        await row.evaluate(ARRIVED)
    top = await find_top(before)
    await more.click()
    less = letter.get_by_role("button", name="Show less")
    await expect(less).to_have_attribute("aria-expanded", "true")
    await expect(letter).to_contain_text(END)
    await alice.page.wait_for_timeout(300)
    assert abs(await find_top(before) - top) < MOVED
    # Who reads on in the middle of it is not thrown anywhere when more comes.
    await alice.page.mouse.move(640, 400)
    await alice.page.mouse.wheel(0, 400)
    await alice.page.wait_for_timeout(300)
    top = await find_top(letter)
    await bob.send("alice", "One more")
    await expect(alice.row("Bob")).to_contain_text("One more", timeout=PATIENCE)
    await alice.page.wait_for_timeout(300)
    assert abs(await find_top(letter) - top) < MOVED
    await less.click()
    await expect(more).to_be_focused()
    await expect(more).to_be_in_viewport()
    assert await find_top(letter) >= 0


async def test_thousands_of_blank_lines_are_one_small_message(alice: Person, program: Program) -> None:
    bob = await program("bob")
    await befriends(bob, alice)
    [blank] = await receives(alice, bob, BLANK)
    box = await blank.bounding_box()
    assert box is not None and box["height"] < 200
    await expect(blank).not_to_contain_text("bottom")
    await blank.get_by_role("button", name="Show all").click()
    await expect(blank).to_contain_text("bottom")


async def test_piled_up_accents_draw_over_no_other_message(alice: Person, program: Program) -> None:
    bob = await program("bob")
    await befriends(bob, alice)
    above, piled, below = await receives(alice, bob, "Above it", PILED, "Below it")
    for neighbour in (above, below):
        bubble = neighbour.locator(".bubble")
        shown = await bubble.screenshot(animations="disabled")
        await piled.evaluate(HIDE, True)
        bare = await bubble.screenshot(animations="disabled")
        await piled.evaluate(HIDE, False)
        assert shown == bare
