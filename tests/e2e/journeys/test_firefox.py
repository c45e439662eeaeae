"""The one journey that has to hold in every engine, in the Firefox of the distribution."""

import shutil

import msgspec

from hearth.client import Client
from hearth.friends.contract import RequestFriend
from tests.e2e.conftest import Program, require
from tests.e2e.firefox import FirefoxPerson
from tests.served import Served

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")


async def test_somebody_at_firefox_talks_and_finds_it_again(server: Served, program: Program) -> None:
    require(FIREFOX, "neither firefox-esr nor firefox is installed")
    bob = await program("bob")
    await bob.connect()
    async with FirefoxPerson(FIREFOX or "", server.url, "alice") as alice:
        await alice.registers()
        await become_friends(bob, alice)
        await alice.converses_with("Bob")
        await alice.writes("Hello from Firefox")
        await alice.sees_mark("Sent")
        assert [message.text for message in await bob.history("alice")] == ["Hello from Firefox"]
        await bob.send("alice", "Hello from a program")
        await alice.sees("Hello from Firefox", "Hello from a program")
        await alice.reloads()
        await alice.sees("Hello from Firefox", "Hello from a program")
        await alice.writes("Still here")
        await alice.sees("Hello from Firefox", "Hello from a program", "Still here")
        await alice.sees_mark("Sent")


async def become_friends(bob: Client, alice: FirefoxPerson) -> None:
    await bob.call(RequestFriend(username="alice"), msgspec.Raw)
    await alice.opens("/friends/requests")
    await alice.presses("Accept")
    await alice.misses("Accept")
    await alice.opens()
