"""Conversations as devices get them: what they are, whose they are, and everybody's stays in them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from hearth.accounts.cards import load_cards
from hearth.contract import Transaction
from hearth.conversations import store
from hearth.conversations.contract import Conversation
from hearth.conversations.rules import Head, Stay


@dataclass(frozen=True, slots=True)
class Described:
    """A conversation and every stay in it; its users and the stays are ordered by user id."""

    conversation: Conversation
    stays: list[Stay]


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
            stays[head.id],
        )
        for head in heads
    }


async def list_stays(
    transaction: Transaction, conversation_ids: Collection[bytes]
) -> dict[bytes, list[Stay]]:
    """Return every stay of everybody in these conversations, by user id. One query."""
    return await store.list_all_stays(transaction, conversation_ids)
