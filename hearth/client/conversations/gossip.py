"""What people tell each other of groups beside their messages (section 8.4): who is shown another
group hears of it.
"""

from hearth.client.conversations.fetch import fetch_epochs
from hearth.client.conversations.live import Live
from hearth.client.conversations.room import Room
from hearth.client.crypto.log.body import MOST_HEADS, Content, Heads, KnownEpoch, find_heads, make_heads
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


async def hear_heads(room: Room, live: Live, content: Content) -> None:
    """Take what an accepted message tells: another epoch with a known number stops that group, a
    higher one is fetched.
    """
    newest = live.epochs.newest
    heads = find_heads(content)
    if heads is None or newest is None or newest.record.kind is Kind.GROUP:
        return
    for head in heads.heads:
        key = head.conversation.hex()
        if key not in room.lives:
            continue
        other = room.lives[key]
        known = other.epochs.known.get(head.epoch)
        if known is not None:
            if known.epoch.hash[:16] != head.hash:
                room.stop(other, Rejected(Verdict.FORK, "others know another epoch with this number"))
        elif other.newest_n and head.epoch > other.newest_n:
            await _fetch(room, other)


async def _fetch(room: Room, live: Live) -> None:
    try:
        await fetch_epochs(room, live)
    except Rejected as rejected:
        room.stop(live, rejected)
    except HearthError as error:
        if error.code != "not_found":
            raise
