"""Seeds on their way to this device and into the keyring (docs/protocol-encryption.md, 6.3, 7.3 and 7.8).

A seed counts only when it opens the commitment of an accepted record; a wrap is let go of when its seed is in
the keyring.
"""

from collections.abc import Iterable

from hearth.client.conversations.fetch import fetch_epochs, learn_seeds
from hearth.client.conversations.live import Live
from hearth.client.conversations.room import Room
from hearth.client.keys.catch_up import catch_up_rows
from hearth.contract import Nothing
from hearth.epochs.contract import (
    DropWraps,
    History,
    ListWraps,
    OwnWrap,
    OwnWraps,
    ReadEpochHistory,
    WrapName,
)
from hearth.errors import HearthError
from hearth.sealed.core.verdicts import Rejected, Verdict, require
from hearth.sealed.group.seeds import SeedPlace, open_history, unwrap_seed
from hearth.sealed.person.keyring import ConversationId, EpochId, EpochRow, HeadRow

WRAPS_AT_ONCE = 100


def place_of(live: Live, n: int) -> SeedPlace:
    """Return what a seed of an accepted epoch must open."""
    epoch = live.epochs.known[n].epoch
    return SeedPlace(epoch.record.conversation, n, epoch.hash, epoch.record.commitment)


async def take_wraps(room: Room) -> None:
    """Open all wraps that wait, put their seeds into the keyring and let go of them.

    One that does not open stays, and its epoch without a key: a co-member is asked for it.
    """
    after: WrapName | None = None
    while True:
        page: OwnWraps = await room.own.ask(ListWraps(after=after, limit=WRAPS_AT_ONCE), OwnWraps)
        touched: dict[str, Live] = {}
        done = []
        for wrap in page.wraps:
            live = room.open(wrap.conversation_id)
            try:
                await _take_wrap(room, live, wrap)
            except Rejected as rejected:
                room.stop(live, rejected)
                continue
            touched[live.key] = live
            done.append(WrapName(conversation_id=wrap.conversation_id, n=wrap.n))
        for live in touched.values():
            await write_seeds(room, live)
        await drop_wraps(room, done)
        if not page.more or not page.wraps:
            return
        last = page.wraps[-1]
        after = WrapName(conversation_id=last.conversation_id, n=last.n)


async def _take_wrap(room: Room, live: Live, wrap: OwnWrap) -> None:
    if wrap.n not in live.epochs.known:
        await fetch_epochs(room, live)
    known = live.epochs.known.get(wrap.n)
    if known is None or known.epoch.hash != wrap.record_hash:
        raise Rejected(Verdict.UNPROVEN, "a wrap of a record that is not known")
    receive_seed = await _find_receive_seed(room, live, wrap.n)
    if known.key is None:
        live.take_seed(wrap.n, unwrap_seed(receive_seed, place_of(live, wrap.n), room.own.user, wrap.wrap))
    if wrap.has_history:
        await _take_history(room, live, wrap, receive_seed)


async def _find_receive_seed(room: Room, live: Live, n: int) -> bytes:
    """Return the receive seed that the roster of an epoch names for oneself. Raises Rejected(keyless)."""
    member = live.epochs.known[n].epoch.members.get(room.own.user)
    version = 0 if member is None else member.receive_version
    if version and version not in room.own.receive_seeds:
        await catch_up_rows(room.own)
    seed = room.own.receive_seeds.get(version)
    if seed is None:
        raise Rejected(Verdict.KEYLESS, "the receive key is not here")
    return seed


async def _take_history(room: Room, live: Live, wrap: OwnWrap, receive_seed: bytes) -> None:
    """Take what was given of earlier epochs; what is of another record, or has a timer, is left out."""
    command = ReadEpochHistory(conversation_id=wrap.conversation_id, n=wrap.n)
    try:
        answer: History = await room.own.ask(command, History)
    except HearthError as error:
        if error.code != "not_found":  # another device was quicker: it is in the keyring
            raise
        return
    past = open_history(receive_seed, wrap.record_hash, room.own.user, answer.wrap, answer.sealed)
    least = live.epochs.known[wrap.n].epoch.record.history_from
    for one in past:
        known = live.epochs.known.get(one.n)
        if known is None or not least <= one.n < wrap.n or known.epoch.record.settings.timer:
            continue
        try:
            live.take_seed(one.n, one.seed)
        except Rejected:
            continue


async def drop_wraps(room: Room, wraps: Iterable[WrapName]) -> None:
    """Let go of the wraps whose seeds are in the keyring."""
    done = [one for one in wraps if one.n in room.open(one.conversation_id).in_keyring]
    if done:
        await room.own.ask(DropWraps(wraps=done), Nothing)


async def write_seeds(room: Room, live: Live) -> None:
    """Put every seed into the keyring that is not there yet, and may be."""
    missing = [
        n for n in sorted(live.seeds) if n not in live.in_keyring and not _is_above_list(room, live, n)
    ]
    if not missing:
        return
    conversation = live.where.conversation
    await room.append(
        [
            (EpochId(conversation, n), EpochRow(live.epochs.known[n].epoch.hash, live.seeds[n]))
            for n in missing
        ]
    )
    live.in_keyring |= set(missing)


def _is_above_list(room: Room, live: Live, n: int) -> bool:
    """Tell whether an epoch was made when one's own chain was longer than a restored server shows it: who is
    in the list now may have been removed by then, and the keyring is open to everybody there.
    """
    line, states = live.epochs.known[n].epoch.members.get(room.own.user), room.own.chain.states
    if line is None:
        return False
    is_there = 1 <= line.chain.n <= len(states) and states[line.chain.n - 1].hash == line.chain.hash
    return not is_there


async def write_head(room: Room, live: Live) -> None:
    """Put the newest epoch into the keyring once the place of its entry is known: other devices begin
    there.
    """
    newest = live.epochs.newest
    seq = None if newest is None else live.epochs.entry_seq(newest.record.n)
    if newest is None or seq is None or live.head_row >= newest.record.n or live.follower is None:
        return
    log_hash = live.follower.log.hashes.get(seq)
    if log_hash is None:
        return
    n = newest.record.n
    row = HeadRow(n, newest.hash, seq, log_hash)
    await room.append([(ConversationId(live.where.conversation), row)])
    live.head_row, live.has_head_row = n, True


async def find_seed(room: Room, live: Live, n: int) -> bool:
    """Try everything that may have the seed of a known epoch: the keyring, wraps, the keyring again."""
    if live.epochs.known[n].key is not None:
        return True
    learn_seeds(room, live)
    if live.epochs.known[n].key is None:
        await take_wraps(room)
    if live.epochs.known[n].key is None:
        await catch_up_rows(room.own)
        learn_seeds(room, live)
    return live.epochs.known[n].key is not None


async def find_history(room: Room, live: Live) -> int:
    """Return from which epoch on this device can give a history: the oldest that it knows.

    Seeds of epochs with a timer are not given. Raises Rejected(keyless) while another one's is not here.
    """
    for n, known in sorted(live.epochs.known.items()):
        if not known.epoch.record.settings.timer:
            await require_seed(room, live, n)
    return live.epochs.oldest.record.n


async def require_seed(room: Room, live: Live, n: int) -> None:
    """Raise Rejected(keyless) unless the seed of an epoch is here or can be had now."""
    require(await find_seed(room, live, n), Verdict.KEYLESS, "no key of this epoch")
