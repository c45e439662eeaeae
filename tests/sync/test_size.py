"""The most that an ordinary account can have still arrives in one frame."""

from datetime import datetime

import msgspec
from sqlalchemy import insert

from hearth.accounts.tables import AVATAR, USER
from hearth.contract import Actor
from hearth.conversations.ids import make_direct_id
from hearth.conversations.tables import CONVERSATION, MEMBER
from hearth.friends.rules import MAX_FRIENDS
from hearth.friends.tables import FRIENDSHIP
from hearth.sync.contract import OpenSync
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


async def test_two_thousand_friends_fit_into_one_frame(stage: Stage) -> None:
    alice = await stage.user("alice")
    await make_friends(stage, alice, MAX_FRIENDS, stage.clock.now())
    stage.clear()
    opened = await stage.run(alice, OpenSync())
    assert opened.snapshot is not None and len(opened.snapshot.friends) == MAX_FRIENDS
    assert len(opened.items) + len(opened.heads) == MAX_FRIENDS + 1
    assert len(opened.presence) == MAX_FRIENDS
    assert stage.queries <= 19
    assert len(msgspec.json.encode(opened)) < OUT_QUEUE_BYTES
