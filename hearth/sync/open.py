"""Bringing a device up to date at the start of a connection, in as many queries for little as for much.

The socket is in its audiences before this runs, and everything is read from one snapshot of the database:
what is committed later arrives live, so nothing falls between.
"""

from hearth.contract import CONTRACT_VERSION, Context
from hearth.conversations.access import list_accesses
from hearth.friends.list import list_friend_ids
from hearth.inbox.items import list_items, pick_newest
from hearth.presence.list import list_presence
from hearth.services import Identity
from hearth.sync import rules
from hearth.sync.contract import MAX_HEADS, Opened, OpenSync, Restore
from hearth.sync.log import read_entries
from hearth.sync.receipts import list_receipts
from hearth.sync.snapshot import make_snapshot


async def open_sync(context: Context, command: OpenSync) -> Opened:
    """Return what came since the device's cursors, or a snapshot when its cursor is of no use.

    With a snapshot all conversations count as changed: what happened to them may have been missed as well.
    """
    from hearth.private.position import get_position

    identity = context.services.identity
    log, page, has_more = await read_entries(context, command.log_seq, rules.MAX_ENTRIES)
    is_new = rules.needs_snapshot(command.generation, identity.generation.hex(), command.log_seq, log)
    accesses = await list_accesses(context.transaction, context.user_id)
    differing = rules.list_differing(accesses.values(), {} if is_new else command.conversations)
    differing_ids = {access.head.id for access in differing}
    unchanged = [access for key, access in accesses.items() if key not in differing_ids]
    newest, others = await pick_newest(context, differing, rules.NEWEST)
    snapshot = await make_snapshot(context) if is_new else None
    friend_ids = await list_friend_ids(context.transaction, context.user_id)
    return Opened(
        server_id=identity.server_id.hex(),
        generation=identity.generation.hex(),
        contract=CONTRACT_VERSION,
        user_id=context.user_id,
        device_id=context.actor.device_id.hex(),
        now=context.now,
        log_seq=log.head,
        log=[] if is_new else page,
        more=has_more and not is_new,
        snapshot=snapshot,
        items=await list_items(context, newest, rules.MAX_RECORD_BYTES),
        heads={access.head.id.hex(): access.last_seq for access in others[:MAX_HEADS]},
        more_heads=len(others) > MAX_HEADS,
        receipts=await list_receipts(context, unchanged),
        presence=await list_presence(context, friend_ids),
        restored=say_restored(identity),
        private_position=await get_position(context),
    )


def say_restored(identity: Identity) -> Restore | None:
    """Return when a backup took the database's place, for people whose older password works again."""
    if identity.restored_at is None:
        return None
    return Restore(at=identity.restored_at, backup_at=identity.backup_at)
