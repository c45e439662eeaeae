"""A bot that befriends whoever asks and says everything back, exactly once, also over crashes and restarts.

    python examples/echo_bot.py --url http://localhost:8000 --username echo

The password is asked for (or taken from HEARTH_PASSWORD) the first time only; after that session and keys
live in `echo.device.json`, readable by its owner alone. `--register` makes the account. What it reads and
writes is sealed end to end.
"""

import argparse
import asyncio
import contextlib
import getpass
import hashlib
import os
from pathlib import Path

from hearth.client import Client, Connected, Message
from hearth.errors import HearthError
from hearth.friends.contract import FriendRequested


async def main() -> None:
    options = read_options()
    path = Path(options.device_file or f"{options.username}.device.json")
    bot = await open_client(options, path)
    async with bot:
        print(f"{bot.username} listens at {options.url}", flush=True)
        await asyncio.gather(accept_requests(bot), echo_messages(bot))


async def open_client(options: argparse.Namespace, path: Path) -> Client:
    """Go on as the device in the file, else register or sign in with the password."""
    with contextlib.suppress(FileNotFoundError):
        bot = Client.from_file(path)
        if await bot.needs_password():  # an earlier run died before it was whole
            await bot.secure(ask_password())
        return bot
    begin = Client.register if options.register else Client.sign_in
    return await begin(options.url, options.username, ask_password(), device_name="Echo bot", file=path)


def ask_password() -> str:
    return os.environ.get("HEARTH_PASSWORD") or getpass.getpass("Password: ")


async def accept_requests(bot: Client) -> None:
    """Accept every request: those that come, and after each connection those that came meanwhile."""
    with bot.events(Connected, FriendRequested) as events:
        while True:
            for request in list(bot.replica.users.requests.values()):
                if request.receiver.id == bot.user_id:
                    await accept(bot, request.sender.username)
            await anext(events)


async def accept(bot: Client, username: str) -> None:
    try:
        await bot.accept(username)
    except HearthError as error:  # it was taken back in this moment, or there are too many friends
        print(f"could not accept {username}: {error}", flush=True)


async def echo_messages(bot: Client) -> None:
    """Answer each message; its place names the answer, so that asking twice answers once."""
    async for message in bot.messages():
        if message.text is None:
            continue
        try:
            await bot.send(
                message.conversation_id, message.text, client_id=name_answer(message), reply_to=message
            )
            await bot.mark_read(message)
        except HearthError as error:  # no friends any more: nothing to be said
            print(f"could not answer {message.sender.username}: {error}", flush=True)


def name_answer(message: Message) -> str:
    """Return the client_id of the answer to a message: always the same 32 hex digits."""
    place = f"echo {message.conversation_id} {message.seq}"
    return hashlib.sha256(place.encode()).hexdigest()[:32]


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Says everything back.")
    parser.add_argument("--url", required=True, help="address of the server, e.g. https://chat.example")
    parser.add_argument("--username", required=True)
    parser.add_argument("--register", action="store_true", help="make the account first")
    parser.add_argument("--device-file", help="where the session is kept (default: USERNAME.device.json)")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("bye", flush=True)
