"""Telling the other members that one is writing. Nothing is stored; it lapses by itself on their side."""

from hearth.contract import Context, Event, Members
from hearth.conversations.access import get_access, list_member_ids
from hearth.messages.contract import StartTyping, StopTyping, TypingStarted, TypingStopped
from hearth.messages.rules import require_open


async def start_typing(context: Context, command: StartTyping) -> None:
    """Raises NotFound for who is no member and ConversationClosed when nothing can be written."""
    event = TypingStarted(conversation_id=command.conversation_id, user_id=context.user_id)
    await tell_others(context, command.conversation_id, event)


async def stop_typing(context: Context, command: StopTyping) -> None:
    """Raises what `start_typing` raises."""
    event = TypingStopped(conversation_id=command.conversation_id, user_id=context.user_id)
    await tell_others(context, command.conversation_id, event)


async def tell_others(context: Context, conversation: str, event: Event) -> None:
    conversation_id = bytes.fromhex(conversation)
    access = await get_access(context.transaction, conversation_id, context.user_id)
    require_open(access)
    members = await list_member_ids(context.transaction, conversation_id)
    others = tuple(user_id for user_id in members if user_id != context.user_id)
    context.publish(event, to=Members(conversation_id, others))
