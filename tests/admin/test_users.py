"""Administrators see accounts, disable and enable them, help people back in; and nobody else does (A20)."""

import asyncio
import re
from typing import Any

import pytest

from hearth.accounts.contract import SessionEnded, SignIn, SignInReset
from hearth.accounts.reset_sign_in import finish_reset
from hearth.accounts.rules import AccountDisabled, LinkInvalid
from hearth.accounts.sessions import NOBODY, list_lately_ended
from hearth.accounts.sign_in import sign_in
from hearth.admin import contract as admin
from hearth.admin.rules import AdministratorsOnly, OwnAccount
from hearth.app import HANDLERS
from hearth.contract import Actor, Command, Context, Devices
from hearth.errors import NotFound, WrongPassword
from hearth.work import perform
from tests.admin.conftest import promote
from tests.stage import KDF, Stage

COMMANDS = [handler.command for name, handler in HANDLERS.items() if name.startswith("admin.")]
CHIEFS_KEY = b"chief".ljust(32, b"\0")
FIELDS: dict[str, Any] = {"user_id": 1, "invite_id": "ab" * 32, "auth_key": CHIEFS_KEY}


def make(command: type[Command]) -> Command:
    return command(**{name: FIELDS[name] for name in command.__struct_fields__ if name in FIELDS})


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.wire_name)
async def test_a20_nobody_else_may_do_any_of_it(stage: Stage, command: type[Command]) -> None:
    await stage.user("first")
    alice = await stage.user("alice")
    with pytest.raises(AdministratorsOnly):
        await stage.run(alice, make(command))
    assert stage.published == []


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.wire_name)
async def test_a20_a_demoted_administrator_is_refused_at_once(
    stage: Stage, chief: Actor, command: type[Command]
) -> None:
    """The actor is what an old socket remembers: it still says administrator."""
    await promote(stage, chief, is_admin=False)
    with pytest.raises(AdministratorsOnly):
        await stage.run(Actor(chief.user_id, chief.device_id, is_admin=True), make(command))


async def test_accounts_come_newest_first_in_pages(stage: Stage, chief: Actor) -> None:
    names = ["u" + "".join("abcdefghij"[int(digit)] for digit in f"{n:03d}") for n in range(52)]
    for name in names:
        await stage.user(name)
    stage.clear()
    first = await stage.run(chief, admin.ListUsers())
    assert stage.queries == 3, "who asks, the page, their devices"
    assert [user.user.username for user in first.users] == names[:1:-1]
    assert first.more
    second = await stage.run(chief, admin.ListUsers(before=first.users[-1].user.id))
    assert [user.user.username for user in second.users] == [names[1], names[0], "chief"]
    assert not second.more
    assert second.users[-1].is_admin
    assert {user.devices for user in [*first.users, *second.users]} == {1}


async def test_search_finds_parts_of_names_and_takes_nothing_for_a_pattern(
    stage: Stage, chief: Actor
) -> None:
    await stage.user("asha.patel", display_name="आशा Rivers")
    await stage.user("river", display_name="Bob_100%")

    async def find(text: str) -> list[str]:
        return [u.user.username for u in (await stage.run(chief, admin.ListUsers(search=text))).users]

    assert await find("PAT") == ["asha.patel"]
    assert await find("आशा") == ["asha.patel"]
    assert await find("rivers") == ["asha.patel"]
    assert await find("river") == ["river", "asha.patel"]
    assert await find("%") == ["river"]
    assert await find("_") == ["river"]
    assert await find("' OR 1=1 --") == []


async def test_disabling_ends_every_session_and_tells_why(stage: Stage, chief: Actor) -> None:
    alice = await stage.user("alice")
    changed = await stage.run(chief, admin.DisableUser(user_id=alice.user_id))
    assert changed.disabled_at == stage.clock.now()
    assert changed.devices == 0
    assert (SessionEnded(reason="disabled"), Devices((alice.device_id,))) in stage.published
    assert stage.bus.disconnected == [(Devices((alice.device_id,)), "disabled")]
    assert chief.user_id not in {i for audience, _, _ in stage.bus.sent for i in audience.ids}, (
        "told nobody else"
    )


