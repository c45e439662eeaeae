"""A23: whatever an administrator asks for, nothing of what people wrote comes back."""

from typing import Any, cast

import msgspec

from hearth.admin import contract
from hearth.admin.contract import AdminHealth, CreateInvite, GetHealth, ListInvites, ListUsers
from hearth.contract import Actor
from hearth.conversations.ids import make_self_id
from hearth.messages.contract import ReadHistory, SendMessage
from hearth.wire.registry import Registry
from tests.epochs.kit import make_record_of
from tests.epochs.written import begin_epochs
from tests.stage import Stage

CANARY = make_record_of(b"canary-in-a-note")


async def test_a23_no_answer_holds_content_or_keys(stage: Stage, chief: Actor) -> None:
    alice = await stage.user("alice")
    notes = make_self_id(stage.services.identity.server_id, alice.user_id).hex()
    await begin_epochs(stage.services, bytes.fromhex(notes))
    note = SendMessage(conversation_id=notes, client_id="0" * 32, counter=1, record=CANARY, epoch=1)
    await stage.run(alice, note)
    everything = b""
    for command in (ListUsers(), ListInvites(), CreateInvite(), GetHealth()):
        everything += msgspec.json.encode(await stage.run(chief, command))
    assert b"alice" in everything
    for secret in (CANARY, b"canary", notes.encode(), alice.device_id.hex().encode()):
        assert secret not in everything
    mine = await stage.run(alice, ReadHistory(conversation_id=notes, seq=0, direction="after"))
    assert mine.entries[0].record == CANARY, "it is there to be found"


async def test_a23_the_contract_of_this_noun_has_no_place_for_content() -> None:
    """Bytes are how records and keys travel; the only ones are what the asker's own password is proved by."""
    for name, shape in vars(contract).items():
        if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
            proofs = [field for field in shape.__struct_fields__ if field == "auth_key"]
            assert repr(msgspec.json.schema(shape)).count("base64") == len(proofs), name


def test_a_device_counts_once_however_many_tabs_it_has() -> None:
    registry, socket = Registry(max_per_user=20), cast(Any, None)
    laptop, phone = b"l" * 16, b"p" * 16
    for connection, device in enumerate((laptop, laptop, phone)):
        registry.add(Actor(1, device, connection=connection), socket)
    assert (registry.count_devices(), len(registry)) == (2, 3)
    registry.remove(Actor(1, laptop, connection=0))
    assert registry.count_devices() == 2
    registry.remove(Actor(1, laptop, connection=1))
    assert registry.count_devices() == 1


async def test_health_tells_figures_only(stage: Stage, chief: Actor) -> None:
    found = await stage.run(chief, GetHealth())
    assert isinstance(found, AdminHealth)
    assert found.faults == []
    assert found.users == 1
    assert found.disk_free is not None and found.disk_free > 0
    assert found.database.startswith(("SQLite", "MariaDB"))
