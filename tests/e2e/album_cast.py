"""An account after some months, for the screenshots: many languages, long names, old and new messages."""

import asyncio
import re
import sqlite3
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hearth.client import Client
from hearth.messages.contract import KIND_STATE, Sent
from tests.scenarios.cast import PASSWORD
from tests.sealing import seal_fields
from tests.served import Served

ME, NEWCOMER, CHIEF = "mira", "newcomer", "chief"
FRIENDS = {
    "ada": "Ada Lovelace",
    "grandma": "Grandma Rose 🌷",
    "rohan": "रोहन शर्मा",
    "layla": "ليلى حسن",
    "maximilian": "Maximilian-Alexander von Hohenzollern-Sigmaringen the Younger",
    "kiran": "કિરણ પટેલ",
    "sam": "Sam",
    "colleague": "Old Colleague",
    "empty": "Nora Newfriend",
}
STRANGERS = {"theo": "Theo", "yuki": "雪"}
# The last to be listed was written with last; "me" says who wrote.
TALKS: dict[str, list[tuple[str, str]]] = {
    "colleague": [("", "See you at the archive on Monday"), ("me", "Sure")],
    "maximilian": [("", "A very long message that goes on and on, so the row cuts it politely.")],
    "kiran": [("", "કેમ છો? આજે સાંજે મળીએ?"), ("me", "હા, ચોક્કસ! છ વાગે?"), ("", "👍")],
    "layla": [
        ("", "مرحبا! هل وصلت الصور؟"),
        ("me", "نعم، شكرا جزيلا 🙏 الصور رائعة"),
        ("", "الرابط هنا: https://example.org/صور و English words inside"),
    ],
    "rohan": [
        ("", "नमस्ते! कल की ट्रेन कितने बजे है?"),
        ("me", "सुबह 7:40 पर। प्लेटफ़ॉर्म 3।"),
        ("", "ठीक है, मिलते हैं"),
    ],
    "grandma": [
        ("me", "Hi Grandma! How was the garden today?"),
        ("", "Lovely, dear. The tomatoes are finally turning red 🍅"),
        ("", "I saved you a basket"),
        ("", "❤️"),
        ("me", "You're the best. I come by on Saturday, around eleven?\n\nI bring:\n– bread\n– good cheese"),
        ("", "Saturday is perfect"),
        ("me", "🎉🥖"),
    ],
    "ada": [
        ("", "Have you seen the notes on the engine?"),
        ("me", "Not yet, send them over"),
        ("", "https://example.org/notes/analytical-engine?page=12#sketch"),
        ("", "Careful with https://good.example@evil.example/login though"),
        ("me", "Reading now. This is great work, especially the part about loops: it explains in two "
         "paragraphs what took me a week to get through."),
        ("me", "One question about section G"),
    ],
}  # fmt: skip
GROUP = "Sunday walkers"
GROUP_TALK = [
    ("ada", "I am in"),
    ("ada", "Shall I bring the map? It has the new path along the river."),
    ("maximilian", "Yes please, and I bring tea"),
    ("layla", "مرحبا! سآتي أيضا"),
    ("sam", "Not this time, I have to stop walking for a while"),
]
DAYS_AGO = {"colleague": 300, "maximilian": 40, "kiran": 5, "layla": 3, "rohan": 1}
MANY = 120


async def fill(server: Served, database: Path) -> None:
    """Register everybody and let them talk; then move old conversations into the past."""
    async with AsyncExitStack() as stack:

        async def join(username: str, name: str, invite: str | None = None) -> Client:
            client = await Client.register(
                server.url, username, PASSWORD, display_name=name, device_name="Seed", invite=invite
            )
            return await stack.enter_async_context(client)

        me = await join(ME, "Mira Patel")
        await join(NEWCOMER, "Noah Newcomer")
        others = {username: await join(username, name) for username, name in (FRIENDS | STRANGERS).items()}
        first = re.search(r"/register#invite=(\S+)", server.output)
        assert first is not None, "a new server prints the link that makes its administrator"
        await join(CHIEF, "Chief Keeper", first[1])
        for username in FRIENDS:
            await others[username].request(ME)
            await wait_for(lambda username=username: is_asked_by(me, username))
            await me.accept(username)
        await others["theo"].request(ME)
        await me.request("yuki")
        await talk(me, others)
        await others["colleague"].remove(ME)
    move_into_the_past(database)


def is_asked_by(client: Client, username: str) -> bool:
    return any(request.sender.username == username for request in client.replica.users.requests.values())


async def wait_for(condition: object) -> None:
    for _ in range(500):
        if condition():  # type: ignore[operator]  # any callable
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came")


async def talk(me: Client, others: dict[str, Client]) -> None:
    for number in range(MANY):
        if number % 3:
            await others["sam"].send(ME, f"Message {number}: " + "some words " * (number % 7 + 1))
        else:
            await me.send("sam", f"Answer {number} " + "and so on " * (number % 5))
    for username, lines in TALKS.items():
        for who, text in lines:
            if who == "me":
                await me.send(username, text)
            else:
                await others[username].send(ME, text)
    await say_in_a_newer_format(others["maximilian"])
    await talk_in_a_group(me, others)
    await me.send("Notes", "Passport number is in the blue folder")


async def talk_in_a_group(me: Client, others: dict[str, Client]) -> None:
    """One that has a name, with people coming and going; the last word is not one's own."""
    group = await me.groups.create(["ada", "maximilian", "sam"])
    stated = {"type": "state", "title": GROUP, "description": "Every Sunday at ten, at the fountain."}
    await me.send(group, "Who is coming on Sunday?")
    await me.call(await seal_fields(me, group, stated, KIND_STATE), Sent)
    await me.groups.set_role(group, "ada", "admin")
    await me.groups.add(group, ["layla"], history=True)
    for username, text in GROUP_TALK:
        author = others[username]
        await wait_for(lambda author=author: group in author.replica.conversations)
        await author.send(group, text)
    await others["sam"].groups.leave(group)
    called = f"A pity. @{ME}, do you bring the map? See you @all at ten!"
    await others["ada"].send(group, called, mentions=[me.user_id], everyone=True)


async def say_in_a_newer_format(author: Client) -> None:
    """Send what this version does not know how to show."""
    conversation = author.find_conversation(ME).conversation.id
    await author.call(await seal_fields(author, conversation, {"type": "sticker"}), Sent)


def move_into_the_past(database: Path) -> None:
    """Times are for people only: nothing of the log's order or hashes depends on them."""
    with sqlite3.connect(database) as connection:
        for username, days in DAYS_AGO.items():
            time = datetime.now(UTC) - timedelta(days=days)
            connection.execute(
                "UPDATE message SET timestamp = ? WHERE conversation_id IN"
                " (SELECT conversation_id FROM member"
                " JOIN user ON user.id = user_id WHERE username = ?"
                " INTERSECT SELECT conversation_id FROM member JOIN user ON user.id = user_id"
                " WHERE username = ?)",
                (f"{time:%Y-%m-%d %H:%M:%S}.000000", username, ME),
            )
    connection.close()
