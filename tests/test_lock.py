"""The directory lock: one holder, named by pid, gone with its process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hearth.lock import DirectoryInUse, DirectoryLock, find_running_server

HOLD = """
import sys
from pathlib import Path
from hearth.lock import DirectoryLock
lock = DirectoryLock(Path(sys.argv[1]))
lock.acquire()
lock.announce("https://box.local:8000")
print("held", flush=True)
sys.stdin.read()
"""


def hold_elsewhere(directory: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_holder_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    with hold_elsewhere(tmp_path) as first:
        with pytest.raises(DirectoryInUse, match=f"process {first.pid}"):
            DirectoryLock(tmp_path).acquire()
        assert find_running_server(tmp_path) == "https://box.local:8000"
        first.communicate("")


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    with hold_elsewhere(tmp_path) as first:
        first.kill()
        first.communicate()
    assert find_running_server(tmp_path) is None
    with DirectoryLock(tmp_path):
        assert (tmp_path / "hearth.lock").read_text().startswith(f"{os.getpid()}\n")


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        with DirectoryLock(tmp_path):
            pass
    assert find_running_server(tmp_path) is None


def test_without_a_lock_file_no_server_runs_and_none_is_made(tmp_path: Path) -> None:
    assert find_running_server(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_lock_file_still_refuses(tmp_path: Path) -> None:
    with hold_elsewhere(tmp_path) as first:
        (tmp_path / "hearth.lock").write_bytes(b"\xff\xfe not a pid")
        with pytest.raises(DirectoryInUse, match="another process"):
            DirectoryLock(tmp_path).acquire()
        first.communicate("")
