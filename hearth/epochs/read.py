"""What members read of epochs: those of their stays, and the wraps that are for themselves."""

from collections.abc import Sequence

from hearth.contract import Context
from hearth.conversations.access import get_access, list_accesses
from hearth.conversations.rules import Access
from hearth.epochs import rules, store
from hearth.epochs.contract import Epoch, EpochHead, EpochHeads, Epochs, ListEpochs
from hearth.epochs.store import EpochRow


async def list_epochs(context: Context, command: ListEpochs) -> Epochs:
    """Return a page of epochs. Raises NotFound for who never was a member. Five queries at most."""
    conversation_id = bytes.fromhex(command.conversation_id)
    access = await get_access(context.transaction, conversation_id, context.user_id)
    n = await find_newest(context, access)
    rows = []
    if n:
        least = await find_oldest(context, access)
        first = max(command.first, least)
        rows = await store.list_epochs(
            context.transaction, conversation_id, access.stays, first, command.limit
        )
    epochs = await show_epochs(context, conversation_id, rows)
    return Epochs(conversation_id=command.conversation_id, n=n, epochs=fit_page(epochs))


async def find_newest(context: Context, access: Access) -> int:
    """Return the newest epoch that somebody may know of: for who left, of the stay that ended."""
    left_seq = access.stays[-1].left_seq
    if left_seq is None or access.head.epoch == 0:
        return access.head.epoch
    return await store.find_n_up_to(context.transaction, access.head.id, left_seq - 1)


async def find_oldest(context: Context, access: Access) -> int:
    """Return the oldest epoch that somebody may have: the last one before their first stay."""
    joined_seq = access.stays[0].joined_seq
    return await store.find_n_up_to(context.transaction, access.head.id, joined_seq) if joined_seq else 1


async def show_epochs(context: Context, conversation_id: bytes, rows: Sequence[EpochRow]) -> list[Epoch]:
    """Return stored epochs as devices get them: with a roster where the one before has another."""
    befores = [None, *(row.roster_n for row in rows)]
    news = [row.n for row, before in zip(rows, befores, strict=False) if row.roster_n != before]
    missing = {row.roster_n for row in rows if row.n in news and row.roster is None}
    rosters = await store.list_rosters(context.transaction, conversation_id, missing) if missing else {}
    return [
        Epoch(
            n=row.n,
            record=row.record,
            roster=(row.roster or rosters[row.roster_n]) if row.n in news else None,
            seq=row.seq,
            timestamp=row.timestamp,
        )
        for row in rows
    ]


def fit_page(epochs: Sequence[Epoch]) -> list[Epoch]:
    """Return as many of the first epochs as fit into a page, at least one of any."""
    page: list[Epoch] = []
    size = 0
    for epoch in epochs:
        size += len(epoch.record) + len(epoch.roster or b"")
        if page and size > rules.PAGE_BYTES:
            break
        page.append(epoch)
    return page


async def list_heads(context: Context, conversation_ids: Sequence[str]) -> EpochHeads:
    """Return the newest epochs of those conversations that are the asker's. Three queries at most."""
    wanted = {bytes.fromhex(conversation_id) for conversation_id in conversation_ids}
    accesses = await list_accesses(context.transaction, context.user_id, wanted)
    begun = [access for access in accesses.values() if access.head.epoch]
    names = {access.head.id: access.head.epoch for access in begun if access.is_member}
    left = {access.head.id: access.last_seq - 1 for access in begun if not access.is_member}
    if left:
        names |= await store.map_n_up_to(context.transaction, left)
    rows = await store.list_heads(context.transaction, list(names.items())) if names else []
    return EpochHeads(
        heads=[
            EpochHead(
                conversation_id=row.conversation_id.hex(),
                n=row.n,
                record_hash=row.hash,
                seq=row.seq,
                timestamp=row.timestamp,
            )
            for row in rows
        ]
    )
