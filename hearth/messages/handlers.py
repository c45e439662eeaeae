"""The commands of messages."""

from hearth.contract import Actor, Context, Later, Nothing, command, direct
from hearth.messages.aimed import read_aimed
from hearth.messages.contract import (
    Aimed,
    MarkReceived,
    Offered,
    OfferEntries,
    Page,
    Pins,
    ReadAimed,
    ReadHistory,
    ReadPins,
    ReadStates,
    SendMessage,
    Sent,
    StartTyping,
    States,
    StopTyping,
)
from hearth.messages.history import read_history
from hearth.messages.standing import read_pins, read_states
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


@command(ReadAimed, mode="read")
async def aimed(context: Context, command: ReadAimed) -> Aimed:
    return await read_aimed(context, command)


@command(ReadStates, mode="read")
async def states(context: Context, command: ReadStates) -> States:
    return await read_states(context, command)


@command(ReadPins, mode="read")
async def pins(context: Context, command: ReadPins) -> Pins:
    return await read_pins(context, command)


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
