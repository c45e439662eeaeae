"""Becoming signed in by a recovery key or a reset link, over HTTP, as somebody without a session does."""

import asyncio
import copy
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx
import msgspec
import pytest

from hearth.accounts.reset_sign_in import create_reset_of
from hearth.accounts.sessions import NOBODY
from hearth.contract import Actor
from hearth.directory.contract import Recovery, RecoveryFinish, RecoveryQuestion, Reset, ResetFinish
from hearth.directory.recover import begin_recovery
from hearth.directory.throttle import allow_recovery
from hearth.errors import WrongPassword
from hearth.work import perform
from tests.directory.conftest import Home
from tests.directory.kit import KDF, Owner, make_way
from tests.scenarios.server import RunningServer
from tests.stage import carry_out

PROOF = b"p" * 32


class House:
    """A running server with alice, whose phone has a chain and a recovery key."""

    def __init__(self, server: RunningServer, owner: Owner, token: str) -> None:
        self.server = server
        self.owner = owner
        self.token = token

    async def post(self, path: str, body: Any, token: str | None = None) -> httpx.Response:
        headers = {"content-type": "application/json"}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        async with httpx.AsyncClient(
            base_url=self.server.url, headers=headers, trust_env=False, timeout=60
        ) as http:
            return await http.post(path, content=msgspec.json.encode(body))

    async def begins(
        self, *, username: str = "alice", proof: bytes = PROOF, after: int = 0
    ) -> httpx.Response:
        return await self.post("/api/recovery", {"username": username, "proof": b64(proof), "after": after})

    async def link(self) -> str:
        services = self.server.app.services
        return await perform(services, NOBODY, lambda context: create_reset_of(context, self.owner.user))


def b64(data: bytes) -> str:
    return str(msgspec.to_builtins(data))


def read(answer: httpx.Response, shape: type[Any]) -> Any:
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=shape)


def finish(owner: Owner, recovery: Recovery, **other: Any) -> RecoveryFinish:
    """What a device makes of a recovery: itself listed, a new vault with the way in kept."""
    device = bytes.fromhex(recovery.device_id)
    statements = [owner.list_devices([device])]
    change = owner.change(statements, device, new=[device], ways=[make_way(None)])
    values: dict[str, Any] = {
        "username": "alice",
        "proof": PROOF,
        "ticket": recovery.ticket,
        "new_auth_key": b"n" * 32,
        "kdf": KDF,
        "device_name": "New phone",
        "change": change,
        "session": "bearer",
    }
    return RecoveryFinish(**{**values, **other})


def finish_reset(owner: Owner, reset: Reset, token: str) -> ResetFinish:
    device = bytes.fromhex(reset.device_id)
    change = owner.begin(device) if reset.n == 0 else owner.begin_again(device)
    return ResetFinish(
        token=token, new_auth_key=b"r" * 32, kdf=KDF, device_name="Fresh", change=change, session="bearer"
    )


@pytest.fixture
async def house(database_url: str, tmp_path: Any) -> AsyncIterator[House]:
    server = RunningServer(database_url, tmp_path, limit_scale=1.0)
    await server.start()
    services = server.app.services
    owner, phone, token = await register(server, "alice")
    await carry_out(services, phone, owner.set_up(phone.device_id))
    await carry_out(services, phone, owner.change_ways(phone.device_id, make_way(PROOF)))
    yield House(server, owner, token)
    await server.stop()


async def register(server: RunningServer, username: str) -> tuple[Owner, Actor, str]:
    """Make an account without a chain; return its owner, first device and token."""
    body = {
        "username": username,
        "display_name": "",
        "auth_key": b64(username.encode().ljust(32, b"\0")),
        "kdf": msgspec.to_builtins(KDF),
        "device_name": "Phone",
        "session": "bearer",
    }
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=60) as http:
        answer = (await http.post("/api/register", json=body)).json()
    user, device = answer["user"]["id"], bytes.fromhex(answer["device"]["id"])
    server_id = server.app.services.identity.server_id
    owner = Owner(server_id, user, username, username.encode().ljust(32, b"\0"))
    return owner, Actor(user, device), answer["token"]


