"""Backups: one moment of a database in use, verified, private; restored as a new generation; nothing lost."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import hearth
from hearth.backups.file import BackupRefused
from hearth.backups.restore import restore_backup
from hearth.backups.verify import verify
from hearth.backups.write import make_backup
from hearth.client import Client
from hearth.config import Config
from hearth.errors import NotSignedIn
from hearth.lock import DirectoryInUse, DirectoryLock
from tests.conftest import KIND, make_mariadb_database
from tests.scenarios.server import RunningServer

PASSWORD = "correct horse battery"


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of the kind under test to restore into."""
    if KIND == "sqlite":
        yield f"sqlite:///{(tmp_path / 'other' / 'hearth.db').as_posix()}"
    else:
        yield from make_mariadb_database(request)


async def texts(client: Client) -> list[str | None]:
    return [message.text for message in await client.history("Notes", limit=100)]


async def test_a_backup_under_load_is_one_moment_and_lets_writing_go_on(
    server: RunningServer, tmp_path: Path
) -> None:
    async with await Client.register(server.url, "alice", PASSWORD) as alice:
        sent = 0
        is_done = False

        async def write() -> None:
            nonlocal sent
            while not is_done:
                await alice.send("Notes", f"message {sent}")
                sent += 1

        await alice.send("Notes", "the first one may have to wait for keys")
        sent = 1
        writers = [asyncio.create_task(write()) for _ in range(4)]
        await asyncio.sleep(0.3)
        summaries = []
        for number in range(3):
            before = sent
            path = tmp_path / f"backup {number}"
            summary = await asyncio.to_thread(make_backup, server.config, path)
            assert before <= summary.messages <= sent + len(writers)
            assert sent > before, "writing went on"
            summaries.append(summary.messages)
            assert verify(path) == summary
        is_done = True
        await asyncio.gather(*writers)
    assert summaries == sorted(set(summaries))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_a_backup_knows_every_table_that_there_is() -> None:
    """Also those of nouns that nobody has asked for anything yet."""
    say = "import sys, hearth.backups.rows; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", say], capture_output=True, text=True, check=True)
    tables = {path.parent.name for path in Path(hearth.__file__).parent.glob("*/tables.py")}
    assert {f"hearth.{noun}.tables" for noun in tables} <= set(done.stdout.split())


