"""Running the scripts beside this file with Node and the web client's packages."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.unavailable import give_up

HERE = Path(__file__).parent
CLIENT = HERE.parent.parent / "web" / "node_modules" / "socket.io-client"


async def start_node(script: str, *arguments: str) -> asyncio.subprocess.Process:
    """Start a script with pipes. Skips the test where Node or packages are missing; with CI=true it fails."""
    node = shutil.which("node")
    if node is None or not CLIENT.is_dir():
        give_up("needs Node and web/node_modules (scripts/setup)")
    return await asyncio.create_subprocess_exec(
        node,
        str(HERE / script),
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
    )


async def run_node(script: str, question: Any, *arguments: str) -> dict[str, Any]:
    """Run a script with a question on its stdin and return what it prints, both JSON. Skips as start_node."""
    process = await start_node(script, *arguments)
    output, _ = await process.communicate(json.dumps(question).encode())
    report: dict[str, Any] = json.loads(output)
    assert process.returncode == 0, report
    return report


Ask = Callable[..., Awaitable[Any]]


@asynccontextmanager
async def converse(script: str, begin: Any) -> AsyncIterator[Ask]:
    """Run a script that answers each line of JSON with one of its own; gives what asks it (keywords).

    An answer says what a step `gives`, or that it `failed`: then AssertionError. Skips as run_node does.
    """
    process = await start_node(script)
    assert process.stdin is not None and process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    async def ask(**question: Any) -> Any:
        stdin.write(json.dumps(question).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await stdout.readline() or b'{"failed": "it ended"}')
        assert "failed" not in answer, answer["failed"]
        return answer["gives"]

    stdin.write(json.dumps(begin).encode() + b"\n")
    try:
        yield ask
    finally:
        stdin.close()
        await process.wait()
