"""Names and texts that would be markup, links or tricks elsewhere are text here (T01, T02, T05, T07, T12)."""

from typing import Any

from playwright.async_api import Dialog, expect

from hearth.accounts.contract import UpdateProfile
from tests.e2e.conftest import Program
from tests.e2e.person import PATIENCE, Person

NAME = "<img src=x onerror=alert(1)>"
ABOUT = '"><svg onload=alert(1)><script>window.pwned=1</script><a href="javascript:alert(1)">me</a>'
CORPUS = [
    "<script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned=1'>",
    "<svg/onload=window.pwned=1>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "<math><mtext></p><mglyph><style><img src=x onerror=window.pwned=1>",
    "<form id=location><input name=pwned></form><a id=hearth name=hearth>",
    "<div style='position:fixed;inset:0'>all yours</div>",
    "</textarea></title></style><body onload=window.pwned=1>",
    "{{constructor.constructor('window.pwned=1')()}} ${window.pwned=1} {@html 1}",
    "__proto__ constructor toString hasOwnProperty",
    "javascript:window.pwned=1 data:text/html,<script>1</script> vbscript:x blob:https://x/1",
    "[x](javascript:window.pwned=1) JaVaScRiPt:alert(1) java\tscript:alert(1)",
    "https://user:password@evil.example/ https://evil.example/%0ajavascript:alert(1)",
    "**<img src=x onerror='window.pwned=1'>** ||<svg/onload=window.pwned=1>|| `<script>window.pwned=1`",
    "> <img src=x onerror='window.pwned=1'>\n- <svg/onload=window.pwned=1>\n```\n</pre><base href=//x>\n```",
    "**[x](javascript:window.pwned=1)** *javascript:window.pwned=1* ||data:text/html,<script>1</script>||",
    "*a **_||~~" * 900,
    "\u202egpj.exe \u2066\u2067hidden\u2069 \u200b\u200c\u200d",
    "e" + "\u0301" * 500,
    "W" * 9000,
]
COUNT_INJECTED = """() => document.querySelectorAll(
  'script:not([src]), iframe, object, embed, base, form#location, a#hearth, img[src="x"], math, svg[onload], '
  + '[onerror], [onload], [onclick], li [style*="fixed"]').length"""
LIST_LINKS = """() => [...document.querySelectorAll('a[href]')].map((a) => [a.href, a.rel, a.target])"""
IS_WIDER = """() => document.documentElement.scrollWidth > document.documentElement.clientWidth"""


async def test_hostile_names_and_texts_stay_text(alice: Person, program: Program) -> None:
    dialogs: list[str] = []
    requests: list[str] = []

    async def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        await dialog.dismiss()

    alice.page.on("dialog", dismiss)
    alice.page.on("request", lambda request: requests.append(request.url))
    mallory = await program("mallory", NAME)
    await mallory.call(UpdateProfile(about=ABOUT), dict)
    await mallory.request("alice")
    await alice.opens("/friends/requests")
    await expect(alice.page.get_by_text(NAME).first).to_be_visible(timeout=PATIENCE)
    await check_page(alice)
    await alice.accepts(NAME)
    await alice.opens()
    await expect(alice.row(NAME)).to_be_visible(timeout=PATIENCE)
    for text in CORPUS:
        await mallory.send("alice", text)
    await alice.converses_with(NAME)
    texts = alice.page.locator("li[data-key] .text")  # a message may stand there before it is opened
    # Not all of them are drawn at once.
    await expect(texts.filter(has_text="a **_").first).to_be_attached(timeout=PATIENCE)
    await check_page(alice)
    await alice.page.get_by_role("region", name="Messages").press("End")
    await expect(texts.last).to_contain_text("WWWW", timeout=PATIENCE)
    await check_page(alice)
    await alice.page.get_by_role("region", name="Messages").press("Home")
    await expect(texts.first).to_have_text(CORPUS[0], timeout=PATIENCE)
    shown = await texts.all_inner_texts()
    for text in CORPUS[:9]:
        assert any(text in line for line in shown), (text, shown)
    await check_page(alice)
    for path in ("/friends", f"/u/{mallory.user_id}", "/", "/friends/add"):
        await alice.opens(path)
        await expect(alice.page.get_by_role("heading").first).to_be_visible(timeout=PATIENCE)
        await check_page(alice)
    assert dialogs == []
    own = alice.page.url.split("/")[2]
    assert [
        url for url in requests if not url.startswith(("blob:", "data:")) and url.split("/")[2] != own
    ] == []


async def check_page(person: Person) -> None:
    """Nothing ran, nothing was injected, every link leads where a link may, and the layout holds."""
    page: Any = person.page
    assert await page.evaluate("() => window.pwned ?? null") is None
    assert await page.evaluate("() => ({}).is_admin ?? null") is None
    assert await page.evaluate(COUNT_INJECTED) == 0
    own = "/".join(page.url.split("/")[:3])
    for href, rel, target in await page.evaluate(LIST_LINKS):
        assert href.startswith(("http://", "https://", "mailto:")), href
        if not href.startswith(own):
            assert "noopener" in rel and "noreferrer" in rel and target == "_blank", href
    assert not await page.evaluate(IS_WIDER)