async def test_a_backup_is_one_private_file(server: RunningServer, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    before = os.umask(0)
    try:
        await asyncio.to_thread(make_backup, server.config, folder / "a")
    finally:
        os.umask(before)
    assert [path.name for path in folder.iterdir()] == ["a"]
    assert (folder / "a").stat().st_mode & 0o777 == 0o600
    with pytest.raises(BackupRefused, match="there already"):
        await asyncio.to_thread(make_backup, server.config, folder / "a")
    with pytest.raises(BackupRefused, match="no directory"):
        await asyncio.to_thread(make_backup, server.config, folder / "none" / "a")


async def test_no_token_is_in_a_backup(server: RunningServer, tmp_path: Path) -> None:
    async with await Client.register(server.url, "alice", PASSWORD) as alice:
        token = alice.file.state.token
    await asyncio.to_thread(make_backup, server.config, tmp_path / "a")
    content = (tmp_path / "a").read_bytes()
    assert b"alice" in content
    assert token.encode() not in content and PASSWORD.encode() not in content


async def test_after_a_restore_devices_take_everything_anew_and_go_on(
    server: RunningServer, elsewhere: str, tmp_path: Path
) -> None:
    """A message sent after the backup is given back by the device that holds it; then life goes on."""
    alice = await Client.register(server.url, "alice", PASSWORD)
    late = tmp_path / "late"
    await alice.connect()
    for number in range(3):
        await alice.send("Notes", f"kept {number}")
    begun = datetime.now(UTC)
    await asyncio.to_thread(make_backup, server.config, tmp_path / "a")
    done = datetime.now(UTC)
    generation = alice.replica.generation
    log_seq = alice.replica.log_seq
    await alice.send("Notes", "lost")
    bob = await Client.register(server.url, "bob", PASSWORD, file=late)
    await server.stop()

    other = Config(data=tmp_path / "other", database=elsewhere, insecure_test_kdf=True)
    other.data.mkdir(exist_ok=True)
    restored = await asyncio.to_thread(restore_backup, other, tmp_path / "a")
    assert (restored.summary.users, restored.summary.messages, restored.kept) == (1, 3, None)
    server.config = make_config(server, elsewhere, other.data)
    await server.start()
    async with asyncio.timeout(20):
        while alice.replica.generation in ("", generation):  # noqa: ASYNC110 - the library has no such event
            await asyncio.sleep(0.05)
    assert alice.replica.log_seq == log_seq
    told, second = alice.replica.restored, timedelta(seconds=1)
    assert told is not None and told.backup_at is not None
    assert begun - second < told.backup_at <= done <= told.at + second
    await alice.send("Notes", "after")
    assert await texts(alice) == [*(f"kept {number}" for number in range(3)), "lost", "after"]
    with pytest.raises(NotSignedIn):
        await bob.connect()
    await asyncio.gather(alice.close(), bob.close())


def make_config(server: RunningServer, database: str, data: Path) -> Config:
    return Config(
        host="127.0.0.1",
        port=server.port,
        data=data,
        database=database,
        insecure_test_kdf=True,
        limit_scale=1000.0,
    )


async def test_restoring_can_sign_everybody_out(
    server: RunningServer, elsewhere: str, tmp_path: Path
) -> None:
    alice = await Client.register(server.url, "alice", PASSWORD)
    await asyncio.to_thread(make_backup, server.config, tmp_path / "a")
    await server.stop()
    other = Config(data=tmp_path / "other", database=elsewhere, insecure_test_kdf=True)
    other.data.mkdir(exist_ok=True)
    await asyncio.to_thread(restore_backup, other, tmp_path / "a", sign_out=True)
    server.config = make_config(server, elsewhere, other.data)
    await server.start()
    with pytest.raises(NotSignedIn):
        await alice.connect()
    await (await Client.sign_in(server.url, "alice", PASSWORD)).close()
    await alice.close()


async def test_a_database_in_use_is_not_overwritten(server: RunningServer, tmp_path: Path) -> None:
    await (await Client.register(server.url, "alice", PASSWORD)).close()
    await asyncio.to_thread(make_backup, server.config, tmp_path / "a")
    if KIND == "sqlite":
        with DirectoryLock(tmp_path), pytest.raises(DirectoryInUse):
            await asyncio.to_thread(restore_backup, server.config, tmp_path / "a")
    else:
        with pytest.raises(BackupRefused, match="in use"):
            await asyncio.to_thread(restore_backup, server.config, tmp_path / "a")


@pytest.mark.sqlite
async def test_what_was_there_is_kept_whole(server: RunningServer, tmp_path: Path) -> None:
    async with await Client.register(server.url, "alice", PASSWORD) as alice:
        await asyncio.to_thread(make_backup, server.config, tmp_path / "a")
        await alice.send("Notes", "newer than the backup")
    await server.stop()
    restored = await asyncio.to_thread(restore_backup, server.config, tmp_path / "a")
    assert restored.kept is not None
    assert count_messages(restored.kept) == 1
    assert count_messages(tmp_path / "hearth.db") == 0
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".restored")]
    await server.start()


@pytest.mark.sqlite
async def test_a_damaged_database_does_not_hinder_a_restore(server: RunningServer, tmp_path: Path) -> None:
    await asyncio.to_thread(make_backup, server.config, tmp_path / "a")
    await server.stop()
    (tmp_path / "hearth.db").write_bytes(b"not a database at all" * 500)
    (tmp_path / "hearth.db-wal").write_bytes(b"left over")
    restored = await asyncio.to_thread(restore_backup, server.config, tmp_path / "a")
    assert restored.kept is not None and restored.kept.read_bytes().startswith(b"not a database")
    assert not (tmp_path / "hearth.db-wal").exists()
    await server.start()


def count_messages(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("SELECT count(*) FROM message WHERE kind = 1").fetchone()[0])


