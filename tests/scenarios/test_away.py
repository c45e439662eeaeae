"""Away for a week while much is written under many keys: all of it opens afterwards, in order (F42)."""

import time
from datetime import timedelta

import pytest

from hearth.clock import SystemClock
from tests.scenarios.backups import epochs_of, rotates
from tests.scenarios.cast import Device
from tests.scenarios.conftest import SignUp, make_friends
from tests.scenarios.test_groups import knows

EPOCHS, MESSAGES = 30, 500
WEEK = timedelta(days=7)


class Shifted:
    """Moves the clocks of server and devices on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.by, now, device_time = timedelta(0), SystemClock.now, time.time_ns
        monkeypatch.setattr(SystemClock, "now", lambda clock: now(clock) + self.by)
        monkeypatch.setattr(
            time, "time_ns", lambda: device_time() + self.by // timedelta(microseconds=1) * 1000
        )


@pytest.mark.slow
async def test_f42_a_week_of_thirty_epochs_and_five_hundred_messages_is_read_in_order(
    alice: Device, bob: Device, carol: Device, sign_up: SignUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of bob a second device is there meanwhile, which takes the wraps; of erin nobody is."""
    erin, clock = await sign_up("erin"), Shifted(monkeypatch)
    await make_friends(alice, erin)
    group = await alice.client.groups.create(["bob", "erin"])
    for device in (bob, bob.phone, erin):
        await knows(device, group, "alice", "bob", "erin")
    await bob.phone.disconnects()
    await erin.disconnects()
    written = 0
    for number in range(1, EPOCHS + 1):
        clock.by += WEEK / EPOCHS
        await rotates(bob if number % 3 == 0 else alice, group)
        while written < MESSAGES * number // EPOCHS:
            written += 1
            await alice.sends(f"number {written}", to=group)
            await bob.receives(f"number {written}")
    assert len(await epochs_of(alice, group)) >= EPOCHS + 1
    for device in (bob.phone, erin):
        await device.comes_back()
        epochs = set()
        for number in range(1, written + 1):
            message = await device.receives(f"number {number}", from_=alice)
            assert message.is_encrypted
            epochs.add(message.entry.epoch)
        assert len(epochs) >= EPOCHS
    for device in (bob.phone, erin):
        await device.sends("back again", to=group)
        await alice.receives("back again", from_=device)
    await carol.receives_nothing()
