"""People's chains after a restore: one's own is given back, what others' have lost is waited for (10.10).

What was known of a chain still counts where the server shows it. Where it is shorter, or another statement
has taken the place of one that was lost, the chain is verified anew from its beginning.
"""

import logging
from collections.abc import Iterator

import msgspec

from hearth.client.conversations.room import Room
from hearth.client.keys.kept import KeptHead
from hearth.client.keys.own import Own, now_ms
from hearth.client.keys.set_up import list_device_keys
from hearth.client.restored import patience
from hearth.directory.contract import (
    ChainHead,
    ChainHeads,
    ChainTaken,
    ListChainHeads,
    NewReceive,
    OfferChain,
    ReadChain,
    UserChain,
)
from hearth.errors import HearthError
from hearth.sealed.core.verdicts import Verdict, require
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.generations import Generation
from hearth.sealed.person.keyring import UserId
from hearth.sealed.person.user_chain import MAY_COME_BACK, read_user_statement
from hearth.vault.contract import Generations, ListGenerations

LOG = logging.getLogger(__name__)
AT_ONCE = 500
MOST_OFFERED = 50
IS_OVER = frozenset({"chain_moved", "receive_moved", "not_restored", "not_accepted", "not_found"})
"""Somebody was quicker, or nothing is taken back."""


async def look_at_people(room: Room, before: Room | None) -> None:
    """Give one's own chain back, and set aside what the server does not have.

    Raises HearthError; Rejected(rollback) when the server denies one's own chain: nothing is set aside then.
    """
    own = room.own
    has_own = before is not None and bool(before.own.chain.states)
    if before is not None:
        own.counted |= before.own.counted
        room.before = before.own.met.people
    if before is not None and has_own:
        await _offer_own(own, before.own)
    heads = await _list_heads(own)
    lost: dict[str, int] = dict(own.keys.lost) if now_ms() < own.keys.lost_until else {}
    for user, kept in list(own.keys.people.items()):
        head = heads.get(user)
        is_there = head is not None and await _is_there(own, head, kept.chain)
        is_shorter = not is_there and (head is None or head.n < kept.chain.n)
        if is_shorter and not (has_own and user == str(own.user)):  # nobody else could give more of it
            lost[user] = max(kept.chain.n, lost.get(user, 0))
        chain = kept.chain if is_there else KeptHead()
        own.keys.people[user] = msgspec.structs.replace(kept, chain=chain, receive=KeptHead())
    own.keys.lost, own.keys.lost_until = lost, patience.end() if lost else 0
    if not await _has_generation(own):
        own.keys.generation, own.keys.vault_version = None, 0
        own.keys.carry_from, own.keys.carry = None, []
    own.file.save()


async def return_pins(own: Own, before: Own | None) -> None:
    """Write pins again that the keyring has lost: nobody is unverified or unmet by what a server says of a
    restore. Raises HearthError.
    """
    known = {**own.kept_pins(), **({} if before is None else before.pins.by_user)}
    own.remember_pins(known.items())
    shown = own.shown_pins()
    lost = [(user, pin) for user, pin in known.items() if pin in own.standing.get(user, ())]
    lost = [one for one in lost if one not in shown]
    if lost:
        await own.append([(UserId(user), pin) for user, pin in lost])
    for user, pin in lost:
        if own.pins.by_user[user] == pin:
            own.met.keep(user, pin.pack())


async def _list_heads(own: Own) -> dict[str, ChainHead]:
    wanted, found = sorted(int(user) for user in own.keys.people), dict[str, ChainHead]()
    for at in range(0, len(wanted), AT_ONCE):
        command = ListChainHeads(user_ids=wanted[at : at + AT_ONCE])
        answer: ChainHeads = await own.ask(command, ChainHeads)
        found |= {str(head.user_id): head for head in answer.heads}
    return found


async def _is_there(own: Own, head: ChainHead, kept: KeptHead) -> bool:
    """Tell whether a statement that was seen still stands where it stood."""
    if head.n <= kept.n or kept.n == 0:
        return (head.n, head.hash) == (kept.n, kept.hash)
    page: UserChain = await own.ask(ReadChain(user_id=head.user_id, after=kept.n - 1), UserChain)
    return bool(page.statements) and read_user_statement(page.statements[0]).hash == kept.hash


