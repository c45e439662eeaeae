"""Bringing a conversation to where this device may seal (docs/protocol-encryption.md, 7.6)."""

from hearth.client.conversations.act import MOVED, act, send_pending
from hearth.client.conversations.bond import require_bond
from hearth.client.conversations.fetch import fetch_epochs, scan_leaves
from hearth.client.conversations.live import Live, Told
from hearth.client.conversations.rewrap import ask_for_seeds
from hearth.client.conversations.room import Room
from hearth.client.conversations.rows import to_ms
from hearth.client.conversations.seeds import find_seed
from hearth.client.crypto.making import acts
from hearth.client.keys.catch_up import catch_up_rows
from hearth.client.keys.own import now_ms
from hearth.client.problems import NotReady, Waits
from hearth.conversations.contract import Conversation
from hearth.epochs.contract import EpochHead, EpochHeads, ListEpochHeads
from hearth.errors import HearthError
from hearth.sealed.core.verdicts import Rejected, Verdict
from hearth.sealed.group.epoch import NO_HASH, Epoch, Kind
from hearth.sealed.group.reasons import Age, Reason, find_held, find_reasons, needs_reidentify
from hearth.sealed.group.sealing import State, View
from hearth.sealed.group.steps import may_remove, rank_of
from hearth.sealed.person.pins import Change

MOST_TRIES = 5


async def make_ready(room: Room, live: Live, conversation: Conversation, last_seq: int) -> None:
    """Return once this device may seal under the newest epoch, which is made first where it is due.

    `last_seq` is the end of the log. Raises NotReady; HearthError, such as not_friends.
    """
    require_bond(live, conversation)
    if live.stopped is None and room.may_come_back(live, now_ms()):
        await _look_for_what_was_lost(room, live)
        if room.may_come_back(live, now_ms()):
            raise NotReady(Waits.UNCONFIRMED, room.list_awaited(live, now_ms()))
    tries = 0
    while True:
        tries += 1
        try:
            if await _try(room, live, conversation, last_seq):
                require_bond(live, conversation)  # an epoch may be known only since
                return
        except Rejected as rejected:
            room.stop(live, rejected)
            if live.stopped is None:
                raise NotReady(Waits.UNCONFIRMED, verdict=rejected.verdict) from rejected
        except HearthError as error:
            if error.code not in MOVED or tries >= MOST_TRIES:
                raise
        if live.sealing.state is State.STOPPED:
            raise NotReady(Waits.STOPPED, verdict=live.stopped)
        if tries > 2 * MOST_TRIES:
            raise NotReady(Waits.UNCONFIRMED)


async def _look_for_what_was_lost(room: Room, live: Live) -> None:
    """Others may have given it back meanwhile."""
    try:
        await fetch_epochs(room, live)
        room.stale |= live.members()
        await room.catch_up_members(live)
    except Rejected as rejected:
        room.stop(live, rejected)


async def _try(room: Room, live: Live, conversation: Conversation, last_seq: int) -> bool:
    """Take one step; True when there is nothing left to do."""
    if live.sealing.state is State.STOPPED:
        return False
    await send_pending(room, live)
    if is_ready(room, live, last_seq):
        return True
    if live.sealing.state is State.UNCONFIRMED:
        head = await _ask_head(room, live)
        if head is None:
            await _begin(room, live, conversation)
            return False
        await _confirm(room, live, head, last_seq)
    await room.catch_up_members(live)
    await _require_unbroken(room, live)
    live.sealing.look_again(_view(room, live, last_seq))
    return await _act_on(room, live, last_seq)


async def _require_unbroken(room: Room, live: Live) -> None:
    """Look again at whose chain is not the one that their pin names, and whether another device of this
    person has decided about it. Raises NotReady: until then nothing is sealed to them (9.2).
    """
    if not _list_broken(room, live):
        return
    room.stale |= _list_broken(room, live).keys()
    await catch_up_rows(room.own)
    await room.catch_up_members(live)
    broken = _list_broken(room, live)
    if broken:
        raise NotReady(Waits.UNCONFIRMED, frozenset(broken), next(iter(broken.values())))


