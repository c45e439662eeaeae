"""Alice's device and her chain, as tests of what it makes of its own chain begin."""

from hearth.client.device_file import DeviceFile, DeviceState
from hearth.client.keys.own import make_account_keys
from tests.directory.kit import Owner

SERVER, DEVICE = b"s" * 16, b"d" * 16


def make_file() -> DeviceFile:
    """Return the file of her device, with keys, before it has met her chain."""
    keys = make_account_keys(SERVER)
    state = DeviceState(
        url="http://localhost", username="alice", user_id=1, device_id=DEVICE.hex(), token="t", keys=keys
    )
    return DeviceFile(state)


def make_owner(file: DeviceFile, *others: bytes) -> Owner:
    """Return her, with a chain that lists this device and others."""
    owner = Owner(SERVER, 1, "alice", b"a" * 32)
    owner.genesis()
    assert file.state.keys is not None
    owner.seeds[DEVICE] = file.state.keys.sign_seed
    owner.list_devices([DEVICE, *others])
    return owner