async def test_a_recovery_key_leads_to_vault_and_session(house: House) -> None:
    recovery = read(await house.begins(), Recovery)
    assert (recovery.user_id, recovery.n, recovery.version) == (house.owner.user, 5, 2)
    assert recovery.receive_version == house.owner.receive_version == 2
    assert recovery.statements == house.owner.statements
    assert recovery.generation.vault_wrap is not None
    body = finish(house.owner, recovery)
    answer = (await house.post("/api/recovery/finish", body)).json()
    assert answer["device"]["id"] == recovery.device_id
    session = {"authorization": f"Bearer {answer['token']}"}
    async with httpx.AsyncClient(
        base_url=house.server.url, headers=session, trust_env=False, timeout=60
    ) as http:
        vault = (await http.post("/api/vault.get", json={})).json()
        devices = (await http.post("/api/device.list", json={})).json()["devices"]
    assert (vault["version"], vault["is_listed"], vault["ways"]) == (3, True, [(b"w" * 16).hex()])
    assert [device["id"] for device in devices] == [recovery.device_id], "the lost phone is signed out"
    assert (await house.begins()).status_code == 200, "the key goes on to work"


async def test_a_lost_answer_is_asked_for_again(house: House) -> None:
    """The same bytes give a session again, by the new password; what was given before is dead."""
    recovery = read(await house.begins(), Recovery)
    body = finish(house.owner, recovery)
    first = (await house.post("/api/recovery/finish", body)).json()
    second = (await house.post("/api/recovery/finish", body)).json()
    assert first["device"]["id"] == second["device"]["id"]
    assert (await house.post("/api/vault.get", {}, first["token"])).status_code == 401
    assert (await house.post("/api/vault.get", {}, second["token"])).status_code == 200
    forged = msgspec.structs.replace(body, new_auth_key=b"x" * 32)
    assert (await house.post("/api/recovery/finish", forged)).status_code != 200


async def test_an_unknown_name_and_a_wrong_proof_are_answered_alike(house: House) -> None:
    unknown = await house.begins(username="nobody.here")
    wrong = await house.begins(proof=b"x" * 32)
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.json() == wrong.json()
    await register(house.server, "bobby")
    assert (await house.begins(username="bobby")).json() == wrong.json(), "an account without a chain"


async def test_finishing_tells_strangers_nothing_either(house: House) -> None:
    """Neither whether there is such a name, nor whether a ticket would do."""
    recovery = read(await house.begins(), Recovery)
    answers = []
    for username, ticket in (("nobody.here", "x"), ("alice", "x"), ("alice", recovery.ticket)):
        body = finish(copy.deepcopy(house.owner), recovery, username=username, ticket=ticket, proof=b"x" * 32)
        answers.append(await house.post("/api/recovery/finish", body))
    assert [answer.status_code for answer in answers] == [401] * 3
    assert answers[0].json() == answers[1].json() == answers[2].json()


