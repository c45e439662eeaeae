"""Who signed in since a restore may have done so by a password that was given up: one's programs say so."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from hearth.client.device_file import DeviceFile
from hearth.client.keys.own import Own
from hearth.client.restored.arrived import warn_of_devices
from hearth.sync.contract import Restore
from tests.client.alice import DEVICE, make_file, make_owner
from tests.directory import kit

OLD, NEW = b"o" * 16, b"n" * 16
RESTORED = datetime.fromtimestamp(kit.NOW / 1000, UTC) + timedelta(hours=1)


@pytest.fixture
def file() -> DeviceFile:
    return make_file()


@pytest.fixture
def owner(file: DeviceFile) -> kit.Owner:
    """Alice with two devices and a vault, before the restore."""
    owner = make_owner(file, OLD)
    owner.seal_vault()
    return owner


@pytest.fixture(autouse=True)
def two_hours_later(owner: kit.Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit, "NOW", kit.NOW + 2 * 3600 * 1000)


def warned(
    file: DeviceFile, owner: kit.Owner, log: pytest.LogCaptureFixture, *, isnt_told: bool = False
) -> list[str]:
    """What a program says that knows her chain as it is now."""
    own = Own(file, _nobody)
    for statement in owner.statements:
        own.chain.take(statement)
    restored = None if isnt_told else Restore(at=RESTORED, backup_at=None)
    devices = {NEW.hex(): SimpleNamespace(name="Thief's laptop")}
    room: Any = SimpleNamespace(own=own, replica=SimpleNamespace(restored=restored, devices=devices))
    log.clear()
    warn_of_devices(room)
    return [record.getMessage() for record in log.records]


async def _nobody(*_: object) -> None:
    raise AssertionError("nothing is asked")


def test_control_devices_of_before_are_no_news(
    file: DeviceFile, owner: kit.Owner, caplog: pytest.LogCaptureFixture
) -> None:
    assert warned(file, owner, caplog) == []


def test_control_a_device_of_today_on_a_server_that_was_never_restored(
    file: DeviceFile, owner: kit.Owner, caplog: pytest.LogCaptureFixture
) -> None:
    owner.list_devices([DEVICE, OLD, NEW])
    assert warned(file, owner, caplog, isnt_told=True) == []


def test_a_device_of_after_the_restore_is_warned_of_once(
    file: DeviceFile, owner: kit.Owner, caplog: pytest.LogCaptureFixture
) -> None:
    owner.list_devices([DEVICE, OLD, NEW])
    [said] = warned(file, owner, caplog)
    assert said.startswith(f"Thief's laptop ({NEW.hex()}) was signed in after the server was restored on ")
    assert warned(file, owner, caplog) == []


def test_nobody_is_warned_of_once_there_is_a_new_password(
    file: DeviceFile, owner: kit.Owner, caplog: pytest.LogCaptureFixture
) -> None:
    owner.list_devices([DEVICE, OLD, NEW])
    owner.seal_vault()
    assert warned(file, owner, caplog) == []


def test_nor_of_the_device_itself_and_of_who_has_gone(
    file: DeviceFile, owner: kit.Owner, caplog: pytest.LogCaptureFixture
) -> None:
    owner.list_devices([DEVICE, OLD, NEW])
    owner.list_devices([DEVICE, OLD])
    assert warned(file, owner, caplog) == []
