"""The commands of messages."""

from hearth.contract import Actor, Context, Later, Nothing, command, direct
from hearth.messages.contract import (
    MarkReceived,
    Offered,
    OfferEntries,
    Page,
    ReadHistory,
    SendMessage,
    Sent,
    StartTyping,
    StopTyping,
)
from hearth.messages.history import read_history
from hearth.messages.typing import start_typing, stop_typing
from hearth.services import Services


@direct(SendMessage)
def send(services: Services, actor: Actor, command: SendMessage) -> Later[Sent]:
    return services.messages.append(actor, command)


@command(OfferEntries, mode="none")
async def offer(context: Context, command: OfferEntries) -> Offered:
    from hearth.messages.offer import offer_entries

    return await offer_entries(context, command)


@command(ReadHistory, mode="read")
async def read(context: Context, command: ReadHistory) -> Page:
    return await read_history(context, command)


@direct(MarkReceived)
def mark(services: Services, actor: Actor, command: MarkReceived) -> Nothing:
    services.messages.mark(actor, command)
    return Nothing()


@command(StartTyping, mode="read")
async def start(context: Context, command: StartTyping) -> Nothing:
    await start_typing(context, command)
    return Nothing()


@command(StopTyping, mode="read")
async def stop(context: Context, command: StopTyping) -> Nothing:
    await stop_typing(context, command)
    return Nothing()
