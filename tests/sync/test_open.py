"""Catching up: from a cursor, from a snapshot, with little and with much."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from hearth.accounts.contract import UpdateProfile
from hearth.accounts.tables import USER_LOG
from hearth.client.replica.state import Replica
from hearth.contract import CONTRACT_VERSION, Actor
from hearth.friends.contract import BlockUser, RequestFriend
from hearth.sync.contract import LogPage, Opened, OpenSync, ReadLog, Restore
from tests.inbox.test_items import fill, make_friends, send
from tests.stage import Stage


async def open_sync(stage: Stage, actor: Actor, **cursors: object) -> Opened:
    cursors.setdefault("generation", stage.services.identity.generation.hex())
    opened = await stage.run(actor, OpenSync(**cursors))  # type: ignore[arg-type]
    assert isinstance(opened, Opened)
    return opened


async def test_a_new_device_gets_everything(stage: Stage) -> None:
    alice, bob, conversation_id = await make_friends(stage)
    await stage.run(alice, BlockUser(username=(await stage_user(stage, "carol"))))
    await stage.run(await stage.user("dave"), RequestFriend(username="alice"))
    await send(stage, bob, conversation_id, 1)
    opened = await open_sync(stage, alice, generation=None)
    identity = stage.services.identity
    assert (opened.server_id, opened.generation) == (identity.server_id.hex(), identity.generation.hex())
    assert (opened.contract, opened.user_id) == (CONTRACT_VERSION, alice.user_id)
    assert (opened.device_id, opened.now) == (alice.device_id.hex(), stage.clock.now())
    snapshot = opened.snapshot
    assert snapshot is not None and opened.log == [] and not opened.more
    assert snapshot.profile.user.username == "alice"
    assert [device.id for device in snapshot.devices] == [alice.device_id.hex()]
    assert [friend.profile.user.username for friend in snapshot.friends] == ["bobby"]
    assert [request.sender.username for request in snapshot.requests] == ["dave"]
    assert [card.username for card in snapshot.blocked] == ["carol"]
    assert {item.conversation.kind: item.unread for item in opened.items} == {"direct": 1, "self": 0}
    assert opened.heads == {}


async def test_a_device_is_told_of_a_restore_and_of_when_the_backup_is(stage: Stage) -> None:
    """Whose password was changed since has the old one again."""
    alice, services = await stage.user("alice"), stage.services
    assert (await open_sync(stage, alice)).restored is None
    now = stage.clock.now()
    for backup_at in (None, now - timedelta(days=1)):
        services.identity = replace(services.identity, restored_at=now, backup_at=backup_at)
        assert (await open_sync(stage, alice)).restored == Restore(at=now, backup_at=backup_at)


async def stage_user(stage: Stage, name: str) -> str:
    await stage.user(name)
    return name


async def test_who_is_up_to_date_gets_nothing(stage: Stage) -> None:
    alice, _, _ = await make_friends(stage)
    first = await open_sync(stage, alice)
    known = {item.conversation.id: item.last_seq for item in first.items}
    again = await open_sync(stage, alice, log_seq=first.log_seq, conversations=known)
    assert (again.snapshot, again.log, again.more, again.items, again.heads) == (None, [], False, [], {})
    assert again.log_seq == first.log_seq


async def test_what_came_since_is_enough(stage: Stage) -> None:
    alice, bob, conversation_id = await make_friends(stage)
    first = await open_sync(stage, alice)
    replica = Replica(alice.user_id)
    replica.apply_opened(first)
    await send(stage, bob, conversation_id, 1)
    await stage.run(bob, UpdateProfile(display_name="Robert"))
    await stage.run(await stage.user("carol"), RequestFriend(username="alice"))
    since = await open_sync(stage, alice, log_seq=first.log_seq, conversations=replica.heads())
    assert since.snapshot is None
    assert [entry.seq for entry in since.log] == list(range(first.log_seq + 1, since.log_seq + 1))
    assert [item.conversation.id for item in since.items] == [conversation_id]
    replica.apply_opened(since)
    fresh = Replica(alice.user_id)
    fresh.apply_opened(await open_sync(stage, alice))
    assert replica.users == fresh.users
    assert {key: state.to_item() for key, state in replica.conversations.items()} == {
        key: state.to_item() for key, state in fresh.conversations.items()
    }


@pytest.mark.parametrize("cursor", ["zero", "ahead", "foreign", "nameless"])
async def test_a_useless_cursor_leads_to_a_snapshot_and_all_conversations(stage: Stage, cursor: str) -> None:
    alice, _, _ = await make_friends(stage)
    first = await open_sync(stage, alice)
    known = {item.conversation.id: item.last_seq for item in first.items}
    opened = await open_sync(
        stage,
        alice,
        log_seq={"zero": 0, "ahead": first.log_seq + 1}.get(cursor, first.log_seq),
        generation={"foreign": "ab" * 16, "nameless": None}.get(cursor, first.generation),
        conversations=known,
    )
    assert opened.snapshot is not None and opened.log == [] and not opened.more
    assert len(opened.items) == 2


async def test_more_than_two_hundred_entries_come_in_pages(stage: Stage) -> None:
    alice, bob, _ = await make_friends(stage)
    first = await open_sync(stage, alice)
    for number in range(110):  # each tells a friend twice: the card, and the profile
        await stage.run(bob, UpdateProfile(about=f"About {number}"))
    opened = await open_sync(stage, alice, log_seq=first.log_seq)
    assert len(opened.log) == 200 and opened.more and opened.snapshot is None
    page: LogPage = await stage.run(alice, ReadLog(after=opened.log[-1].seq))
    assert not page.more and not page.gone
    seqs = [entry.seq for entry in (*opened.log, *page.entries)]
    assert seqs == list(range(first.log_seq + 1, opened.log_seq + 1))
    short: LogPage = await stage.run(alice, ReadLog(after=first.log_seq, limit=1))
    assert [entry.seq for entry in short.entries] == seqs[:1] and short.more


async def test_a_log_is_read_by_its_owner_only(stage: Stage) -> None:
    await make_friends(stage)
    carol = await stage.user("carol")
    page: LogPage = await stage.run(carol, ReadLog(after=0))
    assert b"bobby" not in msgspec.json.encode(page) and page.entries
    for after in (page.entries[-1].seq + 1, 2**53 - 1):
        assert (await stage.run(carol, ReadLog(after=after))).gone
    at_head: LogPage = await stage.run(carol, ReadLog(after=page.entries[-1].seq))
    assert (at_head.entries, at_head.more, at_head.gone) == ([], False, False)


@pytest.mark.parametrize("count", [3, 60, 700])
async def test_the_newest_fifty_come_whole_and_the_others_as_heads(stage: Stage, count: int) -> None:
    alice = await stage.user("alice")
    ids = await fill(stage, alice, count, stage.clock.now())
    stage.clear()
    opened = await open_sync(stage, alice)
    assert stage.queries <= 20, stage.statements
    newest = list(reversed(ids))[:50]
    groups = [item.conversation.id for item in opened.items if item.conversation.kind == "group"]
    assert groups == newest
    assert len(opened.items) + len(opened.heads) == count + 1
    assert set(opened.heads.values()) <= {0, 2}
    assert not set(opened.heads) & set(newest)


@pytest.mark.parametrize("count", [3, 700])
async def test_resuming_costs_the_same_with_many_conversations(stage: Stage, count: int) -> None:
    alice = await stage.user("alice")
    await fill(stage, alice, count, stage.clock.now())
    first = await open_sync(stage, alice)
    known = {item.conversation.id: item.last_seq for item in first.items} | first.heads
    stage.clear()
    again = await open_sync(stage, alice, log_seq=first.log_seq, conversations=known)
    assert again.items == [] and again.heads == {}
    assert stage.queries == 7, stage.statements


async def test_a_pruned_log_leads_to_a_snapshot(stage: Stage) -> None:
    alice, bob, _ = await make_friends(stage)
    first = await open_sync(stage, alice)
    await stage.run(bob, UpdateProfile(about="One"))
    await stage.run(bob, UpdateProfile(about="Two"))
    async with stage.services.database.transaction("write") as transaction:
        of_alice = (USER_LOG.c.user_id == alice.user_id, USER_LOG.c.seq <= first.log_seq + 1)
        await transaction.execute(USER_LOG.delete().where(*of_alice))
    assert (await open_sync(stage, alice, log_seq=first.log_seq)).snapshot is not None
    assert (await stage.run(alice, ReadLog(after=first.log_seq))).gone
    later = await open_sync(stage, alice, log_seq=first.log_seq + 1)
    assert later.snapshot is None and len(later.log) >= 1
