"""A server that lies about whom a conversation is with is not believed, before its first epoch and after."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Literal, cast

import msgspec
import pytest

from hearth.client.client import Client
from hearth.client.conversations import sealer as sealer_module
from hearth.client.conversations.bond import require_bond
from hearth.client.conversations.ready import make_ready
from hearth.client.conversations.sealer import Sealer
from hearth.client.device_file import OutboxRow
from hearth.client.problems import NotReady, Waits
from hearth.client.replica.conversation import ConversationState
from hearth.client.replica.state import Replica
from hearth.conversations.contract import Conversation
from hearth.sealed.core.verdicts import Verdict
from hearth.sealed.group.check import Where
from hearth.sealed.group.epoch import Kind
from hearth.sealed.group.ids import direct_id, self_id
from hearth.sealed.person.people import People
from tests.client.alice import make_file
from tests.client.crypto.cast import SERVER, Person, meet
from tests.client.entries import ID, MOMENT, make_card, make_item

ALICE, BOB, MALLORY = 1, 2, 3
WITH_BOB, WITH_MALLORY = direct_id(SERVER, ALICE, BOB), direct_id(SERVER, ALICE, MALLORY)
NOTES, GROUP = self_id(SERVER, ALICE), bytes.fromhex(ID)
KindName = Literal["direct", "self", "group"]


def say(key: bytes, kind: KindName, *users: int) -> Conversation:
    cards = [make_card(user) for user in users]
    return Conversation(id=key.hex(), kind=kind, open=True, users=cards, created_at=MOMENT)


def make_live(key: bytes, kind: Kind | None = None, members: Sequence[int] = ()) -> Any:
    """What is known of a conversation: its newest epoch, if any."""
    record = SimpleNamespace(kind=kind)
    newest = None if kind is None else SimpleNamespace(record=record, members=dict.fromkeys(members))
    epochs = SimpleNamespace(newest=newest)
    return SimpleNamespace(where=Where(SERVER, key, ALICE), epochs=epochs, people=People(SERVER))


def is_taken(live: Any, said: Conversation) -> bool:
    try:
        require_bond(live, said)
    except NotReady as reason:
        assert (reason.waits, reason.verdict) == (Waits.STOPPED, Verdict.WRONG_PLACE)
        return False
    return True


@pytest.mark.parametrize(
    ("key", "kind", "users", "fits"),
    [
        (WITH_BOB, "direct", (ALICE, BOB), True),
        (WITH_MALLORY, "direct", (ALICE, BOB), False),
        (WITH_BOB, "direct", (ALICE, BOB, MALLORY), False),
        (WITH_BOB, "self", (ALICE,), False),
        (NOTES, "self", (ALICE,), True),
        (NOTES, "direct", (ALICE, BOB), False),
        (NOTES, "group", (ALICE, BOB), False),
        (WITH_BOB, "group", (ALICE, BOB), False),
        (GROUP, "group", (ALICE, BOB), True),
    ],
)
def test_before_an_epoch_the_id_decides(key: bytes, kind: KindName, users: Sequence[int], fits: bool) -> None:
    assert is_taken(make_live(key), say(key, kind, *users)) is fits


def test_with_an_epoch_its_kind_and_its_people_decide() -> None:
    direct = make_live(WITH_MALLORY, Kind.DIRECT, (ALICE, MALLORY))
    assert is_taken(direct, say(WITH_MALLORY, "direct", ALICE, MALLORY))
    assert not is_taken(direct, say(WITH_MALLORY, "direct", ALICE, BOB))
    assert not is_taken(direct, say(WITH_MALLORY, "group", ALICE, BOB)), "whose id nobody can compute"
    group = make_live(GROUP, Kind.GROUP, (ALICE, BOB))
    assert not is_taken(group, say(GROUP, "direct", ALICE, BOB))
    assert is_taken(group, say(GROUP, "group", ALICE, BOB, MALLORY)), "somebody was just added"
    assert is_taken(group, say(GROUP, "group", ALICE)), "or the list is older"


def make_replica(*conversations: Conversation) -> Replica:
    replica = Replica(ALICE, server_id=SERVER.hex())
    for one in conversations:
        state = ConversationState.from_item(ALICE, make_item([], conversation_id=one.id))
        state.conversation = one
        replica.conversations[one.id] = state
    return replica


def test_a_friend_is_not_found_under_somebody_elses_conversation() -> None:
    def find(replica: Replica, name: str) -> str:
        client = SimpleNamespace(replica=replica, user_id=ALICE, file=make_file())
        client._find_direct = lambda to: Client._find_direct(cast(Any, client), to)
        return Client.find_conversation(cast(Any, client), name).conversation.id

    honest = make_replica(say(WITH_MALLORY, "direct", ALICE, MALLORY), say(WITH_BOB, "direct", ALICE, BOB))
    assert find(honest, "user2") == WITH_BOB.hex()
    swapped = make_replica(say(WITH_MALLORY, "direct", ALICE, BOB), say(WITH_BOB, "direct", ALICE, MALLORY))
    with pytest.raises(NotReady):
        find(swapped, "user2")
    with pytest.raises(NotReady):
        find(make_replica(say(WITH_BOB, "self", ALICE)), "Notes")


def test_the_other_one_has_the_name_that_their_chain_says() -> None:
    live = make_live(WITH_BOB, Kind.DIRECT, (ALICE, BOB))
    live.people = meet(Person(BOB, "bob").begin())
    said = say(WITH_BOB, "direct", ALICE, BOB)
    assert not is_taken(live, said), "whose card says user2"
    said.users[1] = msgspec.structs.replace(said.users[1], username="bob", display_name="Somebody else")
    assert is_taken(live, said)
    said.users[1] = msgspec.structs.replace(said.users[1], username="", display_name="", deleted=True)
    assert is_taken(live, said), "of a deleted account nothing is said"


async def test_nothing_is_sealed_there_however_ready_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    live = make_live(WITH_MALLORY, Kind.DIRECT, (ALICE, MALLORY))
    sealed = list[OutboxRow]()
    monkeypatch.setattr(sealer_module, "is_ready", lambda *_: True)
    monkeypatch.setattr(sealer_module, "_seal", lambda _room, _live, row: sealed.append(row))
    keeper = SimpleNamespace(at_hand=lambda: SimpleNamespace(lives={WITH_MALLORY.hex(): live}))
    row = OutboxRow("c" * 32, WITH_MALLORY.hex(), b"text", 1)
    async with asyncio.timeout(5):
        with pytest.raises(NotReady):
            lie = make_replica(say(WITH_MALLORY, "direct", ALICE, BOB))
            await Sealer(cast(Any, keeper), lie).seal(row)
        assert sealed == []
        with pytest.raises(NotReady):
            await make_ready(cast(Any, None), live, say(WITH_MALLORY, "direct", ALICE, BOB), 1)
        honest = make_replica(say(WITH_MALLORY, "direct", ALICE, MALLORY))
        await Sealer(cast(Any, keeper), honest).seal(row)
    assert sealed == [row]
