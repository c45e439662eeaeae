"""Catching up asks for exactly what is missing, and ends."""

from typing import Any

import msgspec
import pytest

from hearth.accounts.contract import OwnProfile, Settings
from hearth.client.replica import state as replica_state
from hearth.client.replica.catch_up import open_replica, repair
from hearth.client.replica.state import Replica
from hearth.friends.contract import FriendRemoved
from hearth.inbox.contract import GetInboxItems, InboxItems
from hearth.sync.contract import (
    LogEntry,
    LogPage,
    Opened,
    OpenSync,
    ReadLog,
    ReadRest,
    Rest,
    Snapshot,
    SnapshotPart,
)
from tests.client.entries import ALICE, ID, MOMENT, make_card, make_entries, make_item

replace = msgspec.structs.replace


class Server:
    """A server with one conversation and a log of `head` entries, of which those up to `gone` are no more."""

    def __init__(self, *, head: int = 0, gone: int = 0, messages: int = 0, is_member: bool = True) -> None:
        self.head, self.gone, self.is_member = head, gone, is_member
        self.item = make_item(make_entries(messages))
        self.asked: list[Any] = []

    async def __call__(self, command: Any, result: type[Any]) -> Any:
        self.asked.append(command)
        if isinstance(command, GetInboxItems):
            return InboxItems(items=[self.item] if self.is_member and ID in command.conversations else [])
        if isinstance(command, ReadLog):
            entries = [self.entry(seq) for seq in range(command.after + 1, self.head + 1)][:3]
            more = bool(entries) and entries[-1].seq < self.head
            return LogPage(entries=entries, more=more, gone=command.after < self.gone)
        assert isinstance(command, OpenSync)
        is_new = command.log_seq < max(self.gone, 1)
        return Opened(
            server_id="5e" * 16,
            generation="ab" * 16,
            contract=1,
            user_id=ALICE,
            device_id="d0" * 16,
            now=MOMENT,
            log_seq=self.head,
            log=[],
            more=not is_new and command.log_seq < self.head,
            snapshot=make_snapshot() if is_new else None,
            items=[self.item] if self.is_member else [],
            heads={},
            more_heads=False,
            receipts=[],
            presence=[],
        )

    @staticmethod
    def entry(seq: int) -> LogEntry:
        payload = msgspec.Raw(msgspec.json.encode(FriendRemoved(user_id=seq)))
        return LogEntry(seq=seq, kind="friend.removed", payload=payload, timestamp=MOMENT)


def make_snapshot() -> Snapshot:
    profile = OwnProfile(
        user=make_card(ALICE), about="", settings=Settings(), is_admin=False, created_at=MOMENT
    )
    return Snapshot(profile=profile, devices=[], friends=[], requests=[], blocked=[], rest=[])


async def test_the_first_time_takes_a_snapshot_and_the_conversations() -> None:
    server, replica = Server(head=7, messages=4), Replica(ALICE)
    await open_replica(replica, server)
    assert (replica.log_seq, replica.heads(), replica.needs_repair) == (7, {ID: 4}, False)
    assert len(server.asked) == 1


async def test_the_servers_clock_is_unknown_before_it_has_told_it_and_goes_on_in_sleep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replica, times = Replica(ALICE), iter([100.0, 100.0 + 3600])
    assert replica.server_ms() is None
    monkeypatch.setattr(replica_state, "BOOTTIME", 7)
    monkeypatch.setattr("time.clock_gettime", lambda which: next(times) if which == 7 else 0)
    await open_replica(replica, Server())
    assert replica.server_ms() == MOMENT.timestamp() * 1000 + 3_600_000


async def test_a_snapshot_in_parts_is_made_whole_before_it_counts() -> None:
    """Two lists go on, one of them twice; the people of all parts are there, each asked for once."""
    parts = {("blocked", 2): ([3], 3), ("blocked", 3): ([4], None), ("friends", 9): ([], None)}
    server = Server(head=7)
    first = replace(
        make_snapshot(),
        blocked=[make_card(2)],
        rest=[Rest(part="friends", after=9), Rest(part="blocked", after=2)],
    )

    async def ask(command: Any, result: type[Any]) -> Any:
        if isinstance(command, ReadRest):
            server.asked.append(command)
            ids, after = parts.pop((command.part, command.after))
            rest = [] if after is None else [Rest(part=command.part, after=after)]
            return SnapshotPart(friends=[], requests=[], blocked=[make_card(id_) for id_ in ids], rest=rest)
        answer = await server(command, result)
        return replace(answer, snapshot=first) if isinstance(answer, Opened) else answer

    replica = Replica(ALICE)
    await open_replica(replica, ask)
    assert (sorted(replica.users.blocked), replica.log_seq, parts) == ([2, 3, 4], 7, {})


async def test_a_long_log_is_read_in_pages() -> None:
    server, replica = Server(head=10), Replica(ALICE, generation="ab" * 16, log_seq=2)
    await open_replica(replica, server)
    assert replica.log_seq == 10
    assert [command.after for command in server.asked if isinstance(command, ReadLog)] == [2, 5, 8]


async def test_a_log_that_does_not_reach_back_leads_to_a_snapshot() -> None:
    server, replica = Server(head=10, gone=6), Replica(ALICE, generation="ab" * 16, log_seq=4)
    replica.apply_log(server.entry(10))
    await repair(replica, server)
    assert replica.log_seq == 10
    assert replica.profile.user.id == ALICE


async def test_a_gap_in_a_conversation_is_closed_by_its_row() -> None:
    server, replica = Server(messages=9), Replica(ALICE)
    replica.apply_item(make_item(make_entries(3)))
    replica.apply_entry(make_entries(9)[8])
    await repair(replica, server)
    assert replica.heads() == {ID: 9}
    assert server.asked == [GetInboxItems(conversations=[ID])]


async def test_a_conversation_one_was_removed_from_is_forgotten() -> None:
    server, replica = Server(is_member=False), Replica(ALICE)
    replica.apply_item(make_item(make_entries(3)))
    replica.stale.add(ID)
    await repair(replica, server)
    assert replica.conversations == {}
