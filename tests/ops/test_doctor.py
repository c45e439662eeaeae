"""`hearth doctor`: finds what is wrong, says what to do, changes nothing; 1 when something must be done."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hearth.authority import renew_certificate
from hearth.backups.file import MARK
from hearth.config import Config
from hearth.conversations.ids import make_self_id
from hearth.db.engine import Database
from hearth.doctor.database import examine_database
from hearth.doctor.machine import examine_clock, examine_disk
from hearth.doctor.report import Report
from hearth.doctor.settings import examine_certificate, examine_settings
from hearth.messages.contract import SendMessage
from tests.epochs.kit import make_record_of
from tests.epochs.written import begin_epochs
from tests.served import serve
from tests.stage import Stage


def doctor(data: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hearth", "doctor", "--data", str(data), *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.mkdir(mode=0o700)
    return path


def problems(report: Report) -> str:
    return "\n".join(line for line in report.lines if "PROBLEM" in line)


@pytest.mark.sqlite
def test_a_running_server_is_well(data: Path) -> None:
    with serve(data) as served:
        done = doctor(data)
        assert done.returncode == 0 or "web client" in done.stdout, done.stdout
        assert f"The server at {served.url} says that it is well" in done.stdout
        assert f"people reach the server that runs at {served.url}" in done.stdout
        assert set(re.findall(r"https?://\S+:\d+", done.stdout)) == {served.url}, "no other address is named"
        assert "What is committed is on disk" in done.stdout
        assert "Traceback" not in done.stderr


@pytest.mark.sqlite
def test_without_a_server_the_address_is_that_of_the_next_start(data: Path) -> None:
    assert "a start with them answers at http://localhost:8123" in doctor(data, "--port", "8123").stdout
    assert "answers at https://chat.example.org" in doctor(data, "--url", "https://chat.example.org").stdout
    anywhere = doctor(data, "--port", "0").stdout
    assert "any free port" in anywhere and "localhost:" not in anywhere


@pytest.mark.sqlite
def test_it_changes_nothing(data: Path) -> None:
    doctor(data)
    assert list(data.iterdir()) == []


@pytest.mark.sqlite
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_files_that_others_can_read_are_named_with_the_cure(data: Path) -> None:
    (data / "hearth.toml").write_text("")
    (data / "hearth.toml").chmod(0o644)
    done = doctor(data)
    assert done.returncode == 1
    assert f"chmod 600 {data / 'hearth.toml'}" in done.stdout


@pytest.mark.sqlite
def test_settings_that_serve_refuses_are_a_problem(data: Path) -> None:
    done = doctor(data, "--host", "0.0.0.0")
    assert done.returncode == 1
    assert "hearth cert" in done.stdout
    done = doctor(data, "--database", "mysql://nobody@127.0.0.1:1/none")
    assert done.returncode == 1
    assert "does not answer" in done.stdout and "Traceback" not in done.stderr


def test_the_end_of_a_certificate_is_seen_coming(data: Path) -> None:
    files = renew_certificate(data, ["127.0.0.1"])
    now = datetime.now(UTC)
    outcomes = {}
    for days in (0, 385, 400):
        report = Report()
        examine_certificate(report, files.certificate, now=now + timedelta(days=days))
        outcomes[days] = (report.problems, report.warnings)
    assert outcomes == {0: (0, 0), 385: (0, 1), 400: (1, 0)}
    report = Report()
    examine_certificate(report, files.certificate, now=now - timedelta(days=30))
    assert "not valid yet" in problems(report)
    files.certificate.write_text("no certificate")
    examine_certificate(report, files.certificate)
    assert report.problems == 2
    settings = Report()
    examine_settings(settings, Config(data=data, host="0.0.0.0", tls_cert=files.certificate))
    assert settings.problems >= 1


def test_disk_and_clock_have_a_word_for_each_case() -> None:
    report = Report()
    for free in (None, 1 << 20, 100 << 20, 10 << 30):
        examine_disk(report, free)
    assert (report.warnings, report.problems) == (2, 1)
    examine_clock(report, datetime(2001, 1, 1, tzinfo=UTC))
    assert "Set it" in problems(report)


async def test_a_message_from_the_future_and_a_newer_schema_are_found(stage: Stage) -> None:
    alice = await stage.user("alice")
    notes = make_self_id(stage.services.identity.server_id, alice.user_id).hex()
    config = stage.services.config
    report = Report()
    await examine_database(report, config)
    assert (report.problems, report.warnings) == (0, 0), report.lines
    stage.clock.moment = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
    await begin_epochs(stage.services, bytes.fromhex(notes))
    note = SendMessage(
        conversation_id=notes, client_id="0" * 32, counter=1, record=make_record_of(b"x"), epoch=1
    )
    await stage.run(alice, note)
    await examine_database(report, config)
    assert "the clock was set back" in problems(report)
    await set_schema(stage.services.database, "9999")
    report = Report()
    await examine_database(report, config)
    assert "newer Hearth" in problems(report)


async def set_schema(database: Database, revision: str) -> None:
    async with database.transaction("write") as transaction:
        await transaction.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")


@pytest.mark.sqlite
def test_backup_restore_and_user_are_commands(data: Path) -> None:
    """The way of an operator, from the command line, with the server running and stopped."""

    def hearth(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "hearth", *arguments, "--data", str(data)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    backup = data.parent / "backup"
    with serve(data) as served:
        done = hearth("backup", str(backup))
        assert done.returncode == 0 and "Wrote and verified" in done.stdout, done.stderr
        refused = hearth("restore", str(backup))
        assert refused.returncode == 1
        assert f"process {served.process.pid}" in refused.stderr
        assert served.stop() == 0
    done = hearth("restore", str(backup))
    assert done.returncode == 0 and "takes everything anew" in done.stdout, done.stderr
    assert MARK.to_bytes(4, "big") in (data / "hearth.db").read_bytes()[:100]
    with serve(data) as served:
        assert served.stop() == 0
    assert hearth("backup", str(backup)).returncode == 1, "a backup is not overwritten"
    assert hearth("restore", os.devnull).returncode == 1
