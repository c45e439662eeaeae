"""What of people's chains can come back after a restore (10.10): only that is waited for."""

from collections.abc import Iterator

from hearth.sealed.core.packed import Head
from hearth.sealed.person.chain import Chain
from hearth.sealed.person.user_chain import MAY_COME_BACK, read_user_statement


def find_reach(before: Chain, length: int, now: Chain) -> int:
    """Return up to which statement somebody's chain can come to stand as it stood.

    `before` is what was known of it, which may be less than its `length`; `now` what there is, at least that.
    """
    state, known = now.state, len(before.states)
    if state is None or known < length:
        return max(len(now.states), known, length)
    if not before.has(state.head):
        return state.n
    return max(_list_reached(before, state.n), default=state.n)


def _list_reached(chain: Chain, n: int) -> Iterator[int]:
    """List what follows n up to the first statement that no device gives back."""
    for at, statement in enumerate(chain.statements[n:], n + 1):
        if read_user_statement(statement).body.kind not in MAY_COME_BACK:
            return
        yield at


def can_come_back(head: Head, before: Chain, reach: int, now: Chain) -> bool:
    """Tell whether a stated head is on a chain, or can come back onto it."""
    if head.n <= len(now.states):
        return now.has(head)
    return head.n <= reach and (head.n > len(before.states) or before.has(head))