async def test_the_same_finish_twice_at_once_is_one(house: House) -> None:
    recovery = read(await house.begins(), Recovery)
    body = finish(house.owner, recovery)
    answers = await asyncio.gather(*(house.post("/api/recovery/finish", body) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [200] * 3, [answer.text for answer in answers]
    assert {answer.json()["device"]["id"] for answer in answers} == {recovery.device_id}
    assert await count_alive(house, answers) == 1


async def test_the_same_reset_twice_at_once_is_one(house: House) -> None:
    token = await house.link()
    reset = read(await house.post("/api/reset", {"token": token}), Reset)
    body = finish_reset(house.owner, reset, token)
    answers = await asyncio.gather(*(house.post("/api/reset/finish", body) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [200] * 3, [answer.text for answer in answers]
    assert {answer.json()["device"]["id"] for answer in answers} == {reset.device_id}
    assert await count_alive(house, answers) == 1


async def count_alive(house: House, answers: list[httpx.Response]) -> int:
    """Return how many of these answers' tokens sign in."""
    tried = [await house.post("/api/vault.get", {}, answer.json()["token"]) for answer in answers]
    return sum(answer.status_code == 200 for answer in tried)


async def test_five_wrong_proofs_an_hour(house: House) -> None:
    statuses = [(await house.begins(proof=bytes((number,)) * 32)).status_code for number in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    assert (await house.begins()).status_code == 429, "whether the next one would be right is not told"


async def test_a_ticket_is_for_its_user_and_its_hour(house: House) -> None:
    recovery = read(await house.begins(), Recovery)
    other = recovery.ticket[:-6] + ("AAAAA=" if recovery.ticket[-6:] != "AAAAA=" else "BBBBB=")
    for ticket in (other, "", "nonsense", "ü" * 20):
        body = finish(copy.deepcopy(house.owner), recovery, ticket=ticket)
        answer = await house.post("/api/recovery/finish", body)
        assert (answer.status_code, answer.json()["code"]) == (410, "recovery_expired")


async def test_finishing_needs_the_proof_again(house: House) -> None:
    recovery = read(await house.begins(), Recovery)
    body = finish(copy.deepcopy(house.owner), recovery, proof=b"x" * 32)
    assert (await house.post("/api/recovery/finish", body)).json()["code"] == "wrong_password"


async def test_a_reset_without_a_device(house: House) -> None:
    token = await house.link()
    assert (await house.post("/api/reset", {"token": "guess"})).json()["code"] == "link_invalid"
    reset = read(await house.post("/api/reset", {"token": token}), Reset)
    assert (reset.username, reset.n, reset.receive_version) == ("alice", 5, 2)
    other = finish_reset(copy.deepcopy(house.owner), reset, token)
    body = finish_reset(house.owner, reset, token)
    first = (await house.post("/api/reset/finish", body)).json()
    assert first["device"]["id"] == reset.device_id
    again = (await house.post("/api/reset/finish", body)).json()
    assert again["device"]["id"] == reset.device_id, "a repeat, although the link is spent"
    vault = (await house.post("/api/vault.get", {}, again["token"])).json()
    assert (vault["is_listed"], vault["generation"]["g"]) == (True, 1)
    assert (await house.post("/api/reset/finish", other)).json()["code"] == "link_invalid"
    assert (await house.begins()).status_code == 401, "the old recovery key opens nothing"


async def test_the_old_way_to_reset_is_closed_and_leaves_the_link(house: House) -> None:
    token = await house.link()
    body = {
        "token": token,
        "auth_key": b64(b"r" * 32),
        "kdf": msgspec.to_builtins(KDF),
        "device_name": "x",
    }
    assert (await house.post("/api/sign-in/reset", body)).json()["code"] == "account_sealed"
    assert (await house.post("/api/reset", {"token": token})).status_code == 200


async def test_a_reset_of_an_account_without_a_chain_begins_one(house: House) -> None:
    owner, _, _ = await register(house.server, "bobby")
    services = house.server.app.services
    token = await perform(services, NOBODY, lambda context: create_reset_of(context, owner.user))
    reset = read(await house.post("/api/reset", {"token": token}), Reset)
    assert (reset.n, reset.hash) == (0, bytes(32))
    answer = await house.post("/api/reset/finish", finish_reset(owner, reset, token))
    assert answer.status_code == 200, answer.text


async def test_bodies_are_bounded_by_what_they_are_for(house: House) -> None:
    """Half a megabyte for what is marked so, an eighth for everything else."""
    kib = 1024
    for path, size, status in (
        ("/api/chain.renew", 500 * kib, 400),
        ("/api/chain.renew", 520 * kib, 413),
        ("/api/recovery/finish", 500 * kib, 400),
        ("/api/recovery/finish", 520 * kib, 413),
        ("/api/chain.profile", 120 * kib, 400),
        ("/api/chain.profile", 140 * kib, 413),
        ("/api/recovery", 140 * kib, 413),
    ):
        answer = await house.post(path, "x" * size, house.token)
        assert answer.status_code == status, (path, size, answer.text)


async def test_an_unknown_name_costs_as_many_queries_as_a_wrong_proof(alice: Home) -> None:
    """The time of an answer tells what the answer does not."""
    await alice.run(alice.owner.change_ways(alice.id, make_way(PROOF)))
    counts = []
    for username in ("alice", "nobody.here"):
        alice.stage.clear()
        question = RecoveryQuestion(username=username, proof=b"x" * 32)
        with pytest.raises(WrongPassword):
            await perform(
                alice.stage.services,
                NOBODY,
                lambda context, body=question: begin_recovery(context, body),  # type: ignore[misc]
                mode="read",
            )
        counts.append(alice.stage.statements.copy())
    assert counts[0] == counts[1]


async def test_strangers_in_many_networks_do_not_lock_a_person_out(alice: Home) -> None:
    services = alice.stage.services
    for network in range(40):
        for _ in range(5):
            with suppress(WrongPassword), allow_recovery(services, f"192.0.2.{network}", "alice"):
                raise WrongPassword
    with allow_recovery(services, "198.51.100.1", "alice"):
        pass
