"""The file between runs: private, whole or not at all, and without the password."""

import os
import stat
from pathlib import Path

import pytest

from hearth.client.device_file import Cursor, DeviceFile, DeviceState


def make_state() -> DeviceState:
    return DeviceState(
        url="http://localhost:1", username="bot", user_id=3, device_id="d0" * 16, token="secret"
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file modes")
def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "deeper" / "bot.json"
    DeviceFile(make_state(), path).save()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    file = DeviceFile(make_state(), tmp_path / "bot.json")
    file.state.cursors = {"a1" * 16: Cursor(7, b"h" * 32)}
    file.save()
    assert DeviceFile.load(tmp_path / "bot.json").state == file.state


def test_a_failed_save_leaves_the_old_file_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = DeviceFile(make_state(), tmp_path / "bot.json")
    file.save()
    file.state.token = "another"

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("hearth.client.device_file.os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        file.save()
    assert DeviceFile.load(tmp_path / "bot.json").state.token == "secret"
    assert [path.name for path in tmp_path.iterdir()] == ["bot.json"]


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bot.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"bot\.json"):
        DeviceFile.load(path)
