"""Every SQL statement that tells by what sealed records are judged, in the batch's own transaction.

Rooms are filled with what is missing in them; no query for what is there.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hearth.db.bulk import Steps, Syntax
from hearth.directory.tables import USER_CHAIN, USER_STATEMENT
from hearth.epochs.tables import EPOCH, EPOCH_LEAVE
from hearth.messages.signed import FIRST_KIND
from hearth.messages.tables import MESSAGE

if TYPE_CHECKING:
    from hearth.messages.append import Draft, TimeCodec
    from hearth.messages.known_epochs import Place, Room
    from hearth.messages.sealed import Standing, Target

DEVICES, RETIRE = 2, 6
"""Kinds of statements that change the list within an incarnation (hearth.sealed.person.user_chain)."""
MOST_LISTS = 100
"""Of one person since a backup that are read; before the oldest of more, nobody is listed."""
EPOCHS = (
    "SELECT e.conversation_id, e.n, e.seq, e.timestamp, e.record, h.roster FROM {given} "  # noqa: S608
    f"CROSS JOIN {EPOCH.name} AS e CROSS JOIN {EPOCH.name} AS h "
    "WHERE e.conversation_id = c AND e.n = k AND h.conversation_id = c AND h.n = e.roster_n"
)
LEAVES = (
    f"SELECT DISTINCT l.conversation_id, k FROM {{given}} CROSS JOIN {EPOCH_LEAVE.name} AS l "  # noqa: S608
    "WHERE l.conversation_id = c AND l.n >= k"
)
STATES = f"SELECT user_id, state FROM {USER_CHAIN.name} WHERE user_id IN ({{marks}})"  # noqa: S608
STATEMENTS = f"SELECT statement FROM {USER_STATEMENT.name} WHERE user_id IN ({{marks}}) ORDER BY n"  # noqa: S608
INCARNATIONS = (
    "SELECT s.user_id, s.n, s.hash, s.incarnation FROM {given} "  # noqa: S608
    f"CROSS JOIN {USER_STATEMENT.name} AS s WHERE s.user_id = u AND s.n = k"
)
LISTS = (
    "SELECT s.timestamp, s.statement FROM {given} "  # noqa: S608
    f"CROSS JOIN {USER_STATEMENT.name} AS s WHERE s.user_id = u AND s.incarnation = i "
    f"AND s.kind IN ({DEVICES}, {RETIRE}) AND s.n >= (SELECT COALESCE(MAX(b.n), 0) "
    f"FROM {USER_STATEMENT.name} AS b WHERE b.user_id = u AND b.incarnation = i AND b.kind = {DEVICES} "
    f"AND b.timestamp <= t) ORDER BY s.n DESC LIMIT {MOST_LISTS}"
)
"""The newest list of devices that a backup has, and everything above it that changes the list."""
LATEST = (
    "SELECT m.conversation_id, m.from_device, MAX(m.epoch) FROM {given} "  # noqa: S608
    f"CROSS JOIN {MESSAGE.name} AS m WHERE m.conversation_id = c AND m.seq > s AND m.from_device = d "
    f"AND m.kind < {FIRST_KIND} GROUP BY m.conversation_id, m.from_device"
)
TARGETS = (
    "SELECT m.conversation_id, m.seq, m.kind, m.from_user, length(m.message) = 0 FROM {given} "  # noqa: S608
    f"CROSS JOIN {MESSAGE.name} AS m WHERE m.conversation_id = c AND m.seq = s"
)


def load_epochs(
    syntax: Syntax, rooms: Mapping[bytes, "Room"], places: Collection["Place"], codec: "TimeCodec"
) -> Steps[None]:
    missing = sorted((key, n) for key, n in places if n not in rooms[key].epochs)
    if not missing:
        return
    from hearth.messages.sealed import read_facts

    for key, n, seq, timestamp, record, roster in (yield syntax.select_joined(EPOCHS, ("c", "k"), missing)):
        rooms[key].epochs[n] = read_facts(record, roster, seq, codec.read(timestamp))


def load_leaves(syntax: Syntax, rooms: Mapping[bytes, "Room"], places: Collection["Place"]) -> Steps[None]:
    missing = sorted((key, n) for key, n in places if n not in rooms[key].has_leave)
    if not missing:
        return
    found = {(row[0], row[1]) for row in (yield syntax.select_joined(LEAVES, ("c", "k"), missing))}
    for key, n in missing:
        rooms[key].has_leave[n] = (key, n) in found


def load_incarnations(
    syntax: Syntax, rooms: Mapping[bytes, "Room"], drafts: Iterable["Draft"]
) -> Steps[None]:
    """Learn in which incarnation the senders are at the heads that their epochs state for them."""
    missing = []
    for draft in drafts:
        room = rooms[draft.conversation_id]
        line = room.epochs[draft.epoch].lines.get(draft.from_user)
        if line is not None and (draft.epoch, draft.from_user) not in room.incarnations:
            missing.append((room, draft.epoch, draft.from_user, line.head))
    if not missing:
        return
    places = sorted({(user, head.n) for _, _, user, head in missing})
    rows = yield syntax.select_joined(INCARNATIONS, ("u", "k"), places)
    found = {(user, n, digest): incarnation for user, n, digest, incarnation in rows}
    for room, n, user, head in missing:
        room.incarnations[n, user] = found.get((user, head.n, head.hash), 0)


def read_people(syntax: Syntax, users: Sequence[int]) -> Steps[dict[int, "Standing | None"]]:
    """Return how these people's chains stand, None for who has none."""
    if not users:
        return {}
    found: dict[int, Standing | None] = dict.fromkeys(users)
    for user, stored in (yield syntax.select_in(STATES, users)):
        found[user] = yield from read_standing(syntax, user, stored)
    return found


