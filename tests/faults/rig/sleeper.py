"""A client as a process of its own, so that it can be stopped like one: says each message it gets on stdout.

`python -m tests.faults.rig.sleeper DEVICE_FILE`
"""

import asyncio
import sys

from hearth.client import Client


async def main(path: str) -> None:
    async with Client.from_file(path) as client:
        print("connected", flush=True)
        async for message in client.messages():
            print(message.text, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
