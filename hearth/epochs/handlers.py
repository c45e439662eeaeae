"""The commands of epochs, each bound to its verb, which the first to need it imports (decision 6)."""

from hearth.contract import Context, Nothing, command
from hearth.epochs.contract import (
    AnswerRewrap,
    AskRewrap,
    DropWraps,
    EpochHeads,
    Epochs,
    EpochTaken,
    History,
    LeaveGroup,
    Left,
    ListEpochHeads,
    ListEpochs,
    ListRewraps,
    ListWraps,
    MakeEpoch,
    MarkRestored,
    OfferEpoch,
    OwnWraps,
    ReadEpochHistory,
    RestoredAt,
    Rewraps,
    WrapName,
)


@command(MakeEpoch)
async def make_epoch(context: Context, command: MakeEpoch) -> EpochTaken:
    from hearth.epochs import make

    return await make.make_epoch(context, command)


@command(ListEpochs, mode="read")
async def list_epochs(context: Context, command: ListEpochs) -> Epochs:
    from hearth.epochs import read

    return await read.list_epochs(context, command)


@command(ListEpochHeads, mode="read")
async def list_heads(context: Context, command: ListEpochHeads) -> EpochHeads:
    from hearth.epochs import read

    return await read.list_heads(context, command.conversation_ids)


@command(ListWraps, mode="read")
async def list_wraps(context: Context, command: ListWraps) -> OwnWraps:
    from hearth.epochs import wraps

    return await wraps.list_wraps(context, command)


@command(DropWraps)
async def drop_wraps(context: Context, command: DropWraps) -> Nothing:
    from hearth.epochs import wraps

    return await wraps.drop_wraps(context, command.wraps)


@command(ReadEpochHistory, mode="read")
async def read_history(context: Context, command: ReadEpochHistory) -> History:
    from hearth.epochs import wraps

    name = WrapName(conversation_id=command.conversation_id, n=command.n)
    return await wraps.read_history(context, name)


@command(LeaveGroup)
async def leave_group(context: Context, command: LeaveGroup) -> Left:
    from hearth.epochs import leave

    return await leave.leave_group(context, command)


@command(OfferEpoch)
async def offer_epoch(context: Context, command: OfferEpoch) -> EpochTaken:
    from hearth.epochs import offer

    return await offer.offer_epoch(context, command)


@command(MarkRestored)
async def mark_restored(context: Context, command: MarkRestored) -> RestoredAt:
    from hearth.epochs import restored

    return await restored.mark_restored(context, command)


@command(AskRewrap)
async def ask_rewrap(context: Context, command: AskRewrap) -> Nothing:
    from hearth.epochs import rewrap

    return await rewrap.ask_rewrap(context, command)


@command(AnswerRewrap)
async def answer_rewrap(context: Context, command: AnswerRewrap) -> Nothing:
    from hearth.epochs import rewrap

    return await rewrap.answer_rewrap(context, command)


@command(ListRewraps, mode="read")
async def list_rewraps(context: Context, command: ListRewraps) -> Rewraps:
    from hearth.epochs import rewrap

    return await rewrap.list_rewraps(context, command)