async def test_a_disabled_account_refuses_the_right_password_and_says_nothing_to_a_wrong_one(
    stage: Stage, chief: Actor
) -> None:
    alice = await stage.user("alice")
    await stage.run(chief, admin.DisableUser(user_id=alice.user_id))
    with pytest.raises(AccountDisabled):
        await enter(stage, "alice", b"alice")
    with pytest.raises(WrongPassword):
        await enter(stage, "alice", b"guess")
    await stage.run(chief, admin.EnableUser(user_id=alice.user_id))
    assert (await enter(stage, "alice", b"alice")).user.id == alice.user_id


async def enter(stage: Stage, name: str, key: bytes) -> Any:
    body = SignIn(username=name, auth_key=key.ljust(32, b"\0"), device_name="Two")
    return await perform(stage.services, NOBODY, lambda context: sign_in(context, body))


async def test_sessions_that_another_process_ended_are_found(stage: Stage, chief: Actor) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bob")
    await stage.run(chief, admin.DisableUser(user_id=alice.user_id))
    stage.clear()
    ended = await list_lately_ended(stage.services.database, stage.clock.now())
    assert ended == {alice.device_id: "disabled"}
    assert stage.queries == 1
    stage.clock.advance(120)
    assert await list_lately_ended(stage.services.database, stage.clock.now()) == {}
    assert bob.device_id not in ended


async def test_an_administrator_cannot_shut_themselves_out(stage: Stage, chief: Actor) -> None:
    with pytest.raises(OwnAccount):
        await stage.run(chief, admin.DisableUser(user_id=chief.user_id))


async def test_of_two_who_disable_each_other_one_is_left(stage: Stage, chief: Actor) -> None:
    other = await stage.user("other")
    await promote(stage, other)
    outcomes = await asyncio.gather(
        stage.run(chief, admin.DisableUser(user_id=other.user_id)),
        stage.run(other, admin.DisableUser(user_id=chief.user_id)),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AdminUser", "AdministratorsOnly"]


async def test_who_is_not_there_cannot_be_administered(stage: Stage, chief: Actor) -> None:
    for command in (admin.DisableUser, admin.EnableUser):
        with pytest.raises(NotFound):
            await stage.run(chief, command(user_id=999))
    with pytest.raises(NotFound):
        await stage.run(chief, admin.ResetSignIn(user_id=999, auth_key=CHIEFS_KEY))


async def test_s19_an_open_browser_of_an_administrator_takes_no_account_over(
    stage: Stage, chief: Actor
) -> None:
    """Neither the administrator's own, whose old password a reset would go round, nor another's."""
    alice = await stage.user("alice")
    with pytest.raises(OwnAccount):
        await stage.run(chief, admin.ResetSignIn(user_id=chief.user_id, auth_key=CHIEFS_KEY))
    for user_id in (alice.user_id, 999):
        with pytest.raises(WrongPassword):
            await stage.run(chief, admin.ResetSignIn(user_id=user_id, auth_key=b"w" * 32))


async def test_a_reset_link_lets_somebody_in_once_and_ends_what_was(stage: Stage, chief: Actor) -> None:
    alice = await stage.user("alice")
    made = await stage.run(chief, admin.ResetSignIn(user_id=alice.user_id, auth_key=CHIEFS_KEY))
    token = re.fullmatch(r"http://localhost:8000/reset#token=(\S+)", made.link)
    assert token is not None
    body = SignInReset(token=token[1], auth_key=b"n" * 32, kdf=KDF, device_name="New")

    async def finish(context: Context) -> Any:
        return await finish_reset(context, body)

    signed_in = await perform(stage.services, NOBODY, finish)
    assert signed_in.user.username == "alice"
    with pytest.raises(LinkInvalid):
        await perform(stage.services, NOBODY, finish)


async def test_a_disabled_account_gets_no_reset_link_and_loses_the_one_it_has(
    stage: Stage, chief: Actor
) -> None:
    alice = await stage.user("alice")
    made = await stage.run(chief, admin.ResetSignIn(user_id=alice.user_id, auth_key=CHIEFS_KEY))
    await stage.run(chief, admin.DisableUser(user_id=alice.user_id))
    with pytest.raises(AccountDisabled):
        await stage.run(chief, admin.ResetSignIn(user_id=alice.user_id, auth_key=CHIEFS_KEY))
    await stage.run(chief, admin.EnableUser(user_id=alice.user_id))
    body = SignInReset(token=made.link.partition("=")[2], auth_key=b"n" * 32, kdf=KDF, device_name="New")
    with pytest.raises(LinkInvalid):
        await perform(stage.services, NOBODY, lambda context: finish_reset(context, body))
