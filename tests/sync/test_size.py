"""However much an account has, and whatever its friends write: every answer fits the out-queue."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import insert, update

from hearth.accounts.contract import Device as SignedInDevice
from hearth.accounts.contract import OwnProfile, Settings, UserCard
from hearth.accounts.rules import MAX_DEVICES
from hearth.accounts.tables import AVATAR, USER
from hearth.accounts.texts import MAX_ABOUT, MAX_CODE_POINTS, MAX_NAME
from hearth.client.replica.catch_up import open_replica
from hearth.client.replica.state import Replica
from hearth.contract import Actor
from hearth.conversations.contract import Conversation, Member
from hearth.conversations.ids import make_direct_id
from hearth.conversations.tables import CONVERSATION, MEMBER
from hearth.friends.rules import MAX_FRIENDS, MAX_PENDING_SENT
from hearth.friends.tables import BLOCK, FRIEND_REQUEST, FRIENDSHIP
from hearth.inbox.contract import GetInboxItems, InboxItem
from hearth.messages.contract import Cursor, Entry
from hearth.presence.contract import Presence
from hearth.sync import rules
from hearth.sync.contract import (
    MAX_HEADS,
    KnownCursors,
    LogEntry,
    Opened,
    OpenSync,
    ReadRest,
)
from tests.epochs.written import begin_epochs
from tests.inbox.test_items import fill, send
from tests.stage import Stage

OUT_QUEUE_BYTES = 1024 * 1024
PICTURE = b"p" * 32


async def make_friends(stage: Stage, user: Actor, count: int, now: datetime) -> None:
    """Give a user that many friends with ordinary profiles and a conversation each."""
    ids = range(user.user_id + 1, user.user_id + 1 + count)
    server_id = stage.services.identity.server_id
    direct = {id_: make_direct_id(server_id, user.user_id, id_) for id_ in ids}
    async with stage.services.database.transaction("write") as transaction:
        await transaction.execute(
            insert(AVATAR).values(id=PICTURE, content_type="image/webp", content=b"x", created_at=now)
        )
        await transaction.execute(insert(USER), [make_person(id_, now) for id_ in ids])
        pairs = [{"user1_id": user.user_id, "user2_id": id_, "timestamp": now} for id_ in ids]
        await transaction.execute(insert(FRIENDSHIP), pairs)
        await transaction.execute(
            insert(CONVERSATION),
            [
                {
                    "id": conversation_id,
                    "kind": "direct",
                    "is_open": True,
                    "last_seq": 0,
                    "last_ordinal": 0,
                    "log_hash": b"h" * 32,
                    "epoch": 0,
                    "created_by": user.user_id,
                    "created_at": now,
                }
                for conversation_id in direct.values()
            ],
        )
        stays = [make_stay(direct[id_], member) for id_ in ids for member in (user.user_id, id_)]
        await transaction.execute(insert(MEMBER), stays)


def make_person(id_: int, now: datetime) -> dict[str, object]:
    return {
        "id": id_,
        "username": f"somebody{id_}",
        "username_key": f"somebody{id_}",
        "password": "",
        "kdf_salt": b"s" * 16,
        "kdf_memory": 8,
        "kdf_iterations": 1,
        "kdf_parallelism": 1,
        "display_name": f"Somebody Ordinary {id_}",
        "about": "Gone fishing; write, do not call. Back in May.",
        "avatar_id": PICTURE,
        "status": "offline",
        "last_seen": now,
        "settings": {},
        "is_admin": False,
        "log_seq": 0,
        "created_at": now,
    }


def make_stay(conversation_id: bytes, user_id: int) -> dict[str, object]:
    return {
        "conversation_id": conversation_id,
        "user_id": user_id,
        "joined_seq": 0,
        "role": "member",
        "delivered_seq": 0,
        "read_seq": 0,
        "pinned": False,
        "archived": False,
    }


async def test_an_account_at_its_caps_comes_in_parts_that_fit(stage: Stage) -> None:
    """2,000 friends with conversations, 500 more, 100 requests, 2,000 blocked; whole at the end."""
    alice = await stage.user("alice")
    await make_friends(stage, alice, MAX_FRIENDS, stage.clock.now())
    ids = await fill(stage, alice, 500, stage.clock.now())
    others = range(alice.user_id + 1 + MAX_FRIENDS, alice.user_id + 1 + 2 * MAX_FRIENDS)
    await make_requests_and_blocks(stage, alice, others)
    stage.clear()
    opened = await stage.run(alice, OpenSync())
    assert stage.queries == 20, stage.statements
    size = len(msgspec.json.encode(opened))
    assert size < OUT_QUEUE_BYTES * 3 // 4, f"{size} bytes"
    assert (len(opened.items), len(opened.heads), opened.more_heads) == (50, MAX_HEADS, True)
    assert len(opened.presence) == MAX_FRIENDS
    replica, sizes, queries = Replica(alice.user_id), [size], []

    async def ask(command: Any, result: type[Any]) -> Any:
        stage.clear()
        answer = await stage.run(alice, command)
        if isinstance(command, ReadRest):
            sizes.append(len(msgspec.json.encode(answer)))
            queries.append(stage.queries)
        return answer

    await open_replica(replica, ask)
    users = replica.users
    assert (len(users.friends), len(users.requests)) == (MAX_FRIENDS, MAX_PENDING_SENT)
    assert users.blocked.keys() == set(others)
    assert len(replica.conversations) == MAX_FRIENDS + len(ids) + 1
    assert replica.heads().keys() >= set(ids)
    assert set(queries) == {2} and max(sizes) < OUT_QUEUE_BYTES * 3 // 4, (sizes, queries)


async def test_the_longest_words_of_two_thousand_friends_make_parts_and_no_giant(stage: Stage) -> None:
    """What friends write about themselves is theirs to choose, but not how much comes in one answer."""
    alice = await stage.user("alice")
    await make_friends(stage, alice, MAX_FRIENDS, stage.clock.now())
    async with stage.services.database.transaction("write") as transaction:
        longest = {"about": "\U0001f600" * 1000, "display_name": "\U0001f600" * 64}
        await transaction.execute(update(USER).where(USER.c.id != alice.user_id).values(longest))
    opened = await stage.run(alice, OpenSync())
    assert opened.snapshot is not None and [rest.part for rest in opened.snapshot.rest] == ["friends"]
    size = len(msgspec.json.encode(opened))
    assert size < OUT_QUEUE_BYTES, f"{size} bytes"
    part = await stage.run(alice, ReadRest(part="friends", after=opened.snapshot.rest[0].after))
    assert 0 < len(msgspec.json.encode(part)) < OUT_QUEUE_BYTES // 2
    assert part.friends[0].profile.user.id == opened.snapshot.friends[-1].profile.user.id + 1


async def test_who_has_more_conversations_than_an_answer_names_fetches_only_what_differs(
    stage: Stage,
) -> None:
    """Whoever befriends and parts again keeps the conversations: there is no end to how many there are."""
    alice = await stage.user("alice")
    await make_friends(stage, alice, MAX_FRIENDS, stage.clock.now())
    ids = await fill(stage, alice, 500, stage.clock.now())
    replica, asked = Replica(alice.user_id), list[Any]()

    async def ask(command: Any, result: type[Any]) -> Any:
        asked.append(command)
        return await stage.run(alice, command)

    await open_replica(replica, ask)
    assert len(replica.conversations) == MAX_FRIENDS + len(ids) + 1
    unnamed = list(replica.conversations)[MAX_HEADS:]
    grown = [key for key in ids if key in unnamed][:60]
    stage.clock.advance(86_400)
    await begin_epochs(stage.services, *(bytes.fromhex(key) for key in grown))
    for key in grown:
        await send(stage, alice, key, 1)
    asked.clear()
    await open_replica(replica, ask)
    (command,) = [each for each in asked if isinstance(each, OpenSync)]
    assert len(command.conversations) == MAX_HEADS and len(msgspec.json.encode(command)) < 128 * 1024
    assert {replica.conversations[key].last_seq for key in grown} == {3}
    fetched = [key for each in asked if isinstance(each, GetInboxItems) for key in each.conversations]
    assert len(fetched) == len(grown) - rules.NEWEST


def test_the_largest_answer_there_can_be_fits() -> None:
    """Every list as long and every text and number as large as anything lets it be."""
    most, now = 2**53 - 1, datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    card = UserCard(
        id=most,
        username="\U00010400" * 50,
        display_name="\U0001f600" * MAX_NAME * MAX_CODE_POINTS,
        avatar_id="f" * 64,
    )
    member = Member(user_id=most, role="member", joined_seq=most, delivered_seq=most, read_seq=most)
    entry = Entry(
        conversation_id="f" * 32,
        seq=most,
        ordinal=most,
        kind=1,
        from_user=most,
        from_device="f" * 32,
        client_id="f" * 32,
        counter=most,
        epoch=most,
        target_seq=most,
        record=b"",
        log_hash=b"h" * 32,
        timestamp=now,
    )
    item = InboxItem(
        conversation=Conversation(id="f" * 32, kind="direct", open=False, users=[card] * 2, created_at=now),
        members=[member] * 2,
        last_seq=most,
        last_ordinal=most,
        log_hash=b"h" * 32,
        last_entry=entry,
        unread=most,
        state_seq=most,
        pin_seq=most,
    )
    presence = Presence(user_id=most, status="offline", last_seen=now)
    opened = Opened(
        server_id="f" * 32,
        generation="f" * 32,
        contract=1,
        user_id=most,
        device_id="f" * 32,
        now=now,
        log_seq=most,
        log=[],
        more=False,
        snapshot=None,
        items=[item] * rules.NEWEST,
        heads={f"{number:032x}": most for number in range(MAX_HEADS)},
        more_heads=False,
        receipts=[],
        presence=[presence] * MAX_FRIENDS,
        private_position=most,
    )
    records = rules.MAX_RECORD_BYTES * 4 // 3
    profile = OwnProfile(
        user=card,
        about="\U0001f600" * MAX_ABOUT * MAX_CODE_POINTS,
        settings=Settings(),
        is_admin=False,
        created_at=now,
    )
    device = SignedInDevice(id="f" * 32, name="\U0001f600" * 120, created_at=now, last_seen=now)
    lists = sum(rules.MAX_PART_BYTES.values()) + 3 * rules.MAX_PART_ROWS
    snapshot = lists + len(msgspec.json.encode((profile, [device] * MAX_DEVICES)))
    assert len(msgspec.json.encode(opened)) + records + snapshot < OUT_QUEUE_BYTES
    cursor = Cursor(user_id=most, delivered_seq=most, read_seq=most)
    known = KnownCursors(conversation_id="f" * 32, cursors=[cursor] * (rules.MAX_CURSORS // 100))
    logged = LogEntry(seq=most, kind="conversation.changed", payload=msgspec.Raw(b"{}"), timestamp=now)
    since = msgspec.structs.replace(
        opened, log=[logged] * rules.MAX_ENTRIES, receipts=[known] * rules.NEWEST_RECEIPTS
    )
    assert len(msgspec.json.encode(since)) + records + rules.MAX_LOG_BYTES < OUT_QUEUE_BYTES


async def make_requests_and_blocks(stage: Stage, user: Actor, others: range) -> None:
    now = stage.clock.now()
    async with stage.services.database.transaction("write") as transaction:
        await transaction.execute(insert(USER), [make_person(id_, now) for id_ in others])
        pending = {"status": "pending", "suppressed": False, "timestamp": now, "sender_id": user.user_id}
        await transaction.execute(
            insert(FRIEND_REQUEST), [{**pending, "receiver_id": id_} for id_ in others[:MAX_PENDING_SENT]]
        )
        blocks = [{"blocker_id": user.user_id, "blocked_id": id_, "timestamp": now} for id_ in others]
        await transaction.execute(insert(BLOCK), blocks)
