"""What a restored database has lost of a chain, offered by one of the person's devices (10.10).

It was judged once, and is judged again by what the signatures say. The sessions of that time are gone: so a
device that is listed needs none, and one that is not listed any more loses it again. A stolen device signs
what nobody has lost, too: there is an end to it in a day, and room is kept for what the identity key signs.
"""

from collections.abc import Sequence

from hearth.contract import Context
from hearth.directory import rules, store
from hearth.directory.append import hold_person, kem_hashes, store_receive, store_statements
from hearth.directory.change import end_unlisted, say_taken
from hearth.directory.contract import ChainTaken, NewReceive, OfferChain
from hearth.directory.facts import load_chain
from hearth.directory.restored import require_restored
from hearth.directory.rules import ChainMoved, Person, ReceiveMoved
from hearth.directory.store import ReceiveRow
from hearth.errors import LimitReached, NotFound, TooManyRequests
from hearth.sealed.core.verdicts import Verdict, require
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.receive import check_receive_key
from hearth.sealed.person.user_chain import MAY_COME_BACK, StatementKind, read_user_statement
from hearth.sealed.person.user_state import ChainState
from hearth.vault.keep import keep_device_keys
from hearth.vault.rules import ROOM_FOR_OWNER, judged


async def offer_chain(context: Context, command: OfferChain) -> ChainTaken:
    """Append what is missing. Raises NotRestored, NotFound (a device that is in no list), ChainMoved,
    ReceiveMoved, NotAccepted, LimitReached."""
    require_restored(context)
    person = await hold_person(context, context.user_id)
    hashes = [rules.hash_statement(data) for data in command.statements]
    known = await store.list_by_hash(context.transaction, person.user_id, hashes) if hashes else {}
    fresh = [data for data in command.statements if data not in known.values()]
    if fresh:
        await append_offered(context, person, fresh, command)
    else:
        require_device(context, person, person.now, command.listing)
    if command.receives:
        await append_receives(context, person, command.receives)
    return await say_taken(context, person)


async def append_offered(
    context: Context, person: Person, statements: Sequence[bytes], command: OfferChain
) -> None:
    """Append statements as the next ones, and end the sessions of devices that they take off the list."""
    before = person.now
    with judged(ChainMoved):
        kinds = [read_user_statement(data).body.kind for data in statements]
        require(MAY_COME_BACK.issuperset(kinds), Verdict.NOT_ALLOWED, "a statement that comes with a vault")
        states = rules.follow(person, statements)
    require_device(context, person, states[-1], command.listing)
    by_device = sum(kind is not StatementKind.DEVICES for kind in kinds)
    take_share(context, "chain.offered", rules.OFFERED_STATEMENTS, by_device)
    kept = ROOM_FOR_OWNER if by_device else 0
    await store_statements(context, person, list(zip(states, kinds, statements, strict=True)), kept=kept)
    await keep_device_keys(context, person.user_id, kem_hashes(person.now), command.device_keys)
    await end_unlisted(context, person, reason="revoked", of=before.devices)


def require_device(context: Context, person: Person, state: ChainState, listing: bytes | None) -> None:
    """Raise NotFound unless the asking device is or was in the list, or will be: its person has said so.

    A list from above the state that is reached shows it: so many statements may stand between the two that
    no request has room for them.
    """
    device_id = context.actor.device_id
    if device_id in state.device_keys:
        return
    if listing is None:
        raise NotFound
    with judged(ChainMoved):
        is_coming = rules.is_listed_above(person, state, listing, device_id)
    if not is_coming:
        raise NotFound


def take_share(context: Context, bucket: str, limit: str, count: int) -> None:
    """Take from what a person's devices may give back in a day. Raises LimitReached: nobody waits so long."""
    try:
        context.services.limits.take(bucket, context.user_id, limit, cost=count)
    except TooManyRequests:
        raise LimitReached("No more is taken back today.") from None


async def append_receives(context: Context, person: Person, offered: Sequence[NewReceive]) -> None:
    """Append receive statements as the next ones, judged at the heads that they state."""
    chain = Chain(person.server, person.user_id)
    await load_chain(context, chain, ())
    for new in offered:
        row = await judge_receive(context, person, chain, new)
        if row is not None:
            take_share(context, "receive.offered", rules.OFFERED_RECEIVES, 1)
            await store_receive(context, person, row)


async def judge_receive(context: Context, person: Person, chain: Chain, new: NewReceive) -> ReceiveRow | None:
    """Return the row of the next receive statement, None for one that is there."""
    with judged(ReceiveMoved):
        signed = chain.take_receive(new.statement)
        check_receive_key(signed.body, new.public_key)
    known = await store.list_receive(context.transaction, person.user_id, hashes=[signed.hash])
    if known:
        return None
    if signed.body.version != person.receive_version + 1:
        raise ReceiveMoved
    return ReceiveRow(signed.body.version, signed.hash, new.statement, new.public_key)
