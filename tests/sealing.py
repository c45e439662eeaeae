"""Messages sealed by a client's own keys, for tests that send them by other ways: torn, twice, too late."""

import secrets
from typing import Any

from hearth.client import Client
from hearth.client.content import keep
from hearth.client.conversations.act import seen_place
from hearth.client.crypto.log.body import write_body
from hearth.client.crypto.making.device import Moment
from hearth.client.crypto.making.entry import Draft, seal_entry
from hearth.client.device_file import OutboxRow
from hearth.client.keys.own import now_ms
from hearth.client.outbox import to_command
from hearth.messages.contract import KIND_MESSAGE, SealedKind, SendMessage
from hearth.sealed.group.entries import EntryKind


async def seal_send(client: Client, key: str, text: str, *, client_id: str | None = None) -> SendMessage:
    """Return the command that sends a text to this conversation, with the device's next counter.

    The counter is used then, whatever becomes of the command. The first epoch is made where there is none.
    """
    row = OutboxRow(
        client_id or secrets.token_hex(16),
        key,
        keep({"type": "text", "text": text}),
        KIND_MESSAGE,
        _count(client, key),
    )
    await client._sealer.seal(row)
    return to_command(row)


async def seal_fields(
    client: Client, key: str, fields: dict[str, Any], kind: SealedKind = KIND_MESSAGE
) -> SendMessage:
    """As `seal_send`, of a message that says anything else; the client has written there before."""
    client_id, counter = secrets.token_bytes(16), _count(client, key)
    await client._sealer.require_ready(key)
    async with client.keeper.hold() as room:
        live = room.open(key)
        draft = Draft(kind=EntryKind(kind), body=write_body(fields), client_id=client_id, counter=counter)
        sealed = seal_entry(live.epochs, room.own.by, draft, Moment(now_ms(), seen_place(room, live)))
    return SendMessage(
        conversation_id=key,
        client_id=client_id.hex(),
        counter=counter,
        kind=kind,
        record=sealed.record,
        epoch=sealed.place.epoch,
    )


def _count(client: Client, key: str) -> int:
    counters = client.file.state.counters
    counters[key] = counters.get(key, 0) + 1
    return counters[key]
