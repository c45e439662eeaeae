"""The commands of messages."""

from hearth.contract import Context, Nothing, command
from hearth.messages.contract import (
    MarkReceived,
    Page,
    ReadHistory,
    SendMessage,
    Sent,
    StartTyping,
    StopTyping,
)
from hearth.messages.history import read_history
from hearth.messages.typing import start_typing, stop_typing


@command(SendMessage, mode="none")
async def send(context: Context, command: SendMessage) -> Sent:
    return await context.services.messages.append(context.actor, command)


@command(ReadHistory, mode="read")
async def read(context: Context, command: ReadHistory) -> Page:
    return await read_history(context, command)


@command(MarkReceived, mode="none")
async def mark(context: Context, command: MarkReceived) -> Nothing:
    context.services.messages.mark(context.actor, command)
    return Nothing()


@command(StartTyping, mode="read")
async def start(context: Context, command: StartTyping) -> Nothing:
    await start_typing(context, command)
    return Nothing()


@command(StopTyping, mode="read")
async def stop(context: Context, command: StopTyping) -> Nothing:
    await stop_typing(context, command)
    return Nothing()
