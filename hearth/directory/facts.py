"""What other nouns must know of people's chains to judge what these people are named in."""

from collections.abc import Collection, Mapping

from hearth.contract import Context
from hearth.directory import rules, store
from hearth.directory.append import load_person
from hearth.directory.rules import ReceiveKey, Standing
from hearth.sealed.core.packed import Head
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.receive import Receive


async def load_standings(context: Context, user_ids: Collection[int]) -> dict[int, Standing]:
    """Return how the chains of these people stand; who has none is left out. Two queries.

    It stays so until the transaction ends when the caller holds the users' rows.
    """
    keys = {
        row.user_id: ReceiveKey(row.version, row.hash, Receive.open(row.statement).body)
        for row in await store.list_newest_receive(context.transaction, user_ids)
    }
    standings = {}
    for user_id, stored in (await store.list_states(context.transaction, user_ids)).items():
        state = rules.decode_state(stored) or (await load_person(context, user_id)).now
        standings[user_id] = Standing(state, keys.get(user_id))
    return standings


async def load_chain(context: Context, chain: Chain, receive_hashes: Collection[bytes]) -> None:
    """Let an empty chain take all that is stored of its person, and these receive statements. Two queries.

    It verifies every statement again: for what happens rarely.
    """
    user_id, transaction = chain.user, context.transaction
    rows = await store.list_statements(transaction, user_id, after=0, limit=rules.MOST_STATEMENTS)
    for row in rows:
        chain.take(row.statement)
    for named in await store.list_receive(transaction, user_id, hashes=receive_hashes):
        chain.take_receive(named.statement)


async def list_incarnations(
    context: Context, heads: Mapping[int, Collection[Head]]
) -> dict[tuple[int, Head], int]:
    """Return the incarnation at heads of people's chains; one that is not on its chain is left out.

    One query, none for no heads.
    """
    places = [(user_id, head.n) for user_id, of_one in heads.items() for head in of_one]
    rows = await store.list_statements_at(context.transaction, places) if places else []
    return {(user_id, Head(n, digest)): incarnation for user_id, n, digest, incarnation in rows}
