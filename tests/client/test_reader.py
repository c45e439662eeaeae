"""Reading from a cursor: everything once, in order, over restarts; a server that tampers is caught."""

from typing import Any

import msgspec
import pytest

from hearth.client.device_file import Cursor, DeviceFile, DeviceState
from hearth.client.events import EntryMissing
from hearth.client.problems import LogBroken
from hearth.client.replica.log_hash import chain_hash, start_hash
from hearth.client.replica.reader import Reader
from hearth.client.replica.state import Replica
from hearth.messages.contract import Entry, Page, ReadHistory
from tests.client.entries import ALICE, ID, make_entries, make_item

replace = msgspec.structs.replace


class Server:
    """Answers history from a list of entries, in pages of at most 40."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.asked: list[int] = []
        self.missing: list[EntryMissing] = []

    async def __call__(self, command: ReadHistory, result: type[Any]) -> Any:
        self.asked.append(command.seq)
        entries = [entry for entry in self.entries if entry.seq > command.seq][:40]
        before = (
            self.entries[entries[0].seq - 2].log_hash if entries and entries[0].seq > 1 else start_hash(ID)
        )
        return Page(
            conversation_id=ID,
            entries=entries,
            aimed=[],
            answered=[],
            left_out=[],
            hash_before=before,
            first_seq=1,
            last_seq=self.entries[-1].seq,
            last_ordinal=self.entries[-1].ordinal,
            members=[],
        )


def open_reader(entries: list[Entry], file: DeviceFile, server: Server) -> Reader:
    replica = Replica(ALICE, generation="ab" * 16)
    replica.apply_item(make_item(entries))
    reader = Reader(file, replica, server, server.missing.append)
    reader.begin()
    return reader


@pytest.fixture
def file() -> DeviceFile:
    """A device that has connected before and knew no conversation."""
    state = DeviceState(url="http://localhost", username="a", user_id=ALICE, device_id="d0" * 16, token="t")
    state.generation, state.cursors = "ab" * 16, {}
    return DeviceFile(state)


async def read(reader: Reader) -> list[int]:
    return [found.entry.seq async for found in reader.read_new()]


async def test_a_new_conversation_is_read_from_its_beginning_in_pages(file: DeviceFile) -> None:
    entries = make_entries(100)
    server = Server(entries)
    reader = open_reader(entries, file, server)
    assert await read(reader) == list(range(1, 101))
    assert server.asked == [0, 40, 80]
    assert await read(reader) == []


async def test_a_new_device_begins_at_the_heads(file: DeviceFile) -> None:
    file.state.cursors = None
    entries = make_entries(5)
    assert await read(open_reader(entries, file, Server(entries))) == []


async def test_what_was_not_finished_is_given_again(file: DeviceFile) -> None:
    entries = make_entries(5)
    async for found in open_reader(entries, file, Server(entries)).read_new():
        if found.entry.seq == 3:
            break
    assert await read(open_reader(entries, file, Server(entries))) == [3, 4, 5]


async def test_live_entries_are_not_fetched_again(file: DeviceFile) -> None:
    entries = make_entries(3)
    server = Server(entries)
    replica = Replica(ALICE, generation="ab" * 16)
    replica.apply_item(make_item([]))
    reader = Reader(file, replica, server, server.missing.append)
    for entry in entries:
        replica.apply_entry(entry)
    assert await read(reader) == [1, 2, 3]
    assert server.asked == []


@pytest.mark.parametrize("tamper", ["withhold", "alter", "swap", "rewrite"])
async def test_a_server_that_tampers_is_caught(file: DeviceFile, tamper: str) -> None:
    entries = make_entries(6)
    told = list(entries)
    if tamper == "withhold":
        del told[2]
    elif tamper == "alter":
        told[2] = replace(told[2], record=b"\0other")
    elif tamper == "swap":
        told[2], told[3] = replace(told[3], seq=3), replace(told[2], seq=4)
    else:
        told = make_entries(6, from_user=ALICE)
        file.state.cursors = {ID: Cursor(entries[1].seq, entries[1].log_hash)}
    with pytest.raises(LogBroken):
        await read(open_reader(entries, file, Server(told)))


async def test_an_emptied_entry_does_not_break_the_log(file: DeviceFile) -> None:
    entries = make_entries(4)
    told = [entries[0], replace(entries[1], record=b""), *entries[2:]]
    assert await read(open_reader(entries, file, Server(told))) == [1, 2, 3, 4]


async def test_who_joined_later_reads_from_there(file: DeviceFile) -> None:
    entries = make_entries(6)
    item = make_item(entries)
    item = replace(item, members=[replace(member, joined_seq=4) for member in item.members])
    replica = Replica(ALICE, generation="ab" * 16)
    replica.apply_item(item)
    server = Server(entries)
    assert await read(Reader(file, replica, server, server.missing.append)) == [5, 6]
    assert server.missing == []


def rechain(entries: list[Entry]) -> list[Entry]:
    """What a server shows that left entries out and chained the log anew over the place."""
    told: list[Entry] = []
    before = start_hash(ID)
    for seq, entry in enumerate(entries, 1):
        moved = replace(entry, seq=seq, ordinal=seq)
        before = chain_hash(before, moved)
        told.append(replace(moved, log_hash=before))
    return told


@pytest.mark.parametrize("gone", [1, 3, 50])
async def test_an_entry_left_out_of_a_log_chained_anew_is_reported_once(file: DeviceFile, gone: int) -> None:
    told = rechain([entry for entry in make_entries(60) if entry.seq != gone])
    server = Server(told)
    reader = open_reader(told, file, server)
    assert await read(reader) == list(range(1, 60))
    assert [(missing.seq, missing.from_user) for missing in server.missing] == [(gone, 2)]
    assert await read(open_reader(told, file, server)) == []
    assert len(server.missing) == 1


@pytest.mark.parametrize("may_be_lost", [True, False])
async def test_of_a_gap_it_is_said_whether_a_restore_may_have_lost_it(
    file: DeviceFile, may_be_lost: bool
) -> None:
    told = rechain([entry for entry in make_entries(6) if entry.seq != 3])
    server, asked = Server(told), list[tuple[str, int]]()

    def may_follow_loss(key: str, seq: int) -> bool:
        asked.append((key, seq))
        return may_be_lost

    replica = Replica(ALICE, generation="ab" * 16)
    replica.apply_item(make_item(told))
    reader = Reader(file, replica, server, server.missing.append, may_follow_loss=may_follow_loss)
    reader.begin()
    assert await read(reader) == [1, 2, 3, 4, 5]
    assert [(missing.seq, missing.may_be_lost) for missing in server.missing] == [(3, may_be_lost)]
    assert asked == [(ID, 3)]


async def test_a_gap_is_seen_over_a_restart_and_live(file: DeviceFile) -> None:
    entries = make_entries(4)
    first = Server(entries[:2])
    assert await read(open_reader(entries[:2], file, first)) == [1, 2]
    told = rechain([*entries[:2], entries[3]])
    replica = Replica(ALICE, generation="ab" * 16)
    replica.apply_item(make_item(entries[:2]))
    server = Server(told)
    replica.apply_entry(told[2])
    assert await read(Reader(file, replica, server, server.missing.append)) == [3]
    assert [missing.seq for missing in server.missing] == [3]


@pytest.mark.parametrize("told", ["leap", "highest"])
async def test_what_cannot_be_opened_puts_nothing_on_the_server(file: DeviceFile, told: str) -> None:
    """Anybody can tell any number beside bytes that nobody can open; what really lacks is reported still."""
    entries = make_entries(8)
    entries[3] = replace(entries[3], record=b"\1garbage", counter=6 if told == "leap" else 2**53 - 1)
    entries[4:] = [replace(entry, counter=entry.counter - 1) for entry in entries[4:]]
    honest = rechain(entries)
    server = Server(honest)
    assert await read(open_reader(honest, file, server)) == list(range(1, 9))
    assert server.missing == []
    lacking = rechain([entry for entry in entries if entry.seq != 6])
    file.state.cursors = {}
    assert await read(open_reader(lacking, file, lying := Server(lacking))) == list(range(1, 8))
    assert [missing.seq for missing in lying.missing] == [6]


async def test_what_is_not_opened_yet_fills_its_place(file: DeviceFile) -> None:
    entries = make_entries(6)
    entries[3] = replace(entries[3], record=b"\1for later")
    told = rechain(entries)
    assert await read(open_reader(told, file, server := Server(told))) == list(range(1, 7))
    assert server.missing == []


async def test_who_begins_in_the_middle_takes_counters_as_they_come(file: DeviceFile) -> None:
    """A new device reads from the heads on; what a device sent before is not known to it."""
    entries = make_entries(8)
    file.state.cursors = {ID: Cursor(4, entries[3].log_hash)}
    server = Server(entries)
    assert await read(open_reader(entries, file, server)) == [5, 6, 7, 8]
    assert server.missing == []


async def test_a_repeated_counter_is_no_gap(file: DeviceFile) -> None:
    entries = make_entries(3)
    told = rechain([entries[0], entries[1], replace(entries[1], client_id="f" * 32), entries[2]])
    server = Server(told)
    assert await read(open_reader(told, file, server)) == [1, 2, 3, 4]
    assert server.missing == []


def restore(entries: list[Entry], file: DeviceFile, server: Server) -> Reader:
    """The same device after the server was restored: another generation, and this log."""
    replica = Replica(ALICE, generation="cd" * 16)
    replica.apply_item(make_item(entries))
    reader = Reader(file, replica, server, server.missing.append)
    reader.begin()
    return reader


async def test_after_a_restore_nothing_is_passed_over_and_what_was_handled_is_known(file: DeviceFile) -> None:
    """Of twelve entries nine were read; the backup had four, then one that is new, then all come back."""
    entries = make_entries(12)
    assert await read(open_reader(entries[:9], file, Server(entries[:9]))) == list(range(1, 10))
    new = replace(entries[0], from_device="e0" * 16, client_id="f" * 32, counter=1)
    told = rechain([*entries[:4], new, *entries[4:]])
    reader = restore(told, file, Server(told))
    assert await read(reader) == list(range(1, 14)), "from a place that is remembered on"
    handled = [reader.was_handled(entry) for entry in told]
    assert handled == [*[True] * 4, False, *[True] * 5, *[False] * 3]


async def test_after_a_restore_that_lost_nothing_reading_goes_on(file: DeviceFile) -> None:
    entries = make_entries(9)
    assert await read(open_reader(entries[:6], file, Server(entries[:6]))) == list(range(1, 7))
    reader = restore(entries, file, Server(entries))
    assert await read(reader) == [7, 8, 9]
    assert not any(reader.was_handled(entry) for entry in entries[6:])


async def test_a_restore_from_before_this_device_gives_it_nothing_old(file: DeviceFile) -> None:
    entries = make_entries(9)
    file.state.cursors = {ID: Cursor(8, entries[7].log_hash)}
    told = entries[:5]
    assert await read(restore(told, file, Server(told))) == []
