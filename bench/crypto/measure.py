"""Seals, opens and makes epochs in a browser's worker, while the page counts its own frames."""

import asyncio
import functools
import http.server
import shutil
import statistics
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright

ROOT = Path(__file__).parents[2]
WORKER = "src/crypto/conversations/testing/bench.worker.ts"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
MESSAGE_MS = 3
"""To seal and open a message of 200 bytes."""
EPOCH_MS = 3000
"""To make an epoch for MEMBERS people."""
MEMBERS = 200
FRAME_MS = 50
PATIENCE = 600_000
Figures = dict[str, Any]
RUN = """
(wish) => new Promise((resolve, reject) => {
  const worker = new Worker("worker.js", { type: "module" });
  const moves = document.querySelector("#moves");
  let [last, longest, counts] = [0, 0, false];
  requestAnimationFrame(function frame(now) {
    if (counts) longest = Math.max(longest, now - last);
    last = now;
    moves.textContent = now;
    requestAnimationFrame(frame);
  });
  worker.onerror = (event) => reject(new Error(event.message));
  worker.onmessage = ({ data }) => {
    if (data === "epochs begin") counts = true;
    else resolve({ ...data, longestFrame: longest });
  };
  worker.postMessage(wish);
})
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        """Requests are nothing to read."""


@contextmanager
def serve(folder: str) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/page.html"
    server.shutdown()


def measure_crypto(messages: int = 500, epochs: int = 5) -> Figures:
    """Return medians and 99th percentiles in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as folder:
        shutil.copy(ROOT / "bench/crypto/page.html", folder)
        command = [str(ROOT / "scripts/with-node"), "node", "build/bundle.mjs", WORKER, f"{folder}/worker.js"]
        subprocess.run(command, cwd=ROOT / "web", check=True)
        with serve(folder) as url:
            wish = {"members": MEMBERS, "messages": messages, "epochs": epochs}
            taken = asyncio.run(_run(url, wish))
    both = [seal + opened for seal, opened in zip(taken["seal"], taken["open"], strict=True)]
    named = {"seal": taken["seal"], "open": taken["open"], "both": both, "epoch": taken["epoch"]}
    figures: Figures = {name: summarize(values) for name, values in named.items()}
    return figures | {"longest_frame_ms": round(taken["longestFrame"], 1)}


def summarize(values: list[float]) -> Figures:
    ordered = sorted(values)
    return {
        "median_ms": round(statistics.median(ordered), 2),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)], 2),
    }


async def _run(url: str, wish: dict[str, int]) -> Figures:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page()
        page.set_default_timeout(PATIENCE)
        await page.goto(url)
        taken: Figures = await page.evaluate(RUN, wish)
        await browser.close()
        return taken


def list_misses(figures: Figures) -> Iterator[str]:
    """Yield a sentence for each bar that is missed; none when all is met."""
    message, epoch = figures["both"]["median_ms"], figures["epoch"]["median_ms"]
    if message > MESSAGE_MS:
        yield f"sealing and opening a message takes {message} ms, to be at most {MESSAGE_MS}"
    if epoch > EPOCH_MS:
        yield f"an epoch for {MEMBERS} people takes {epoch} ms, to be at most {EPOCH_MS}"
    if figures["longest_frame_ms"] > FRAME_MS:
        yield f"a frame of {figures['longest_frame_ms']} ms while epochs were made, to be at most {FRAME_MS}"


def print_crypto(figures: Figures) -> None:
    print("\nCryptography in the browser's worker, milliseconds (median, 99th percentile):")
    names = {
        "seal": "sealing a message of 200 bytes",
        "open": "opening and judging it, 200 at hand",
        "both": f"both (bar {MESSAGE_MS})",
        "epoch": f"an epoch for {MEMBERS} people (bar {EPOCH_MS})",
    }
    for key, name in names.items():
        print(f"  {name:42} {figures[key]['median_ms']:9,.2f} {figures[key]['p99_ms']:9,.2f}")
    print(f"  {'longest frame of the page meanwhile':42} {figures['longest_frame_ms']:9,.2f}")
    misses = list(list_misses(figures))
    print("\n" + ("\n".join(f"  missed: {miss}" for miss in misses) if misses else "  every bar is met"))
