"""The next epoch of a conversation: what somebody asks for, and what a device makes before it seals (7.6).

A request is kept before it leaves, and repeated byte by byte until the server's answer decides.
"""

from collections.abc import Iterable, Mapping

from hearth.client.conversations.fetch import fetch_epochs
from hearth.client.conversations.live import Live, Told
from hearth.client.conversations.room import Room
from hearth.client.conversations.rows import to_ms
from hearth.client.conversations.seeds import take_wraps, write_seeds
from hearth.client.crypto.log.chain import first_hash
from hearth.client.crypto.making.acts import Act
from hearth.client.crypto.making.device import Moment
from hearth.client.crypto.making.epoch import Ground, MadeEpoch, make_epoch
from hearth.client.keys.kept import KeptHistory, KeptRequest, KeptWrap
from hearth.client.keys.own import now_ms
from hearth.epochs.contract import EpochTaken, MakeEpoch, MemberWrap, NewHistory
from hearth.errors import HearthError
from hearth.sealed.core.packed import Place
from hearth.sealed.core.verdicts import Verdict, require

MOVED = frozenset({"epoch_moved", "receive_outdated", "chain_moved"})


def seen_place(room: Room, live: Live) -> Place:
    """Return the highest place of the log that this device has checked, with its H."""
    cursor = (room.own.file.state.cursors or {}).get(live.key)
    place = Place(0, first_hash(live.where.conversation))
    if cursor is not None and cursor.seq > 0:
        place = Place(cursor.seq, cursor.log_hash)
    follower = live.follower
    if follower is not None and follower.log.rows and follower.log.last > place.seq:
        place = follower.log.place
    return place


async def act(room: Room, live: Live, wanted: Act, time: int | None = None) -> None:
    """Make the next epoch and send it until there is an answer. `time` (ms) is now, but of a group its id's.

    Raises HearthError (with a code of MOVED when something was quicker: then it is decided anew), Rejected.
    """
    room.own.require_own_identity()
    ground = Ground(live.epochs, room.own.pins, room.own.met.receive_keys, live.seeds)
    made = make_epoch(ground, room.own.by, wanted, Moment(time or now_ms(), seen_place(room, live)))
    live.pending = _to_request(made)
    live.sealing.send(made.record)
    room.keep(live)
    await send_pending(room, live)


def _to_request(made: MadeEpoch) -> KeptRequest:
    history = None
    if made.history is not None:
        history = KeptHistory(made.history.sealed, _list_wraps(made.history.wraps))
    wraps = _list_wraps(made.wraps)
    return KeptRequest(made.epoch.record.n, made.record, made.roster, wraps, made.seed, history)


def _list_wraps(wraps: Mapping[int, bytes]) -> list[KeptWrap]:
    return [KeptWrap(user, wrap) for user, wrap in sorted(wraps.items())]


async def send_pending(room: Room, live: Live) -> None:
    """Send what has no answer yet, the same bytes as before. Raises as `act`."""
    request = live.pending
    if request is None:
        return
    command = _to_command(request)
    try:
        taken: EpochTaken = await room.own.ask(command, EpochTaken)
    except HearthError as error:
        live.pending = None
        live.sealing.moved()
        room.keep(live)
        if error.code in MOVED:
            await _look_again(room, live)
        raise
    await _take_own(room, live, request, Told(taken.seq, to_ms(taken.timestamp)))


def _to_command(request: KeptRequest) -> MakeEpoch:
    def say(wraps: Iterable[KeptWrap]) -> list[MemberWrap]:
        return [MemberWrap(user_id=one.user_id, wrap=one.wrap) for one in wraps]

    given = request.history
    history = None if given is None else NewHistory(sealed=given.sealed, wraps=say(given.wraps))
    return MakeEpoch(record=request.record, roster=request.roster, wraps=say(request.wraps), history=history)


async def _look_again(room: Room, live: Live) -> None:
    """After a conflict: everything that the next attempt rests on, the seed of the quicker epoch among it."""
    await fetch_epochs(room, live)
    room.stale |= live.members()
    await room.catch_up_members(live)
    await take_wraps(room)


async def _take_own(room: Room, live: Live, request: KeptRequest, told: Told) -> None:
    """The server has it: know it as if it had been fetched. Others may have come before the answer to
    a repeat.
    """
    if live.newest_n + 1 == request.n:
        live.epochs.take(request.record, request.roster, told.seq)
        live.told[request.n] = told
        live.is_fetched = True
    elif request.n not in live.epochs.known:
        await fetch_epochs(room, live)
    known = live.epochs.known.get(request.n)
    is_shown = known is not None and known.epoch.signed.unsigned == request.record[:-64]
    require(is_shown, Verdict.FORK, "the server has taken a record that it does not show")
    live.take_seed(request.n, request.seed)
    live.pending = live.sealing.pending = None
    room.keep(live)
    await write_seeds(room, live)
    await room.meet_members(live, now_ms())
