"""A server is restored from a backup: what browsers and programs still have comes back, and it is said."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from hearth.backups.restore import restore_backup
from hearth.backups.write import make_backup
from hearth.client import Client
from hearth.client.conversations.act import act
from hearth.client.conversations.fetch import fetch_epochs
from hearth.client.crypto.making import acts
from hearth.config import Config
from tests.e2e.conftest import Program, SomebodyNew
from tests.e2e.journeys.test_new_password import changes_password
from tests.e2e.journeys.test_trust import begins_anew
from tests.e2e.person import Person
from tests.scenarios.cast import PASSWORD
from tests.served import Served, serve

pytestmark = pytest.mark.offline

OPTIONS = ("--insecure-test-kdf", "--limit-scale", "1000")
LONG = 60_000
TOLD = "this server was restored from a backup of"
MAY_BE_LOST = "If you have changed your password or recovery key since the backup"
IS_LOST = "The password or recovery key that you set since the backup is lost"


class Backup:
    """Of one server: taken at once, and put in the place of everything since by `restore`."""

    def __init__(self, server: Served, folder: Path, stack: ExitStack) -> None:
        self._server, self._folder, self._stack = server, folder, stack

    async def make(self) -> None:
        await asyncio.to_thread(make_backup, Config(data=self._folder / "data"), self._folder / "backup")

    async def stop(self) -> None:
        await asyncio.to_thread(self._server.stop)

    async def restore(self) -> None:
        """Returns when the server answers again, at its address."""
        other = self._folder / "other"
        other.mkdir(mode=0o700)
        target = Config(data=other, insecure_test_kdf=True)
        await asyncio.to_thread(restore_backup, target, self._folder / "backup")
        port = str(urlsplit(self._server.url).port)
        begin = serve(other, "--port", port, *OPTIONS)
        await asyncio.to_thread(self._stack.enter_context, begin)


@pytest.fixture
def backup(server: Served, tmp_path: Path) -> Iterator[Backup]:
    with ExitStack() as stack:
        yield Backup(server, tmp_path, stack)


async def rotates(client: Client, to: str) -> None:
    """Make the next epoch of a conversation."""
    async with client.keeper.hold() as room:
        live = room.open(client.find_conversation(to).conversation.id)
        await fetch_epochs(room, live)
        await room.own.met.catch_up(live.members())
        assert live.epochs.newest is not None
        await act(room, live, acts.rotate(live.epochs.newest))


async def sees(person: Person, text: str) -> None:
    await expect(person.message(text)).to_have_count(1, timeout=LONG)


async def has_mark(person: Person, text: str, mark: str) -> None:
    await expect(person.message(text).get_by_title(mark, exact=True)).to_be_visible(timeout=LONG)


async def sees_all(person: Person, name: str, texts: list[str]) -> None:
    """Each text once."""
    await person.converses_with(name)
    for text in texts:
        await sees(person, text)


async def reads_all(client: Client, name: str, texts: list[str]) -> None:
    """Each text once, in any order, and nothing else."""
    found, wanted = list[str](), sorted(texts)
    for _ in range(LONG // 500):
        found = sorted(str(message.text) for message in await client.history(name, limit=100))
        if found == wanted:
            return
        await asyncio.sleep(0.5)
    assert found == wanted


async def befriends(client: Client, person: Person) -> None:
    await client.request(person.username)
    await person.accepts(client.username.title())
    await person.opens()
    await person.sees_the_list()


async def test_what_three_clients_at_different_heads_have_comes_back_once(
    alice: Person,
    bob: Person,
    arrives: SomebodyNew,
    program: Program,
    server: Served,
    backup: Backup,
) -> None:
    await alice.befriends(bob)
    carol = await program("carol")
    await befriends(carol, alice)
    await carol.send("alice", "before, from carol")
    await alice.converses_with("Carol")
    await sees(alice, "before, from carol")
    await alice.converses_with("Bob")
    await bob.converses_with("Alice")
    await alice.writes("before the backup")
    await sees(bob, "before the backup")
    tablet = await Client.sign_in(server.url, "bob", PASSWORD)
    await tablet.connect()
    await backup.make()

    await bob.writes("after it")
    await sees(alice, "after it")
    await rotates(tablet, "alice")
    await tablet.close()
    laptop = await arrives("alice")
    await laptop.signs_in()
    await laptop.converses_with("Bob")
    await laptop.writes("from a device that the backup does not know")
    await sees(alice, "from a device that the backup does not know")
    await alice.writes("in the next epoch")
    await sees(bob, "in the next epoch")
    await has_mark(alice, "in the next epoch", "Read")
    await bob.goes_offline()
    await alice.writes("bob never saw it")
    await has_mark(alice, "bob never saw it", "Sent")
    await rotates(carol, "alice")
    await alice.converses_with("Carol")
    await alice.writes("after it, to carol")
    await has_mark(alice, "after it, to carol", "Sent")
    await alice.goes_offline()
    await carol.send("alice", "alice never saw it")
    await bob.writes("written offline")

    await backup.stop()
    await backup.restore()
    for person in (alice, bob):
        await person.goes_offline(False)
    await expect(laptop.page.get_by_text("stays in this browser, sealed")).to_be_visible(timeout=LONG)
    between = [
        "before the backup",
        "after it",
        "from a device that the backup does not know",
        "in the next epoch",
        "bob never saw it",
        "written offline",
    ]
    await sees_all(bob, "Alice", between)
    await sees_all(alice, "Bob", between)
    to_carol = ["before, from carol", "after it, to carol", "alice never saw it"]
    await sees_all(alice, "Carol", to_carol)
    await reads_all(carol, "alice", to_carol)
    await laptop.signs_in()
    await sees_all(laptop, "Bob", between)
    await alice.writes("life goes on")
    await reads_all(carol, "alice", [*to_carol, "life goes on"])
    for person in (alice, bob):
        notice = person.page.get_by_text(TOLD)
        await expect(notice).to_contain_text(MAY_BE_LOST)
        await person.page.get_by_role("button", name="Understood").click()
        await expect(notice).to_have_count(0)
    await alice.opens()
    await alice.sees_the_list()
    await expect(alice.page.get_by_text(TOLD)).to_have_count(0)


async def takes_the_keys(person: Person, other: str) -> None:
    """By one tap, in the conversation that is open. Nothing can be written before."""
    held = person.page.get_by_role("region", name=f"The server shows other keys of {other} than before")
    await expect(held).to_be_visible(timeout=LONG)
    await expect(held.get_by_text(f"Ask {other} before you go on")).to_be_visible()
    await expect(person.field).to_have_count(0)
    await held.get_by_role("button", name="Go on with these keys").click()
    await expect(person.page.get_by_text(f"You can write to {other} again.")).to_be_visible(timeout=LONG)


async def write_to_each_other(alice: Person, bob: Person) -> None:
    """At once, not when ten minutes are over."""
    await alice.writes("as before the backup")
    await sees(bob, "as before the backup")
    await bob.writes("here I am")
    await sees(alice, "here I am")


async def test_after_a_theft_whose_renewal_is_lost_friends_ask_and_go_on_with_one_tap(
    alice: Person, bob: Person, backup: Backup
) -> None:
    await alice.befriends(bob)
    await alice.converses_with("Bob")
    await alice.writes("before the backup")
    await bob.converses_with("Alice")
    await sees(bob, "before the backup")
    await backup.make()
    await changes_password(bob, theft=True)
    await expect(alice.page.get_by_text("Bob renewed their keys.")).to_have_count(0)
    await alice.writes("to the newer keys")
    await bob.opens()
    await bob.converses_with("Alice")
    await sees(bob, "to the newer keys")
    for person in (alice, bob):
        await person.goes_offline()
    await backup.stop()
    await backup.restore()
    for person in (alice, bob):
        await person.goes_offline(False)
    await expect(alice.page.get_by_text(MAY_BE_LOST)).to_be_visible(timeout=LONG)
    notice = bob.page.get_by_role("status").filter(has_text=IS_LOST)
    await notice.get_by_role("link", name="Change password").click(timeout=LONG)
    await expect(bob.page.get_by_label("Current password")).to_be_visible()
    await bob.opens()
    await bob.converses_with("Alice")
    await takes_the_keys(alice, "Bob")
    await write_to_each_other(alice, bob)


async def test_who_began_anew_after_the_backup_is_taken_once_more_with_one_tap(
    alice: Person, bob: Person, server: Served, arrives: SomebodyNew, backup: Backup
) -> None:
    await alice.befriends(bob)
    await alice.converses_with("Bob")
    await alice.writes("before the backup")
    await bob.converses_with("Alice")
    await sees(bob, "before the backup")
    await backup.make()
    anew = await begins_anew("bob", server, arrives)
    await alice.page.get_by_role("button", name="Go on with the new keys").click()
    await expect(alice.page.get_by_text("You can write to Bob again.")).to_be_visible(timeout=LONG)
    await alice.writes("to the newer keys")
    await anew.converses_with("Alice")
    await sees(anew, "to the newer keys")
    await alice.goes_offline()
    await backup.stop()
    await backup.restore()
    await alice.goes_offline(False)
    await expect(anew.page.get_by_text("stays in this browser, sealed")).to_be_visible(timeout=LONG)
    await anew.signs_in()
    await takes_the_keys(alice, "Bob")
    await anew.converses_with("Alice")
    await write_to_each_other(alice, anew)
