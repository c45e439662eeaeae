"""A code held up to the camera of somebody, or sent to them as a picture."""

import asyncio
import base64
from pathlib import Path

from playwright.async_api import Locator, async_playwright, expect

from tests.e2e.conftest import QUIET, WINDOWLESS
from tests.e2e.journeys.test_trust import mark_of, opens_security
from tests.e2e.person import PATIENCE, Person
from tests.served import Served

FILM = (640, 480)
# A hand holds it: smaller than the picture, askew, on something grey.
HOLD_UP = """async (code, [width, height]) => {
  const picture = new Image();
  picture.src = "data:image/svg+xml," + encodeURIComponent(new XMLSerializer().serializeToString(code));
  await picture.decode();
  const canvas = new OffscreenCanvas(width, height);
  const scene = canvas.getContext("2d");
  scene.fillStyle = "#9a9a9a";
  scene.fillRect(0, 0, width, height);
  scene.translate(width / 2, height / 2);
  scene.rotate(0.12);
  scene.drawImage(picture, -150, -150, 300, 300);
  const { data } = scene.getImageData(0, 0, width, height);
  let bytes = "";
  for (let at = 0; at < data.length; at += 4) bytes += String.fromCharCode(data[at]);
  return btoa(bytes);
}"""


async def film(code: Locator) -> bytes:
    """What a camera sees of it, in grey, as Chromium takes it in place of a camera (YUV4MPEG2, 4:2:0)."""
    width, height = FILM
    light = base64.b64decode(await code.evaluate(HOLD_UP, list(FILM)))
    frame = b"FRAME\n" + light + bytes([128]) * (width * height // 2)
    return f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode() + 10 * frame


def find_code(person: Person) -> Locator:
    return person.page.get_by_role("img", name="Your safety code for")


async def scans(person: Person) -> Locator:
    await person.page.get_by_role("button", name="Scan their code").click()
    return person.page.get_by_role("dialog")


async def test_a_code_that_is_held_up_to_the_camera_is_compared(
    bob: Person, server: Served, tmp_path: Path
) -> None:
    seen = tmp_path / "camera.y4m"
    camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    args = [*QUIET, *camera, f"--use-file-for-fake-video-capture={seen}"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=WINDOWLESS, args=args)
        async with Person(browser, server.url, "alice") as alice:
            await alice.registers()
            await alice.befriends(bob)
            await opens_security(bob, "Alice")
            await opens_security(alice, "Bob")
            await asyncio.to_thread(seen.write_bytes, await film(find_code(bob)))
            await scans(alice)
            await expect(alice.page.get_by_role("heading", name="The codes match")).to_be_visible(
                timeout=PATIENCE
            )
            await alice.page.get_by_role("button", name="Mark as verified").click()
            await expect(mark_of(alice)).to_be_visible(timeout=PATIENCE)
        await browser.close()


async def test_without_a_camera_a_picture_of_the_code_does(
    alice: Person, bob: Person, tmp_path: Path
) -> None:
    await alice.befriends(bob)
    await opens_security(bob, "Alice")
    await opens_security(alice, "Bob")
    own, theirs, nothing = tmp_path / "own.png", tmp_path / "theirs.png", tmp_path / "nothing.png"
    await find_code(bob).screenshot(path=theirs)
    await find_code(alice).screenshot(path=own)
    await bob.page.get_by_role("heading", name="Safety number").first.screenshot(path=nothing)

    dialog = await scans(alice)
    await expect(dialog.get_by_text("The camera cannot be used here.")).to_be_visible(timeout=PATIENCE)
    await expect(dialog.locator("video")).to_have_count(0)
    choose = dialog.get_by_label("Choose a photo of it")
    await choose.set_input_files(nothing)
    await expect(dialog.get_by_text("No code that can be read is in this picture.")).to_be_visible()
    await choose.set_input_files(theirs)
    await expect(alice.page.get_by_role("heading", name="The codes match")).to_be_visible()
    dialog = await scans(alice)
    await dialog.get_by_label("Choose a photo of it").set_input_files(own)
    await expect(alice.page.get_by_role("heading", name="No match")).to_be_visible()
