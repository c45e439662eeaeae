"""Reading chains and receive statements: for who may see the person, and for nobody else."""

from collections.abc import Sequence

from hearth.contract import Context
from hearth.directory import rules, store
from hearth.directory.contract import ChainHead, ChainHeads, ReceiveStatement, ReceiveStatements, UserChain
from hearth.errors import NotFound


async def read_chain(context: Context, user_id: int, after: int) -> UserChain:
    """Return a page of somebody's chain, of at most 96 KiB. Raises NotFound for who may not see them."""
    await require_visible(context, user_id)
    found = await store.list_chains(context.transaction, (user_id,))
    if user_id not in found:
        return UserChain(user_id=user_id, n=0, statements=[])
    rows = await store.list_statements(context.transaction, user_id, after=after, limit=rules.PAGE_STATEMENTS)
    statements = fit_page([row.statement for row in rows])
    return UserChain(user_id=user_id, n=found[user_id].n, statements=statements)


async def list_heads(context: Context, user_ids: Sequence[int]) -> ChainHeads:
    """Return the heads of those chains that there are and that the asker may see."""
    visible = await context.services.list_visible(context.transaction, context.user_id, user_ids)
    found = await store.list_chains(context.transaction, visible) if visible else {}
    return ChainHeads(
        heads=[
            ChainHead(user_id=user_id, n=row.n, hash=row.hash, receive_version=row.receive_version)
            for user_id, row in sorted(found.items())
        ]
    )


async def read_receive(context: Context, user_id: int, hashes: Sequence[bytes]) -> ReceiveStatements:
    """Return somebody's newest receive statement, or the named ones. Raises NotFound as `read_chain`."""
    await require_visible(context, user_id)
    rows = await store.list_receive(context.transaction, user_id, hashes=hashes)
    statements = [ReceiveStatement(statement=row.statement, public_key=row.public_key) for row in rows]
    return ReceiveStatements(user_id=user_id, statements=statements)


async def require_visible(context: Context, user_id: int) -> None:
    """Raise NotFound for who may not see a person, or when there is nobody."""
    if not await context.services.list_visible(context.transaction, context.user_id, (user_id,)):
        raise NotFound


def fit_page(statements: Sequence[bytes]) -> list[bytes]:
    """Return as many of the first statements as fit into a page, at least one of any."""
    page: list[bytes] = []
    size = 0
    for statement in statements:
        size += len(statement)
        if page and size > rules.PAGE_BYTES:
            break
        page.append(statement)
    return page