def read_standing(syntax: Syntax, user: int, stored: bytes) -> Steps["Standing"]:
    """Return how a chain stands; its statements are read where another version stored the state."""
    from hearth.directory.rules import decode_state
    from hearth.messages.sealed import Standing
    from hearth.sealed.person.user_chain import read_user_statement
    from hearth.sealed.person.user_state import apply_statement

    state = decode_state(stored)
    if state is None:
        for (statement,) in (yield syntax.select_in(STATEMENTS, [user])):
            server = read_user_statement(statement).body.server
            state = apply_statement(state, server, user, statement)
    assert state is not None  # a chain has a first statement
    return Standing(state.incarnation, frozenset(state.devices))


def list_since_backup(
    syntax: Syntax, user: int, incarnation: int, restored_at: datetime, codec: "TimeCodec"
) -> Steps[frozenset[bytes]]:
    """Return a person's devices that were listed when the backup was made, or by a statement since.

    What a restored database has had from its backup was stored before it was restored.
    """
    from hearth.sealed.person.user_chain import Devices, read_user_statement

    given = [(user, incarnation, codec.write(restored_at))]
    rows = yield syntax.select_joined(LISTS, ("u", "i", "t"), given)
    listed: frozenset[bytes] = frozenset()
    for timestamp, data in reversed(rows):
        statement, is_of_backup = read_user_statement(data).body, codec.read(timestamp) <= restored_at
        content = statement.content()
        if isinstance(content, Devices):
            named = frozenset(one.device for one in content.devices)
            listed = named if is_of_backup else listed | named
        elif is_of_backup:
            listed -= {statement.signer}
    return listed


def find_latest(
    syntax: Syntax, rooms: Mapping[bytes, "Room"], drafts: Iterable["Draft"]
) -> Steps[dict[tuple[bytes, bytes], int]]:
    """Return the highest epoch that each device has written under since the one that it names was over."""
    places = sorted(
        (draft.conversation_id, rooms[draft.conversation_id].epochs[draft.epoch + 1].seq, draft.from_device)
        for draft in drafts
    )
    if not places:
        return {}
    found: dict[tuple[bytes, bytes], int] = {}
    rows: list[tuple[Any, ...]] = yield syntax.select_joined(LATEST, ("c", "s", "d"), places)
    for key, device, epoch in rows:
        found[key, device] = max(found.get((key, device), 0), epoch)
    return found


def find_targets(syntax: Syntax, drafts: Iterable["Draft"]) -> Steps[dict["Place", "Target"]]:
    """Return what is stored at the places that drafts are aimed at."""
    places = sorted({(one.conversation_id, one.target_seq) for one in drafts if one.target_seq})
    if not places:
        return {}
    from hearth.messages.sealed import Target

    rows = yield syntax.select_joined(TARGETS, ("c", "s"), places)
    return {(key, seq): Target(kind, user, bool(is_emptied)) for key, seq, kind, user, is_emptied in rows}
