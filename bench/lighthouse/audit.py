"""Runs Lighthouse over pages in a browser that runs already. It can reach no host but this machine."""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
AUDIT = FOLDER / "audit.mjs"
ROOT = FOLDER.parents[1]
# For the browser: nothing but this machine can be looked up, so that a score never depends on the world.
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
)


@dataclass(frozen=True)
class Report:
    """What Lighthouse says of one page: scores of 0 to 100, what is wanting, the hosts that were asked."""

    path: str
    fault: str | None
    scores: dict[str, int]
    wanting: list[str]
    hosts: set[str]


def is_installed() -> bool:
    return (FOLDER / "node_modules" / "lighthouse").exists()


async def audit(port: int, urls: Sequence[str], categories: Sequence[str]) -> list[Report]:
    """Judge pages as a phone shows them, in the browser that debugs at `port`. Raises RuntimeError."""
    process = await asyncio.create_subprocess_exec(
        str(ROOT / "scripts" / "with-node"),
        "node",
        str(AUDIT),
        str(port),
        ",".join(categories),
        *urls,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"NO_COLOR": "1"},
    )
    output, errors = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"Lighthouse ended with {process.returncode}: {errors.decode()}")
    return [read_report(json.loads(line)) for line in output.splitlines()]


def read_report(line: dict[str, Any]) -> Report:
    path = "/" + line["url"].split("/", 3)[3]
    return Report(path, line["fault"], line["scores"], line["wanting"], set(line["hosts"]))