def _list_broken(room: Room, live: Live) -> dict[int, Verdict]:
    verdicts = {user: room.own.pins.find_break(room.own.met.chain(user)) for user in live.members()}
    return {user: verdict for user, verdict in verdicts.items() if verdict is not None}


async def _ask_head(room: Room, live: Live) -> EpochHead | None:
    answer: EpochHeads = await room.own.ask(ListEpochHeads(conversation_ids=[live.key]), EpochHeads)
    head = answer.heads[0] if answer.heads else None
    known = max(live.newest_n, room.kept(live.key).epoch.n)
    if known > (0 if head is None else head.n):
        raise Rejected(Verdict.ROLLBACK, "an older epoch than is known")
    return head


async def _confirm(room: Room, live: Live, head: EpochHead, last_seq: int) -> None:
    """The server has named its current epoch: known or fetched, it is the one that is sealed under."""
    if head.n > live.newest_n:
        await fetch_epochs(room, live)
    if live.newest_n < head.n:
        raise Rejected(Verdict.UNPROVEN, "the epoch that is named was not shown")
    live.told[head.n] = Told(head.seq, to_ms(head.timestamp))
    room.stale |= live.members()
    await room.catch_up_members(live)
    await room.meet_members(live, now_ms())
    await find_seed(room, live, live.newest_n)
    live.sealing.confirm(head.n, head.record_hash, _view(room, live, last_seq))
    room.keep(live)


def _view(room: Room, live: Live, last_seq: int) -> View:
    epoch = live.epochs.newest
    assert epoch is not None  # the server has named one, and it is known
    people = room.own.met.people
    reasons = _find_reasons(room, live, epoch, last_seq)
    held = find_held(epoch, people, room.own.pins)
    has_key = live.epochs.known[epoch.record.n].key is not None
    return View(epoch.record.n, epoch.hash, has_key, reasons, held)


def _find_reasons(room: Room, live: Live, epoch: Epoch, last_seq: int) -> frozenset[Reason]:
    age = _age(room, live, last_seq)
    reasons = find_reasons(epoch, room.own.met.people, age, live.list_left())
    return reasons | {Reason.REMOVED} if room.list_unwanted(live) else reasons


def _age(room: Room, live: Live, last_seq: int) -> Age:
    """By the server's clock and, of what this device has made, by its own too: a server that is wrong has no
    epoch made after one just made. Before the server's clock is known, this device's counts.
    """
    told, epoch = live.told[live.newest_n], live.epochs.newest
    assert epoch is not None  # the server has named one, and it is known
    here, record = now_ms(), epoch.record
    now = room.replica.server_ms()
    now = here if now is None else now
    is_own = record.device == room.own.by.device
    stored_at = max(told.time, now - abs(here - record.time)) if is_own else told.time
    return Age(now, stored_at, max(0, last_seq - max(told.seq, record.seen.seq)))


async def _act_on(room: Room, live: Live, last_seq: int) -> bool:
    """Do what the state asks for. Raises NotReady."""
    epoch = live.epochs.newest
    assert epoch is not None  # `_view` has looked at it
    state = live.sealing.state
    if state is State.READY:
        return True
    if state is State.HELD:
        await _reidentify(room, live, epoch)
    elif state is State.KEYLESS:
        if not await find_seed(room, live, epoch.record.n):
            await ask_for_seeds(room, live)
            raise NotReady(Waits.KEYLESS)
    elif state is State.ROTATING:
        if room.list_unwanted(live):
            await scan_leaves(room, live, last_seq + 1)  # who has left is nobody's to remove
        await act(room, live, _choose(room, live, epoch))
    elif state is State.UNCONFIRMED:
        raise NotReady(Waits.UNCONFIRMED)
    return False


