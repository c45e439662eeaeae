"""Invites by administrators: told once, listed without their token, revoked for good."""

import pytest

from hearth.accounts.contract import Registration
from hearth.accounts.invite import MAX_INVITES
from hearth.accounts.register import register
from hearth.accounts.rules import LinkInvalid
from hearth.accounts.sessions import NOBODY
from hearth.admin.contract import CreateInvite, ListInvites, NewInvite, RevokeInvite
from hearth.contract import Actor
from hearth.errors import HearthError, LimitReached, NotFound
from hearth.work import perform
from tests.stage import KDF, Stage


async def join(stage: Stage, made: NewInvite, name: str) -> str:
    body = Registration(
        username=name,
        display_name="",
        auth_key=b"k" * 32,
        kdf=KDF,
        device_name="One",
        invite=made.link.partition("#invite=")[2],
    )
    session = await perform(stage.services, NOBODY, lambda context: register(context, body, mode="invite"))
    return session.user.username


async def test_an_invite_lets_as_many_in_as_it_says(stage: Stage, chief: Actor) -> None:
    made = await stage.run(chief, CreateInvite(uses=2))
    assert made.link.startswith("http://localhost:8000/register#invite=")
    assert await join(stage, made, "alice") == "alice"
    (listed,) = (await stage.run(chief, ListInvites())).invites
    assert (listed.id, listed.uses_left) == (made.invite.id, 1)
    assert await join(stage, made, "bob") == "bob"
    with pytest.raises(HearthError):
        await join(stage, made, "carol")
    assert (await stage.run(chief, ListInvites())).invites == []


async def test_a_list_of_invites_gives_no_way_in(stage: Stage, chief: Actor) -> None:
    made = await stage.run(chief, CreateInvite())
    token = made.link.partition("#invite=")[2]
    assert token not in repr(await stage.run(chief, ListInvites()))


async def test_a_revoked_invite_is_dead(stage: Stage, chief: Actor) -> None:
    made = await stage.run(chief, CreateInvite())
    await stage.run(chief, RevokeInvite(invite_id=made.invite.id))
    with pytest.raises(LinkInvalid):
        await join(stage, made, "alice")
    with pytest.raises(NotFound):
        await stage.run(chief, RevokeInvite(invite_id=made.invite.id))


async def test_an_invite_runs_out_by_the_day(stage: Stage, chief: Actor) -> None:
    made = await stage.run(chief, CreateInvite(days=1))
    stage.clock.advance(86_401)
    with pytest.raises(LinkInvalid):
        await join(stage, made, "alice")
    assert (await stage.run(chief, ListInvites())).invites == []


async def test_open_invites_are_bounded(stage: Stage, chief: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_INVITES == 500
    monkeypatch.setattr("hearth.accounts.invite.MAX_INVITES", 3)
    for _ in range(3):
        await stage.run(chief, CreateInvite())
    with pytest.raises(LimitReached):
        await stage.run(chief, CreateInvite())
