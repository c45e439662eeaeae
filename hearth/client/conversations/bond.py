"""Whom a conversation is with: never by the server's word alone (docs/protocol-encryption.md, 5.2, 7.6)."""

from hearth.accounts.contract import UserCard
from hearth.client.conversations.live import Live
from hearth.client.problems import NotReady, Waits
from hearth.conversations.contract import Conversation
from hearth.sealed.core.verdicts import Verdict
from hearth.sealed.group.check import Where
from hearth.sealed.group.epoch import Kind
from hearth.sealed.group.ids import direct_id, self_id


def require_bond(live: Live, said: Conversation) -> None:
    """Raise NotReady(STOPPED, wrong_place) unless a conversation is what the server says of it: by its newest
    epoch, and before there is one by its id; and the other person of a direct one, by their chain.

    The server's list of a group may be older or newer than the epoch, and decides nothing.
    """
    _require_kind(live, said)
    if said.kind == "direct":
        _require(all(_has_own_name(live, card) for card in said.users if card.id != live.where.own_user))


def _require_kind(live: Live, said: Conversation) -> None:
    newest = live.epochs.newest
    if newest is None:
        return require_id(live.where, said)
    kind = newest.record.kind
    is_same = kind is Kind.GROUP or newest.members.keys() == {card.id for card in said.users}
    _require(said.kind == kind.name.lower() and is_same)


def require_id(where: Where, said: Conversation) -> None:
    """Raise NotReady(STOPPED, wrong_place) unless the id may be that of what is said to be this conversation.

    Of a group it says only what the group is not.
    """
    others = {card.id for card in said.users} - {where.own_user}
    direct = {direct_id(where.server, where.own_user, other) for other in others}
    own = self_id(where.server, where.own_user)
    if said.kind == "group":
        _require(where.conversation not in direct | {own})
    elif said.kind == "self":
        _require(where.conversation == own and not others)
    else:
        _require({where.conversation} == direct and len(others) == 1)


def _has_own_name(live: Live, card: UserCard) -> bool:
    """Before a chain is known the server's word is all that there is."""
    state = live.people.chain(card.id).state
    return state is None or card.deleted or card.username == state.username


def _require(is_true: bool) -> None:
    if not is_true:
        raise NotReady(Waits.STOPPED, verdict=Verdict.WRONG_PLACE)
