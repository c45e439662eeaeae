"""The `hearth` command as people type it."""

import json
import os
import re
import shutil
import sqlite3
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from hearth.options import OPTIONS
from tests.served import serve

pytestmark = pytest.mark.sqlite


def hearth(*arguments: str | Path, data: Path | None = None) -> subprocess.CompletedProcess[str]:
    where = [] if data is None else ["--data", str(data)]
    return subprocess.run(
        [sys.executable, "-m", "hearth", *map(str, arguments), *where],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_help_explains_every_setting() -> None:
    shown = re.sub(r"\s+", " ", hearth("--help").stdout)
    for option in OPTIONS:
        assert option.flag in shown
        assert option.variable in shown
    for command in ("serve", "cert", "invite", "user"):
        assert f" {command} " in shown


def test_a_refusal_is_one_sentence_and_no_trace(data: Path) -> None:
    done = hearth("serve", "--host", "0.0.0.0", data=data)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("hearth: Listening on 0.0.0.0")
    assert "Traceback" not in done.stderr


def test_an_unknown_command_is_misunderstood() -> None:
    assert hearth("frobnicate").returncode == 2
    done = hearth("serve", "--prot", "1")
    assert done.returncode == 2
    assert done.stderr.startswith("hearth serve: There is no --prot 1 here.")


def test_a_checkout_tells_what_is_misspelt_before_it_sets_anything_up(tmp_path: Path) -> None:
    checkout = Path(__file__).parents[1]
    for folder in ("hearth", "scripts"):
        left_out = shutil.ignore_patterns("static", "__pycache__")
        shutil.copytree(checkout / folder, tmp_path / folder, ignore=left_out)
    command = [str(tmp_path / "scripts" / "serve"), "--prot", "1"]
    environment = os.environ | {"PYTHON": sys.executable}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("hearth serve: There is no --prot 1 here.")
    assert "setup:" not in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_without_a_command_it_shows_what_there_is() -> None:
    done = hearth()
    assert done.returncode == 2
    assert "print links with which people can register" in done.stderr


def test_whoever_reads_only_the_first_line_sees_no_trace(data: Path) -> None:
    # Reading ends before anything is said: every line meets a closed pipe.
    shown = subprocess.Popen(
        [sys.executable, "-m", "hearth", "invite", "--data", str(data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert shown.stdout is not None
    assert shown.stderr is not None
    with shown:
        shown.stdout.close()
        assert shown.stderr.read() == ""
        assert shown.wait(timeout=60) == 141


def test_a_served_hearth_answers_and_leaves_cleanly(data: Path) -> None:
    with serve(data) as served:
        with urllib.request.urlopen(f"{served.url}/api/health", timeout=5) as response:
            assert response.status == 200
            assert json.load(response)
        assert "/register#invite=" in served.output, "the first account's link is printed"
        assert served.stop() == 0
        assert "Hearth has stopped." in served.output
        assert "Traceback" not in served.output


def test_it_runs_on_the_standard_event_loop(data: Path) -> None:
    with serve(data, "--loop", "asyncio") as served:
        with urllib.request.urlopen(f"{served.url}/api/health", timeout=5) as response:
            assert response.status == 200
        assert served.stop() == 0


def test_a_second_server_on_the_same_data_is_refused_with_the_pid(data: Path) -> None:
    with serve(data) as served:
        done = hearth("serve", "--port", "0", data=data)
        assert done.returncode == 1
        assert f"process {served.process.pid}" in done.stderr


def test_a_port_in_use_is_refused(data: Path, tmp_path: Path) -> None:
    with serve(data) as served:
        port = served.url.rsplit(":", 1)[1]
        done = hearth("serve", "--port", port, data=tmp_path / "other")
        assert done.returncode == 1
        assert "--port" in done.stderr


def test_invites_name_the_address_of_the_running_server(data: Path) -> None:
    with serve(data) as served:
        done = hearth("invite", "--count", "2", data=data)
        links = re.findall(r"^\S+/register#invite=\S+$", done.stdout, re.MULTILINE)
        assert len(set(links)) == 2, done.stderr
        assert all(link.startswith(f"{served.url}/") for link in links)


def test_invites_made_before_the_start_name_the_address_it_will_have(data: Path) -> None:
    assert hearth("cert", data=data).returncode == 0
    assert hearth("invite", "--host", "0.0.0.0", data=data).stdout.startswith("https://")
    assert hearth("invite", data=data).stdout.startswith("http://localhost:8000/")


def test_a_reset_for_nobody_is_refused_in_words(data: Path) -> None:
    done = hearth("user", "reset-sign-in", "nobody", data=data)
    assert done.returncode == 1
    assert "nobody" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_written_to_the_data_directory_is_for_its_owner_alone(data: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has no file modes")
    with serve(data) as served:
        served.stop()
    assert list(data.iterdir())
    assert [path.name for path in data.rglob("*") if path.stat().st_mode & 0o077] == []


def test_with_its_own_certificate_it_serves_https_in_the_network(data: Path) -> None:
    made = hearth("cert", "test.local", data=data)
    assert made.returncode == 0, made.stderr
    assert "test.local" in made.stdout
    with serve(data, "--host", "0.0.0.0") as served:
        assert served.url.startswith("https://localhost:")
        assert "/trust" in served.output
        context = ssl.create_default_context(cafile=str(data / "tls" / "authority.crt"))
        with urllib.request.urlopen(f"{served.url}/trust", timeout=5, context=context) as page:
            assert b"Trust this Hearth" in page.read()
            assert page.headers["Strict-Transport-Security"] is None, "it would lock localhost into HTTPS"
        assert served.stop() == 0


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("serve", "mysql://u:{}@127.0.0.1:1/x"),
        ("serve --port no", "mysql://u:{}@127.0.0.1:1/x"),
        ("serve", "mysql://u:{}[@127.0.0.1:1/x"),
        ("serve", "mongodb://u:{}@h/x"),
        ("doctor", "mysql://u:{}@127.0.0.1:1/x"),
        ("user list", "mysql://u:{}@127.0.0.1:1/x"),
        ("backup /none/file", "mysql://u:{}@127.0.0.1:1/x"),
    ],
)
def test_p01_a_password_in_a_flag_is_warned_of_and_printed_nowhere(
    data: Path, words: str, address: str
) -> None:
    options = ("--log-format", "json", "--database", address.format("canary-7f3a"))
    done = hearth(*words.split(), *options, data=data)
    printed = done.stdout + done.stderr + "".join(read_all(data))
    assert "stands in the process list" in done.stderr
    assert "canary" not in printed and "Traceback" not in printed


def read_all(folder: Path) -> list[str]:
    return [path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()]


def test_a_database_that_is_not_there_is_a_sentence(data: Path) -> None:
    done = hearth("serve", "--port", "0", "--database", "mysql://nobody@127.0.0.1:1/none", data=data)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("hearth: The database cannot be used: cannot be reached")


def test_a_file_that_is_no_database_is_a_sentence_and_left_alone(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear Bob, " * 100)
    done = hearth("serve", "--port", "0", "--database", f"sqlite:///{file}", data=data)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "hearth: The database cannot be used: not a database." in done.stderr
    assert file.read_text() == "Dear Bob, " * 100


def test_a_place_where_no_database_can_be_made_is_a_sentence(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "below"
    done = hearth("serve", "--port", "0", "--database", f"sqlite:///{place}/hearth.db", data=data)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith(f"hearth: Nothing can be written to {place}, where the database lies")


@contextmanager
def open_database(data: Path) -> Iterator[sqlite3.Connection]:
    """Open a running server's database with one user in it, alice, who is online."""
    user = {
        "username": "alice",
        "username_key": "alice",
        "password": "1:none",
        "kdf_salt": b"s" * 16,
        "kdf_memory": 65536,
        "kdf_iterations": 3,
        "kdf_parallelism": 1,
        "display_name": "Alice",
        "about": "",
        "status": "online",
        "settings": "{}",
        "is_admin": 0,
        "log_seq": 0,
        "created_at": "2026-01-01 00:00:00.000000",
    }
    with closing(sqlite3.connect(data / "hearth.db", isolation_level=None, timeout=10)) as database:
        marks = ", ".join("?" for _ in user)
        database.execute(f"INSERT INTO user ({', '.join(user)}) VALUES ({marks})", list(user.values()))
        yield database


def test_an_invite_leaves_the_presence_of_a_running_server_alone(data: Path) -> None:
    with serve(data), open_database(data) as database:
        assert hearth("invite", data=data).returncode == 0
        assert database.execute("SELECT status FROM user").fetchall() == [("online",)]


def test_a_reset_prints_a_link_for_whoever_forgot_the_password(data: Path) -> None:
    with serve(data) as served, open_database(data):
        done = hearth("user", "reset-sign-in", "Alice", data=data)
        assert done.returncode == 0, done.stderr
        assert re.search(rf"^{re.escape(served.url)}/reset#token=\S{{20,}}$", done.stdout, re.MULTILINE)
