"""Conversations as devices get them: what they are, whose they are, and how far everybody has read."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from hearth.accounts.cards import load_cards
from hearth.contract import Transaction
from hearth.conversations import store
from hearth.conversations.contract import Conversation, Member
from hearth.conversations.rules import Head, Stay


@dataclass(frozen=True, slots=True)
class Described:
    """A conversation and its present members, both ordered by user id."""

    conversation: Conversation
    members: list[Member]


async def describe_conversations(transaction: Transaction, heads: Iterable[Head]) -> dict[bytes, Described]:
    """Return these conversations by id. Two queries, however many they are.

    `users` covers former members too: their entries stay, and are shown with their names.
    """
    heads = list(heads)
    stays = await store.list_all_stays(transaction, [head.id for head in heads])
    cards = await load_cards(transaction, {stay.user_id for of_one in stays.values() for stay in of_one})
    return {
        head.id: Described(
            Conversation(
                id=head.id.hex(),
                kind=head.kind,
                open=head.is_open,
                users=[cards[user_id] for user_id in sorted({stay.user_id for stay in stays[head.id]})],
                created_at=head.created_at,
            ),
            [to_member(stay) for stay in stays[head.id] if stay.left_seq is None],
        )
        for head in heads
    }


async def list_members(transaction: Transaction, conversation_id: bytes) -> list[Member]:
    """Return who is in a conversation now, with their cursors, by user id. One query."""
    return (await list_members_of(transaction, [conversation_id]))[conversation_id]


async def list_members_of(
    transaction: Transaction, conversation_ids: Collection[bytes]
) -> dict[bytes, list[Member]]:
    """Return the same for several conversations. One query."""
    stays = await store.list_all_stays(transaction, conversation_ids)
    return {
        conversation_id: [to_member(stay) for stay in stays[conversation_id] if stay.left_seq is None]
        for conversation_id in conversation_ids
    }


def to_member(stay: Stay) -> Member:
    return Member(
        user_id=stay.user_id,
        role=stay.role,
        joined_seq=stay.joined_seq,
        delivered_seq=stay.delivered_seq,
        read_seq=stay.read_seq,
    )
