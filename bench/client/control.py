"""A page with the same rows and styles and without our scripts: what it shows too is the browser's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from bench.client.stage import Stage

ROWS = 600
"""As many rows stand there from the beginning; nothing comes or goes."""
PATH = "**/control"
COPY = """(rows) => {
  const copy = document.documentElement.cloneNode(true);
  for (const script of copy.querySelectorAll("script, [rel=modulepreload]")) script.remove();
  const list = copy.querySelector("#main [role=region] ol:last-of-type");
  const own = [...list.children];
  while (list.children.length < rows) for (const row of own) list.append(row.cloneNode(true));
  return "<!doctype html>" + copy.outerHTML;
}"""


@asynccontextmanager
async def show_control(stage: Stage) -> AsyncIterator[Stage]:
    """Show it in a tab of its own beside the open conversation, scrolled to its middle."""
    html = await stage.page.evaluate(COPY, ROWS)
    page = await stage.page.context.new_page()
    try:
        await page.route(PATH, lambda route: route.fulfill(body=html, content_type="text/html"))
        await page.goto(stage.page.url.partition("/c/")[0] + "/control")
        await page.locator("#main [role=region]").evaluate("box => { box.scrollTop = box.scrollHeight / 2; }")
        debugger = await page.context.new_cdp_session(page)
        yield replace(stage, page=page, debugger=debugger)
    finally:
        await page.close()
