"""What people tell each other of groups beside their messages (section 8.4): who is shown another
group hears of it.
"""

from collections.abc import Awaitable

from hearth.client.conversations.fetch import fetch_epochs, find_stored
from hearth.client.conversations.live import Live, Word
from hearth.client.conversations.room import Room
from hearth.client.crypto.log.body import MOST_HEADS, Content, Heads, KnownEpoch, find_heads, make_heads
from hearth.client.crypto.log.rows import Row
from hearth.client.events import GroupDoubted
from hearth.errors import HearthError
from hearth.sealed.core.statements import Extension
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group.epoch import Kind


def list_heads(room: Room, live: Live) -> Extension | None:
    """Return the extension of a direct or self conversation: the newest epochs of groups that all of
    its people are in.
    """
    newest = live.epochs.newest
    if newest is None or newest.record.kind is Kind.GROUP:
        return None
    people = newest.members.keys()
    groups = []
    for other in room.lives.values():
        head = other.epochs.newest
        is_group = head is not None and head.record.kind is Kind.GROUP
        if head is not None and is_group and people <= head.members.keys():
            groups.append((other.told[head.record.n].time, other.where.conversation, head))
    recent = sorted(groups, key=lambda one: one[0], reverse=True)[:MOST_HEADS]
    heads = [KnownEpoch(conversation, head.record.n, head.hash[:16]) for _, conversation, head in recent]
    return make_heads(Heads(tuple(sorted(heads, key=lambda head: head.conversation))))


async def hear_heads(room: Room, live: Live, row: Row, content: Content) -> None:
    """Take what an accepted message of a member tells of a group. A hash proves nothing: what differs is
    that person's claim, kept and told (docs/decisions/0025); a fork is what the server itself shows.
    """
    newest = live.epochs.newest
    heads = find_heads(content)
    if heads is None or newest is None or newest.record.kind is Kind.GROUP:
        return
    for head in heads.heads:
        other = room.lives.get(head.conversation.hex())
        group = None if other is None else other.epochs.newest
        if other is not None and group is not None and row.user in group.members:
            word = Word(head.epoch, head.hash, row.seq)
            await _hear(room, other, (row.user, live.key), word)


async def _hear(room: Room, group: Live, said_by: tuple[int, str], word: Word) -> None:
    before = group.words.get(said_by)
    if before is not None and before.seq >= word.seq:
        return
    user, claims = said_by[0], group.list_claims()
    if word.n > group.newest_n:
        await _ask(room, group, fetch_epochs(room, group))
    elif group.differs(user, word):
        await _ask(room, group, _look_beside(room, group, word.n))
    group.words[said_by] = word
    if user in group.list_claims() - claims:
        room.notify(GroupDoubted(conversation_id=group.key, user_id=user))


async def _look_beside(room: Room, live: Live, n: int) -> None:
    """Another record of a known number, if the server has one: two that pass are proof (7.5)."""
    try:
        there = await find_stored(room, live, n)
        if there is not None:
            live.epochs.check(there.record, there.roster, there.told.seq)
    except Rejected as rejected:
        if rejected.verdict is Verdict.FORK:
            raise


async def _ask(room: Room, live: Live, asking: Awaitable[None]) -> None:
    """Let the server say what it has to say of it; that it refuses is an answer, too."""
    try:
        await asking
    except Rejected as rejected:
        room.stop(live, rejected)
    except HearthError:
        pass
