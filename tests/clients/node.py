"""Running the scripts beside this file with Node and the web client's packages."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

from tests.unavailable import give_up

HERE = Path(__file__).parent
CLIENT = HERE.parent.parent / "web" / "node_modules" / "socket.io-client"


async def run_node(script: str, question: Any, *arguments: str) -> dict[str, Any]:
    """Run a script with a question (JSON) on its stdin and return what it prints (JSON).

    Skips the test where Node or the packages are missing; with CI=true that is a failure.
    """
    node = shutil.which("node")
    if node is None or not CLIENT.is_dir():
        give_up("needs Node and web/node_modules (scripts/setup)")
    process = await asyncio.create_subprocess_exec(
        node,
        str(HERE / script),
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate(json.dumps(question).encode())
    report: dict[str, Any] = json.loads(output)
    assert process.returncode == 0, report
    return report