def _choose(room: Room, live: Live, epoch: Epoch) -> acts.Act:
    """Remove who has left, or whose removal is lost, else rotate: what a device does by itself.

    Raises NotReady where this person may not remove them.
    """
    left = (live.list_left() & epoch.members.keys()) - {live.where.own_user}
    causes = {user: live.find_leave(epoch.record.n, user) for user in left}
    found = {user: cause for user, cause in causes.items() if cause is not None}
    unwanted = room.list_unwanted(live) - found.keys()
    if unwanted:
        rank = rank_of(epoch.members, live.where.own_user)
        if not all(may_remove(rank, epoch.members[user].role) for user in unwanted):
            raise NotReady(Waits.REMOVED, unwanted)
        found |= dict.fromkeys(unwanted, NO_HASH)
    return acts.remove(epoch, found) if found else acts.rotate(epoch)


async def _reidentify(room: Room, live: Live, epoch: Epoch) -> None:
    """Let in again whose new identity the person has accepted, here or on another device. Raises NotReady
    for everybody else.
    """
    held, accepted = _find_accepted(room, epoch)
    if accepted != held and await catch_up_rows(room.own):
        held, accepted = _find_accepted(room, epoch)
    if accepted != held:
        waiting = held - accepted
        earlier = frozenset(user for user in waiting if _has_earlier(room, user))
        raise NotReady(Waits.EARLIER, earlier) if earlier else NotReady(Waits.HELD, waiting)
    if held:
        await act(room, live, acts.reidentify(epoch, room.own.user, accepted))


def _find_accepted(room: Room, epoch: Epoch) -> tuple[frozenset[int], frozenset[int]]:
    """Return who is held, and who of them only until `reidentify`, which this person's decision allows."""
    people, pins = room.own.met.people, room.own.pins
    held = find_held(epoch, people, pins)
    accepted = set()
    for user in held:
        chain, pin = people.chain(user), pins.by_user.get(user)
        assert chain.state is not None
        is_accepted = user == room.own.user or (
            pin is not None and pin.identity_key == chain.state.identity_key
        )
        if is_accepted and needs_reidentify(chain.at(epoch.members[user].chain), chain.state):
            accepted.add(user)
    return held, frozenset(accepted)


def _has_earlier(room: Room, user: int) -> bool:
    return room.own.pins.find_change(room.own.met.chain(user)) is Change.EARLIER


async def _begin(room: Room, live: Live, conversation: Conversation) -> None:
    """Make the first epoch of a direct or self conversation. Raises NotReady when somebody has no keys
    yet, or another name than the server says.
    """
    others = [card.id for card in conversation.users if card.id != room.own.user]
    await room.own.met.catch_up([room.own.user, *others])
    without = frozenset(user for user in others if room.own.met.chain(user).state is None)
    if without:
        raise NotReady(Waits.NO_KEYS, without)
    require_bond(live, conversation)  # chains may be known only since
    if conversation.kind == "direct" and len(others) == 1:
        await act(room, live, acts.create_direct(room.own.user, others[0]))
    elif conversation.kind == "self":
        await act(room, live, acts.create_self(room.own.user))
    else:
        raise NotReady(Waits.UNCONFIRMED)


def is_ready(room: Room, live: Live, last_seq: int) -> bool:
    """Tell whether this device may seal right now, with nothing to be asked of the server before."""
    epoch = live.epochs.newest
    if epoch is None or live.sealing.state is not State.READY or live.pending is not None:
        return False
    if live.members() & room.stale or live.epochs.known[epoch.record.n].key is None:
        return False
    if find_held(epoch, room.own.met.people, room.own.pins):
        return False
    return not _find_reasons(room, live, epoch, last_seq)


async def look_for_leaves(room: Room, live: Live, last_seq: int) -> None:
    """Nothing more is taken under the newest epoch: somebody may have left in it."""
    newest = live.epochs.newest
    if newest is not None and newest.record.kind is Kind.GROUP:
        try:
            await scan_leaves(room, live, last_seq + 1)
        except Rejected as rejected:
            room.stop(live, rejected)
    live.sealing.disconnect()