async def _has_generation(own: Own) -> bool:
    kept = own.keys.generation
    if kept is None:
        return True
    page: Generations = await own.ask(ListGenerations(before=kept.g + 1, limit=1), Generations)
    newest = page.generations[0] if page.generations else None
    return newest is not None and Generation.open(newest.statement).hash == kept.hash


async def _offer_own(own: Own, before: Own) -> None:
    """Offer what follows on the server's head of one's own chain, as far as it can come back.

    Raises Rejected(rollback) when the server shows the beginning of it still, and does not take the rest:
    a device that was removed since would be one again, and be given what was made since.
    """
    head = await _find_own(own, before.chain)
    while head is not None:
        statements = list(_list_lost(before.chain, head.n))[:MOST_OFFERED]
        receives = list(_list_receives(before, head, head.n + len(statements)))[:MOST_OFFERED]
        if not statements and not receives:
            return
        refusal = await _offer(own, before, head, statements, receives)
        after = await _find_own(own, before.chain)
        if after is not None:
            is_taken = after.n >= head.n + len(statements)
            require(is_taken, Verdict.ROLLBACK, f"one's own chain is not taken back ({refusal})")
        is_further = after is not None and _measure(after) > _measure(head)
        head = after if refusal is None and is_further else None


def _measure(head: ChainHead) -> tuple[int, int]:
    """Return how far a chain and its receive statements have come."""
    return head.n, head.receive_version


async def _find_own(own: Own, chain: Chain) -> ChainHead | None:
    """Return the head of one's own chain if it stands on what was known."""
    command = ListChainHeads(user_ids=[own.user])
    answer: ChainHeads = await own.ask(command, ChainHeads)
    if not answer.heads:
        return None
    head = answer.heads[0]
    is_known = head.n <= len(chain.states) and chain.states[head.n - 1].hash == head.hash
    return head if is_known else None


async def _offer(
    own: Own, before: Own, head: ChainHead, statements: list[bytes], receives: list[NewReceive]
) -> str | None:
    """Return the code of a refusal for good: what the server shows then tells whether it may."""
    listed = before.chain.states[head.n - 1].devices
    after = before.chain.states[head.n + len(statements) - 1].devices
    new = (after.keys() - listed.keys()) & before.device_keys.keys()
    keys = list_device_keys({device: before.device_keys[device] for device in new})
    listing = _find_listing(before.chain, head.n + len(statements), own.by.device)
    offer = OfferChain(statements=statements, receives=receives, device_keys=keys, listing=listing)
    try:
        await own.ask(offer, ChainTaken)
    except HearthError as error:
        if error.code not in IS_OVER:
            raise
        LOG.info("one's own chain is not given back: %s", error.code)
        return error.code
    return None


def _find_listing(chain: Chain, n: int, device: bytes) -> bytes | None:
    """Return the list above a statement by which a device shows that it is one, None where it is known."""
    reached = chain.states[n - 1]
    if device in reached.device_keys:
        return None
    for state, statement in zip(chain.states[n:], chain.statements[n:], strict=True):
        if device in state.devices:
            return statement if state.identity_key == reached.identity_key else None
    return None


def _list_lost(chain: Chain, n: int) -> Iterator[bytes]:
    for statement in chain.statements[n:]:
        if read_user_statement(statement).body.kind not in MAY_COME_BACK:
            return
        yield statement


def _list_receives(before: Own, head: ChainHead, n: int) -> Iterator[NewReceive]:
    """Return the receive statements above the newest there, up to a chain head, without a gap."""
    by_version = {signed.body.version: signed for signed in before.chain.receive_statements}
    version = head.receive_version + 1
    while (signed := by_version.get(version)) is not None and signed.body.chain.n <= n:
        key = before.met.receive_keys.get(signed.body.kem_hash)
        if key is None:
            return
        yield NewReceive(statement=signed.unsigned + signed.signature, public_key=key)
        version += 1
