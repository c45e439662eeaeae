"""F26, F27: a slow commit on either database, a long reader on SQLite."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import hearth.db.sqlite as sqlite
from hearth.db.engine import Database
from hearth.db.lanes import MariadbLane, SqliteLane, drive, drive_async, open_lane
from hearth.messages.append import Draft, TimeCodec, append
from hearth.messages.contract import SendMessage
from hearth.messages.log import make_time_codec
from tests.faults.rig.bot import Bot, hash_text
from tests.faults.rig.journal import Intent, now
from tests.faults.rig.oracle import quantile
from tests.faults.rig.pair import Pair, open_pair
from tests.faults.rig.play import open_play
from tests.faults.rig.victim import Victim, run_victim
from tests.sealing import seal_send

pytestmark = pytest.mark.slow
HOLD_SECONDS = 1.5
LONG_READ_SECONDS = 12.0
WAL_BYTES = 100 * 1024 * 1024


@pytest.fixture
async def victim(database_url: str, tmp_path: Path) -> AsyncIterator[Victim]:
    """A server on the database under test."""
    async with run_victim(tmp_path / "data", database=to_setting(database_url)) as running:
        yield running


def to_setting(database_url: str) -> str:
    """The address as people write it in the settings."""
    return database_url.replace("sqlite+aiosqlite", "sqlite").replace("mysql+asyncmy", "mysql")


class Rival:
    """Another node of the same database, in the middle of a transaction that appends a message."""

    def __init__(self, database: Database) -> None:
        self._lane: Any = open_lane(database)
        self._codec: TimeCodec = make_time_codec(database)

    async def begin(self, draft: Draft) -> None:
        """Take the next seq, and do not commit."""
        steps = append([draft], self._lane.syntax, datetime.now(UTC), self._codec)
        if isinstance(self._lane, SqliteLane):
            connection = self._lane._open()
            connection.execute("BEGIN IMMEDIATE")
            drive(steps, connection)
        elif isinstance(self._lane, MariadbLane):
            connection = await self._lane._open()
            await connection.begin()
            await drive_async(steps, connection)

    async def commit(self) -> None:
        if isinstance(self._lane, SqliteLane):
            self._lane._connection.execute("COMMIT")
        else:
            await self._lane._connection.commit()
        await self._lane.close()


async def test_f26_no_cursor_passes_a_seq_that_is_not_yet_committed(victim: Victim, tmp_path: Path) -> None:
    """A takes the next seq and sleeps; B sends meanwhile. Whoever reads never sees B's before A's."""
    async with open_pair(victim, tmp_path) as pair:
        database = Database(victim.database_url)
        await database.start()
        alice = pair.alice
        for round_ in range(3):
            rival = Rival(database)
            text = f"by the slow node {round_}"
            sealed = await seal_send(alice.client, pair.conversation_id, text)
            alice.journal.note(Intent(now(), sealed.client_id, pair.conversation_id, hash_text(text)))
            await rival.begin(make_draft(alice, sealed))
            saying = asyncio.create_task(pair.bob.say("alice", f"by the fast node {round_}"))
            seen = await read_for(pair, HOLD_SECONDS)
            assert seen == 1 + 2 * round_, f"{seen} entries while the first of two was uncommitted"
            assert not saying.done()
            await rival.commit()
            await asyncio.wait_for(saying, 10)
        assert [ordinal for _, ordinal in await pair.rows()] == list(range(1, 7))
        await pair.alice.reach({pair.conversation_id: 7})
        assert pair.alice.reached == {pair.conversation_id: 7}  # an epoch and six messages
        await database.stop()


def make_draft(bot: Bot, sealed: SendMessage) -> Draft:
    """Return what a server appends for this command of the bot's."""
    return Draft(
        bytes.fromhex(sealed.conversation_id),
        bot.client.user_id,
        bytes.fromhex(sealed.client_id),
        bytes.fromhex(bot.client.file.state.device_id),
        sealed.counter,
        sealed.kind,
        sealed.epoch,
        sealed.target_seq,
        sealed.record,
    )


async def read_for(pair: Pair, seconds: float) -> int:
    """Read the history again and again; return the highest seq that was ever shown."""
    highest, deadline = 0, time.monotonic() + seconds
    raw = await pair.open()
    while time.monotonic() < deadline:
        page = await raw.call("message.history", pair.make_read())
        highest = max([highest, *(entry["seq"] for entry in page["ok"]["entries"])])
        await asyncio.sleep(0.05)
    raw.cut()
    return highest


@pytest.mark.sqlite
async def test_f27_a_long_reader_delays_nobody_and_the_log_file_stays_small(
    victim: Victim, tmp_path: Path
) -> None:
    """Somebody reads one snapshot for as long as eight writers work, as a backup does."""
    path = Path(str(Database(victim.database_url).path))
    wal = path.with_name(path.name + "-wal")
    async with open_play(victim, tmp_path / "journals", users=4, late=0) as play:
        reader = sqlite.LIBRARY.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)
        reader.execute("BEGIN")
        count = reader.execute("SELECT count(*) FROM message").fetchone()
        sizes = []

        async def hurt() -> None:
            deadline = time.monotonic() + LONG_READ_SECONDS
            while time.monotonic() < deadline:
                sizes.append(wal.stat().st_size)
                await asyncio.sleep(0.2)

        await play.talk_while(hurt, rate=80)
        assert reader.execute("SELECT count(*) FROM message").fetchone() == count, "no snapshot was held"
        reader.execute("COMMIT")
        reader.close()
        report = await play.judge()
    print(f"\nF27: WAL at most {max(sizes) / 1e6:.1f} MB; {report}")
    report.require_clean()
    assert max(sizes) <= WAL_BYTES
    assert quantile(report.latencies, 0.99) <= 2
