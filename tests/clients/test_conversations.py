"""The web client's code and the Python client's talk through a shipped server: each reads the other."""

import asyncio
import secrets
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from hearth.client.crypto.conversation import Conversation
from hearth.client.crypto.log.body import write_body
from hearth.client.crypto.log.rows import Row
from hearth.client.crypto.making import acts
from hearth.client.crypto.making.device import Moment, OwnDevice
from hearth.client.crypto.making.entry import Draft, seal_entry
from hearth.client.crypto.making.epoch import Ground, make_epoch
from hearth.client.crypto.making.rewrap import make_answer, make_request
from hearth.sealed.core import hpke
from hearth.sealed.core.hashing import sha256
from hearth.sealed.core.packed import Place
from hearth.sealed.group.check import Where
from hearth.sealed.group.entries import EntryKind
from hearth.sealed.group.epoch import Epoch
from hearth.sealed.group.seeds import SeedPlace, open_rewrap, unwrap_seed
from hearth.sealed.person.people import People
from hearth.sealed.person.pins import Pins
from tests.clients.node import converse
from tests.clients.test_account_flows import Asked, Person, register
from tests.served import Served, serve

pytestmark = pytest.mark.sqlite


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def read_time(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def read_row(entry: dict[str, Any]) -> Row:
    record = b64decode(entry["record"])
    return Row(
        entry["seq"],
        entry["kind"],
        entry["from_user"],
        bytes.fromhex(entry["from_device"]),
        bytes.fromhex(entry["client_id"]),
        entry["counter"],
        entry["epoch"],
        entry["target_seq"],
        read_time(entry["timestamp"]),
        record,
        sha256(record),
    )


@dataclass
class Program:
    """One of bob's devices, from here on the Python client's code: what it fetches, reads and makes."""

    asked: Asked
    device: OwnDevice
    conversation_id: str
    receive: dict[int, bytes]
    server: bytes
    seeds: dict[int, bytes] = field(default_factory=dict)
    receive_keys: dict[bytes, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where = Where(self.server, bytes.fromhex(self.conversation_id), self.device.user)
        self.conversation = Conversation(where, People(self.server))

    @property
    def newest(self) -> Epoch:
        assert self.conversation.epochs.newest is not None
        return self.conversation.epochs.newest

    @property
    def seen(self) -> Place:
        return self.conversation.log.place

    def meet(self, user: int) -> None:
        """Fetch a person's chain and newest receive key."""
        chain = self.conversation.epochs.people.chain(user)
        page = self.asked("chain.read", user_id=user, after=0)
        chain.finish(b64decode(statement) for statement in page["statements"])
        for one in self.asked("chain.receive", user_id=user)["statements"]:
            key = b64decode(one["public_key"])
            chain.take_receive(b64decode(one["statement"]))
            self.receive_keys[hpke.kem_hash(key)] = key

    def read(self, *users: int) -> list[str]:
        """Fetch everything and return the texts that stand, verdicts in brackets."""
        for user in users:
            self.meet(user)
        page = self.asked("epoch.list", conversation_id=self.conversation_id)
        for one in page["epochs"]:
            roster = None if one["roster"] is None else b64decode(one["roster"])
            self.conversation.epochs.take(b64decode(one["record"]), roster)
        for wrap in self.asked("epoch.wraps")["wraps"]:
            if wrap["conversation_id"] == self.conversation_id:
                self.open_wrap(wrap["n"], b64decode(wrap["wrap"]))
        return self.read_log()

    def place(self, n: int) -> SeedPlace:
        epoch = self.conversation.epochs.known[n].epoch
        return SeedPlace(epoch.record.conversation, n, epoch.hash, epoch.record.commitment)

    def open_wrap(self, n: int, wrap: bytes) -> None:
        member = self.conversation.epochs.known[n].epoch.members[self.device.user]
        seed = unwrap_seed(self.receive[member.receive_version], self.place(n), self.device.user, wrap)
        self.keep(n, seed)

    def keep(self, n: int, seed: bytes) -> None:
        self.seeds[n] = seed
        self.conversation.epochs.take_seed(n, seed)

    def read_log(self) -> list[str]:
        page = self.asked(
            "message.history", conversation_id=self.conversation_id, seq=0, direction="after", limit=100
        )
        rows = [read_row(entry) for entry in page["entries"]]
        findings = self.conversation.take_page(b64decode(page["hash_before"]), rows, rows[-1].time)
        assert not findings.withheld
        return [self.show(findings.judgements[row.seq]) for row in rows if row.kind < EntryKind.EPOCH]

    @staticmethod
    def show(judgement: Any) -> str:
        if judgement.verdict is not None:
            return f"[{judgement.verdict}]"
        return str(judgement.content.fields["text"])

    def say(self, text: str, counter: int) -> None:
        body = write_body({"type": "text", "text": text})
        draft = Draft(kind=EntryKind.MESSAGE, body=body, client_id=secrets.token_bytes(16), counter=counter)
        sealed = seal_entry(self.conversation.epochs, self.device, draft, Moment(self.now, self.seen))
        self.asked(
            "message.send",
            conversation_id=self.conversation_id,
            client_id=draft.client_id.hex(),
            counter=counter,
            record=b64(sealed.record),
            kind=1,
            epoch=sealed.place.epoch,
        )

    @property
    def now(self) -> int:
        return self.conversation.log.list_rows()[-1].time

    def rotate(self) -> None:
        ground = Ground(self.conversation.epochs, Pins({}), self.receive_keys, self.seeds)
        made = make_epoch(ground, self.device, acts.rotate(self.newest), Moment(self.now, self.seen))
        wraps = [{"user_id": user, "wrap": b64(wrap)} for user, wrap in made.wraps.items()]
        roster = None if made.roster is None else b64(made.roster)
        self.asked("epoch.make", record=b64(made.record), roster=roster, wraps=wraps)


@dataclass
class House:
    served: Served
    people: dict[str, Person]

    def befriend(self, one: str, other: str) -> None:
        asked = Asked(self.served.url, self.people[one].token)
        request = asked("friend.request", username=other)["request"]
        Asked(self.served.url, self.people[other].token)("friend.accept", request_id=request["id"])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data: Path = tmp_path_factory.mktemp("talk") / "data"
    with serve(data, "--limit-scale", "100") as served:
        names = ("alice", "bob", "carol")
        yield House(served, {name: register(served, data, name) for name in names})


@asynccontextmanager
async def browsers(house: House) -> AsyncIterator[Any]:
    """Everybody set up in the web client's code, and friends of alice; gives what asks for a step."""
    people = {name: vars(person) for name, person in house.people.items()}
    async with converse("conversations.mjs", {"url": house.served.url, "people": people}) as ask:
        for name in people:
            await ask(step="setUp", who=name)
        house.befriend("alice", "bob")
        house.befriend("alice", "carol")
        yield ask


async def begin_program(house: House, ask: Any, conversation: str) -> Program:
    bob = house.people["bob"]
    secret = await ask(step="secrets", who="bob")
    receive = {int(version): bytes.fromhex(seed) for version, seed in secret["receive"].items()}
    device = OwnDevice(bob.user, bytes.fromhex(secret["device"]), bytes.fromhex(secret["signSeed"]))
    asked = Asked(house.served.url, bob.token)
    return Program(asked, device, conversation, receive, bytes.fromhex(bob.server))


async def test_browser_and_program_read_each_other(house: House) -> None:
    async with asyncio.timeout(240), browsers(house) as ask:
        users = {name: person.user for name, person in house.people.items()}
        group = await ask(step="begin", who="alice", members=[users["bob"], users["carol"]])
        said = ["from a browser", "from another browser"]
        await ask(step="say", who="alice", conversation=group, text=said[0])
        await ask(step="read", who="carol", conversation=group)
        await ask(step="say", who="carol", conversation=group, text=said[1])
        program = await begin_program(house, ask, group)
        assert program.read(*users.values()) == said
        await same_log(ask, program, "carol", said)

        program.say("from a program", 1)
        said.append("from a program")
        await same_log(ask, program, "alice", said)
        program.rotate()
        program.read()
        program.say("under an epoch of the program", 2)
        said.append("under an epoch of the program")
        for name in ("alice", "carol"):
            assert (await same_log(ask, program, name, said))["n"] == 2

        await check_rewraps(house, ask, program)
        remove = {"action": "remove", "targets": [{"user": users["carol"], "cause": None}]}
        await ask(step="act", who="alice", conversation=group, wanted=remove)
        await ask(step="say", who="alice", conversation=group, text="without carol")
        assert "without carol" not in (await ask(step="read", who="carol", conversation=group))["texts"]
        said.append("without carol")
        assert program.read(*users.values()) == said
        await check_removed_device(house, ask, group, said)


async def same_log(ask: Any, program: Program, name: str, said: list[str]) -> dict[str, Any]:
    """A browser and the program read the same texts, and their logs have the same hash."""
    found: dict[str, Any] = await ask(step="read", who=name, conversation=program.conversation_id)
    assert program.read() == found["texts"] == said
    seen = program.seen
    assert (found["seq"], found["hash"]) == (seen.seq, seen.hash.hex())
    assert found["state"] == "ready"
    return found


async def check_rewraps(house: House, ask: Any, program: Program) -> None:
    """A seed that a browser lost is given by the program, and the other way round."""
    group, epochs = program.conversation_id, program.conversation.epochs
    request = b64decode(await ask(step="ask", who="alice", conversation=group, n=2))
    alice = epochs.people.chain(house.people["alice"].user)
    newest = alice.newest_receive(alice.state) if alice.state else None
    assert newest is not None
    public = program.receive_keys[newest.body.kem_hash]
    _, answer = make_answer(request, epochs, Pins({}), public, program.seeds[2])
    given = {"who": "alice", "conversation": group, "n": 2}
    assert not await ask(step="takeAnswer", **given, answer=b64(bytes(1168)))
    assert await ask(step="takeAnswer", **given, answer=b64(answer))

    asked = make_request(epochs, program.device, 1, program.now)
    answer = b64decode(await ask(step="answer", who="carol", conversation=group, request=b64(asked)))
    bob = epochs.people.chain(program.device.user)
    own = bob.newest_receive(bob.state) if bob.state else None
    assert own is not None
    seed = open_rewrap(program.receive[own.body.version], program.place(1), own.hash, answer)
    assert seed == program.seeds[1]


async def check_removed_device(house: House, ask: Any, group: str, said: list[str]) -> None:
    """Another device of bob's reads along until it is removed, and nothing that is written after."""
    await ask(step="addDevice", who="tablet", name="bob")
    await ask(step="read", who="bob", conversation=group)
    assert (await ask(step="read", who="tablet", conversation=group))["texts"][-1] == said[-1]
    await ask(step="removeDevice", who="bob", removed="tablet")
    found = await ask(step="read", who="alice", conversation=group)
    assert found["state"] == "rotating"
    await ask(step="say", who="alice", conversation=group, text="phone only")
    assert (await ask(step="read", who="bob", conversation=group))["texts"][-1] == "phone only"
    with pytest.raises(AssertionError, match=r"not_signed_in|unauthenticated"):
        await ask(step="read", who="tablet", conversation=group)
