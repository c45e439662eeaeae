"""F03, F25 on MariaDB: the database is killed under load; strangers lock rows in the opposite order."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncmy
import pytest

from hearth.db.engine import Database
from tests.faults.rig.oracle import quantile
from tests.faults.rig.pair import open_pair
from tests.faults.rig.play import open_play
from tests.faults.rig.victim import Victim, run_victim
from tests.faults.test_contention import to_setting
from tests.mariadb import PrivateMariaDB

pytestmark = [pytest.mark.slow, pytest.mark.mariadb]
KILLS = 3
REFUSE_SECONDS = 5.0
RECOVERY_SECONDS = 60.0
CROSSINGS = 60


@pytest.fixture
def mortal_mariadb() -> Iterator[PrivateMariaDB]:
    """A database server of one's own, to be killed."""
    server = PrivateMariaDB()
    server.start()
    yield server
    server.stop()


async def test_f03_killing_the_database_loses_nothing(mortal_mariadb: PrivateMariaDB, tmp_path: Path) -> None:
    """kill -9 of mariadbd during writes: sends wait or fail clearly; all is there when it is back."""
    url = mortal_mariadb.create_database("hearth_f03")
    async with (
        run_victim(tmp_path / "data", database=to_setting(url)) as victim,
        open_play(victim, tmp_path / "journals") as play,
    ):
        returns = []

        async def hurt() -> None:
            for _ in range(KILLS):
                await play.wait_for_acks(random.randint(20, 60), seconds=60)
                await asyncio.to_thread(mortal_mariadb.kill)
                await asyncio.sleep(random.uniform(0.2, 1.5))
                await asyncio.to_thread(mortal_mariadb.start_again)
                back = time.monotonic()
                await play.wait_for_acks(1, seconds=RECOVERY_SECONDS)
                returns.append(time.monotonic() - back)

        await play.talk_while(hurt, rate=40)
        report = await play.judge()
    print(f"\nF03: {KILLS} kills of mariadbd, first ack after at most {max(returns):.1f} s; {report}")
    report.require_clean()


async def test_f03_without_a_database_a_send_fails_clearly_and_soon(
    mortal_mariadb: PrivateMariaDB, tmp_path: Path
) -> None:
    url = mortal_mariadb.create_database("hearth_f03")
    async with (
        run_victim(tmp_path / "data", database=to_setting(url)) as victim,
        open_pair(victim, tmp_path) as pair,
    ):
        raw = await pair.open()
        fields = await pair.make_send("while it is away")
        await asyncio.to_thread(mortal_mariadb.kill)
        for command, arguments in (("message.send", fields), ("message.history", pair.make_read())):
            begun = time.monotonic()
            answer = await raw.call(command, arguments)
            assert answer["error"]["code"] == "storage_unavailable" and answer["error"]["retry_after"] > 0
            assert time.monotonic() - begun <= REFUSE_SECONDS
        await asyncio.to_thread(mortal_mariadb.start_again)
        deadline = time.monotonic() + RECOVERY_SECONDS
        while "error" in (answer := await raw.call("message.send", fields)):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.3)
        assert await raw.call("message.send", fields) == answer
        raw.cut()


@pytest.fixture
async def victim(database_url: str, tmp_path: Path) -> AsyncIterator[Victim]:
    async with run_victim(tmp_path / "data", database=to_setting(database_url)) as running:
        yield running


async def test_f25_deadlocks_are_nobodys_problem(victim: Victim, tmp_path: Path) -> None:
    """Somebody locks the conversations' rows one by one from the highest id down, against our order."""
    async with open_play(victim, tmp_path / "journals") as play:
        lost = 0
        await make_ballast(victim.database_url)

        async def hurt() -> None:
            nonlocal lost
            for _ in range(CROSSINGS):
                lost += await lock_backwards(victim.database_url)
            await play.wait_for_acks(20, seconds=30)

        await play.talk_while(hurt, rate=60)
        report = await play.judge()
        log = victim.output
    print(f"\nF25: {lost} of {CROSSINGS} foreign transactions lost a deadlock themselves; {report}")
    report.require_clean()
    assert "was not written" not in log
    assert quantile(report.latencies, 0.99) <= 2


async def make_ballast(database_url: str) -> None:
    database = Database(database_url)
    connection = await asyncmy.connect(**database.connect_arguments)
    async with connection.cursor() as cursor:
        await cursor.execute("CREATE TABLE ballast (n BIGINT) ENGINE=InnoDB")
    connection.close()
    await database.stop()


async def lock_backwards(database_url: str) -> bool:
    """Lock every conversation, highest id first, with pauses; tell whether this ended in a deadlock."""
    database = Database(database_url)
    connection = await asyncmy.connect(**database.connect_arguments)
    try:
        async with connection.cursor() as cursor:
            await cursor.execute("SELECT id FROM conversation WHERE kind = 'direct' ORDER BY id DESC")
            keys = [row[0] for row in await cursor.fetchall()]
            await cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
            await connection.begin()
            # MariaDB gives up the transaction that changed less: here that is to be the server's.
            await cursor.execute("INSERT INTO ballast SELECT seq FROM seq_1_to_2000")
            for key in keys:
                await cursor.execute("SELECT last_seq FROM conversation WHERE id = %s FOR UPDATE", (key,))
                await asyncio.sleep(0.002)
            await connection.rollback()
    except asyncmy.errors.OperationalError as error:
        if error.args[0] != 1213:
            raise
        return True
    finally:
        connection.close()
        await database.stop()
    return False
