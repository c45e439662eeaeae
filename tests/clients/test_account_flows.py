"""The web client's account flows at a shipped server; the Python client's code opens what they leave."""

import json
import re
import secrets
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from hearth.sealed.person.chain import Chain
from hearth.sealed.person.generations import VAULT_RECIPIENT, Generation, unwrap_generation
from hearth.sealed.person.keyring import How, OpenRow, PinRow, ReceiveRow, RowPlace, open_row, read_keyring
from hearth.sealed.person.own_chain import OwnChain
from hearth.sealed.person.recovery import derive_secrets, read_recovery_key
from hearth.sealed.person.vault import (
    Vault,
    VaultPlace,
    WayKind,
    check_vault,
    open_by_password,
    open_vault,
    open_way,
)
from tests.clients.node import run_node
from tests.served import Served, serve

pytestmark = pytest.mark.sqlite


@dataclass
class Person:
    """Somebody who registered and has no chain yet."""

    server: str
    user: int
    username: str
    device: str
    token: str
    authKey: str  # noqa: N815 - as the other side names it
    kek: str
    link: str


def b64(data: bytes) -> str:
    return b64encode(data).decode()


class Asked:
    """A session's answers, as JSON."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url
        self.headers = {} if token is None else {"authorization": f"Bearer {token}"}

    def __call__(self, path: str, **fields: Any) -> dict[str, Any]:
        where = f"{self.url}/api/{path}"
        answer = httpx.post(where, json=fields, headers=self.headers, trust_env=False, timeout=60)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def register(served: Served, data: Path, username: str) -> Person:
    """Register somebody, and have an administrator's link made for them at the command line."""
    auth_key = secrets.token_bytes(32)
    kdf = {"salt": b64(secrets.token_bytes(16)), "memory": 65_536, "iterations": 3, "parallelism": 1}
    account = {"username": username, "display_name": username, "auth_key": b64(auth_key), "kdf": kdf}
    answer = Asked(served.url)("register", **account, device_name="Phone", session="bearer")
    server = Asked(served.url, answer["token"])("sync.open")["server_id"]
    command = [sys.executable, "-m", "hearth", "user", "reset-sign-in", username, "--data", str(data)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    link = re.findall(r"https?://\S+", printed)[-1].rsplit("/", 1)[-1].rsplit("#", 1)[-1].rsplit("=", 1)[-1]
    user, device = answer["user"]["id"], answer["device"]["id"]
    kek = secrets.token_hex(32)
    return Person(server, user, username, device, answer["token"], auth_key.hex(), kek, link)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Path]]:
    data = tmp_path_factory.mktemp("flows") / "data"
    with serve(data) as served:
        yield served, data


def read_chain(asked: Asked, person: Person) -> Chain:
    """Return a person's chain, verified from its first statement."""
    chain = Chain(bytes.fromhex(person.server), person.user)
    page = asked("chain.read", user_id=person.user)
    for statement in page["statements"]:
        chain.take(b64decode(statement))
    assert chain.state is not None and chain.state.n == page["n"]
    return chain


def open_own_chain(asked: Asked, chain: Chain, vault: Vault) -> OwnChain:
    """Return the own chain: the newest generation by the vault's key, those before it by the boxes."""
    newest, *older = asked("vault.generations", limit=50)["generations"]
    data = b64decode(newest["statement"])
    signed = Generation.open(data)
    wrap = b64decode(newest["vault_wrap"])
    key = unwrap_generation(vault.kem_seed, signed.body, signed.hash, VAULT_RECIPIENT, wrap)
    own = OwnChain(chain)
    own.anchor(data, signed.hash, key)
    above = newest
    for generation in older:
        own.take_before(b64decode(generation["statement"]), b64decode(above["predecessor"]))
        above = generation
    return own


def check_left(url: str, person: Person, left: dict[str, Any]) -> None:
    """Open with the password's key what the flows left, and check all of it as the Python client does."""
    asked = Asked(url, left["token"])
    chain = read_chain(asked, person)
    state = chain.state
    assert state is not None and state.vault is not None and state.username == person.username
    stored = asked("vault.get")
    place = VaultPlace(chain.server, person.user, stored["version"])
    wrap = b64decode(stored["password_wrap"])
    vault_key = open_by_password(bytes.fromhex(left["kek"]), place, state.vault.commitment, wrap)
    sealed = b64decode(stored["sealed"])
    vault = open_vault(vault_key, place, sealed)
    check_vault(vault, vault_key, sealed, chain)
    own = open_own_chain(asked, chain, vault)
    newest = own.newest
    assert newest is not None and own.find_stale(newest.statement.time) is None
    receive = asked("chain.receive", user_id=person.user)["statements"][0]
    version = chain.take_newest_receive(b64decode(receive["statement"])).body.version
    check_keyring(asked, own, version, left["pins"])
    if "recoveryKey" in left:
        assert open_by_recovery_key(url, person, left["recoveryKey"]) == vault_key


def check_keyring(asked: Asked, own: OwnChain, receive_version: int, pins: int) -> None:
    """Every set is the one that its generation states; the pins and the newest receive seed count."""
    rows = []
    for row in asked("keyring.list", limit=500)["rows"]:
        key = own.generations[row["g"]].key
        where = RowPlace(own.chain.server, own.chain.user, row["g"], row["kind"], b64decode(row["id"]))
        row_id, body = open_row(key, where, b64decode(row["sealed"]))
        rows.append(OpenRow(row["g"], row_id, body, row["is_of_set"]))
    keyring = read_keyring(rows, {g: one.statement.set for g, one in own.generations.items()})
    found = [body for body in keyring.rows.values() if isinstance(body, PinRow)]
    assert len(found) == pins and {body.how for body in found} <= {How.REQUEST}
    seeds = {body.statement_hash for body in keyring.rows.values() if isinstance(body, ReceiveRow)}
    newest = own.chain.newest_receive(own.chain.state) if own.chain.state else None
    assert newest is not None and newest.body.version == receive_version and newest.hash in seeds


def open_by_recovery_key(url: str, person: Person, shown: str) -> bytes:
    """Return the vault's key by the way that needs no session."""
    secret = derive_secrets(read_recovery_key(shown))
    found = Asked(url)("recovery", username=person.username, proof=b64(secret.proof))
    place = VaultPlace(bytes.fromhex(found["server_id"]), found["user_id"], found["version"])
    way_id, way_in = bytes.fromhex(found["id"]), b64decode(found["way_in"])
    return open_way(secret, place, WayKind(found["kind"]), way_id, way_in)


async def test_what_the_web_client_writes_the_python_client_opens(house: tuple[Served, Path]) -> None:
    served, data = house
    people = {name: register(served, data, name) for name in ("alice", "bob", "carol")}
    question = {"url": served.url, "people": {name: vars(person) for name, person in people.items()}}
    report = await run_node("account_flows.mjs", question)
    for name, left in report["left"].items():
        check_left(served.url, people[name], left)
    assert json.dumps(report).count("kek") == len(people)
