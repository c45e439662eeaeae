"""The SQL that finds what is aimed at entries. Takes a transaction, returns outlines; no permissions.

Each kind at each entry is a seek in the index of targets and at most MOST_OF_A_KIND steps from there.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, and_, func, literal, literal_column, select, union_all

from hearth.contract import Transaction
from hearth.messages.belonging import MOST_OF_A_KIND, Aimed
from hearth.messages.contract import KIND_DELETION, KIND_EDIT, KIND_MESSAGE, KIND_PIN, KIND_REACTION
from hearth.messages.rules import Stretch
from hearth.messages.tables import MESSAGE

MOST_TARGETS = 10_000


async def list_aimed(
    transaction: Transaction, conversation_id: bytes, seqs: Collection[int], within: Stretch
) -> list[Aimed]:
    """Return what stands within a stretch and is aimed at these entries, the newest of each kind.

    What was emptied has deletions only, and edits are the author's. No query for none.
    """
    if not seqs:
        return []
    target, aimed = MESSAGE.alias("target"), MESSAGE.alias("aimed")
    is_wanted = and_(target.c.conversation_id == conversation_id, target.c.seq.in_(sorted(seqs)))
    is_message = and_(target.c.kind == KIND_MESSAGE, func.length(target.c.message) > 0)
    parts = [
        _list_floors(target, kind, within).where(is_wanted, is_message)
        for kind in (KIND_EDIT, KIND_REACTION, KIND_PIN)
    ]
    is_emptied = func.length(target.c.message) == 0
    parts.append(_list_floors(target, KIND_DELETION, within).where(is_wanted, is_emptied))
    # The limit keeps the databases from asking for the floor anew with every row.
    floors = union_all(*parts).limit(MOST_TARGETS).subquery("floors")
    is_aimed = and_(
        aimed.c.conversation_id == conversation_id,
        aimed.c.target_seq == floors.c.target_seq,
        aimed.c.target_seq > literal_column("0"),
        aimed.c.kind == floors.c.kind,
        aimed.c.seq > func.coalesce(floors.c.floor, within.first - 1),
        # A sum: SQLite 3.40 would go through the primary key as soon as the range has two ends.
        aimed.c.seq + 0 <= within.last,
        (aimed.c.kind != KIND_EDIT) | (aimed.c.from_user == floors.c.author),
    )
    size = func.length(aimed.c.message)
    query = select(aimed.c.seq, aimed.c.kind, aimed.c.target_seq, size, floors.c.floor.is_not(None))
    # An outer join goes from the entries to what is aimed at them; the other way is through the whole log.
    rows = await transaction.execute(query.select_from(floors.outerjoin(aimed, is_aimed)))
    return [
        Aimed(seq, kind, target_seq, size, bool(has_more))
        for seq, kind, target_seq, size, has_more in rows
        if seq is not None
    ]


def _list_floors(target: Any, kind: int, within: Stretch) -> Select[Any]:
    """Select the entries with the highest seq that is too old to count of what is aimed at each."""
    older = MESSAGE.alias("older")
    floor = (
        select(older.c.seq)
        .where(older.c.conversation_id == target.c.conversation_id, older.c.target_seq == target.c.seq)
        .where(older.c.target_seq > 0, older.c.kind == kind, older.c.seq.between(within.first, within.last))
        .order_by(older.c.seq.desc())
        .offset(MOST_OF_A_KIND)
        .limit(1)
        .scalar_subquery()
    )
    names = target.c.seq.label("target_seq"), target.c.from_user.label("author")
    return select(*names, literal(kind).label("kind"), floor.label("floor"))