@pytest.fixture
async def backup(server: RunningServer, tmp_path: Path) -> Path:
    async with await Client.register(server.url, "alice", PASSWORD) as alice:
        for number in range(5):
            await alice.send("Notes", f"message {number}")
    path = tmp_path / "backup"
    await asyncio.to_thread(make_backup, server.config, path)
    return path


SABOTAGES = {
    "a record changed": "UPDATE message SET message = x'00' WHERE seq = 3",
    "an entry gone": "DELETE FROM message WHERE seq = 3",
    "the last entry gone": "DELETE FROM message WHERE seq = 6",
    "a sender changed": "UPDATE message SET kind = kind + 1 WHERE seq = 2",
    "the head changed": "UPDATE conversation SET log_hash = zeroblob(32)",
    "the count changed": "UPDATE conversation SET last_ordinal = last_ordinal + 1",
    "a hash changed": "UPDATE message SET log_hash = zeroblob(32) WHERE seq = 6",
    "a user log cut": "DELETE FROM user_log WHERE seq = (SELECT max(seq) FROM user_log)",
    "a user gone": 'DELETE FROM "user"',
    "no server": "DELETE FROM server",
    "a newer schema": "UPDATE alembic_version SET version_num = '9999'",
    "no mark": "PRAGMA application_id=1",
}


@pytest.mark.parametrize("sabotage", SABOTAGES)
async def test_a_backup_that_was_changed_is_not_restored(
    backup: Path, elsewhere: str, tmp_path: Path, sabotage: str
) -> None:
    verify(backup)
    with closing(sqlite3.connect(backup, isolation_level=None)) as database:
        database.execute(SABOTAGES[sabotage])
    other = Config(data=tmp_path / "other", database=elsewhere)
    with pytest.raises(BackupRefused):
        await asyncio.to_thread(restore_backup, other, backup)
    assert not (tmp_path / "other" / "hearth.db").exists()


async def test_what_is_no_whole_backup_is_refused(backup: Path) -> None:
    """A flipped bit in a record, which SQLite itself does not notice; half a file; no database at all."""
    await asyncio.to_thread(damage_and_verify, backup)


def damage_and_verify(backup: Path) -> None:
    whole = backup.read_bytes()
    with closing(sqlite3.connect(backup)) as database:
        ((record,),) = database.execute("SELECT message FROM message WHERE seq = 3").fetchall()
    place = whole.index(record) + len(record) // 2
    damaged = bytearray(whole)
    damaged[place] ^= 1
    backup.write_bytes(damaged)
    with pytest.raises(BackupRefused):
        verify(backup)
    for content in (b"", whole[: len(whole) // 2], b"SQLite format 3\0" + b"x" * 5000, b"text"):
        backup.write_bytes(content)
        with pytest.raises(BackupRefused):
            verify(backup)


async def test_a_full_disk_leaves_nothing_behind(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()

    def refuse(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hearth.backups.write.mark", refuse)
    with pytest.raises(BackupRefused, match="could not be written"):
        await asyncio.to_thread(make_backup, server.config, folder / "a")
    assert list(folder.iterdir()) == []


async def test_an_invite_of_the_day_of_the_backup_is_void(
    server: RunningServer, elsewhere: str, tmp_path: Path
) -> None:
    await asyncio.to_thread(make_backup, server.config, tmp_path / "a")
    with closing(sqlite3.connect(tmp_path / "a")) as database:
        assert database.execute("SELECT count(*) FROM invite").fetchone()[0] == 1, "the first account's"
    other = Config(data=tmp_path / "other", database=elsewhere)
    other.data.mkdir(exist_ok=True)
    await asyncio.to_thread(restore_backup, other, tmp_path / "a")
    again = tmp_path / "again"
    await asyncio.to_thread(make_backup, other, again)
    with closing(sqlite3.connect(again)) as database:
        assert database.execute("SELECT count(*) FROM invite").fetchone()[0] == 0


def test_there_must_be_a_database(tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="no database"):
        make_backup(Config(data=tmp_path), tmp_path / "a")
    with pytest.raises(BackupRefused, match="no file"):
        restore_backup(Config(data=tmp_path), tmp_path / "a")
