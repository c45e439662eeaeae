"""People's chains after a restore: one's own is given back, what others' have lost is waited for (10.10).

What was known of a chain still counts where the server shows it. Where it is shorter, or another statement
has taken the place of one that was lost, the chain is verified anew from its beginning.
"""

import logging
from collections.abc import Iterator

from hearth.client.conversations.room import Room
from hearth.client.keys.kept import KeptHead, KeptPerson
from hearth.client.keys.own import Own
from hearth.client.keys.set_up import list_device_keys
from hearth.client.problems import is_retryable
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
from hearth.errors import HearthError, NotSignedIn
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.generations import Generation
from hearth.sealed.person.user_chain import MAY_COME_BACK, read_user_statement
from hearth.vault.contract import Generations, ListGenerations

LOG = logging.getLogger(__name__)
AT_ONCE = 500
MOST_OFFERED = 50


async def look_at_people(room: Room, before: Room | None) -> None:
    """Give one's own chain back, and set aside what the server does not have. Raises HearthError."""
    own = room.own
    if before is not None:
        await _offer_own(own, before.own)
    heads = await _list_heads(own)
    lost: dict[str, int] = dict(own.keys.lost)
    for user, kept in list(own.keys.people.items()):
        head = heads.get(user)
        is_there = head is not None and await _is_there(own, head, kept.chain)
        if not is_there and head is not None and head.n < kept.chain.n and user != str(own.user):
            lost[user] = max(kept.chain.n, lost.get(user, 0))
        chain = kept.chain if is_there else KeptHead()
        own.keys.people[user] = KeptPerson(chain, KeptHead(), kept.pin)
    own.keys.lost = lost
    own.keys.lost_until = own.keys.lost_until or (patience.end() if lost else 0)
    if not await _has_generation(own):
        own.keys.generation, own.keys.carry_from, own.keys.vault_version = None, None, 0
    own.file.save()


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
    """Offer what follows on the server's head of one's own chain, as far as it can come back."""
    command = ListChainHeads(user_ids=[own.user])
    answer: ChainHeads = await own.ask(command, ChainHeads)
    chain = before.chain
    if not answer.heads or not chain.states:
        return
    head = answer.heads[0]
    is_same = head.n <= len(chain.states) and chain.states[head.n - 1].hash == head.hash
    if not is_same:
        return
    statements = list(_list_lost(chain, head.n))[:MOST_OFFERED]
    receives = list(_list_receives(before, head, head.n + len(statements)))[:MOST_OFFERED]
    if not statements and not receives:
        return
    listed, after = chain.states[head.n - 1].devices, chain.states[head.n + len(statements) - 1].devices
    new = (after.keys() - listed.keys()) & before.device_keys.keys()
    keys = list_device_keys({device: before.device_keys[device] for device in new})
    offer = OfferChain(statements=statements, receives=receives, device_keys=keys)
    try:
        await own.ask(offer, ChainTaken)
    except NotSignedIn:
        raise
    except HearthError as error:
        if is_retryable(error):
            raise
        # Somebody was quicker, or nothing is taken back: what stands there counts
        LOG.info("one's own chain is not given back: %s", error.code)


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
