"""The commands of friends."""

from hearth.contract import Context, Nothing, command
from hearth.friends.answer import accept_request, cancel_request, decline_request
from hearth.friends.contract import (
    AcceptRequest,
    BlockUser,
    CancelRequest,
    DeclineRequest,
    FindUser,
    FoundUser,
    RemoveFriend,
    RequestFriend,
    RequestOutcome,
    UnblockUser,
)
from hearth.friends.end import block_user, remove_friend, unblock_user
from hearth.friends.find import find_user
from hearth.friends.request import request_friend


@command(FindUser, mode="read")
async def find(context: Context, command: FindUser) -> FoundUser:
    return await find_user(context, command.username)


@command(RequestFriend)
async def request(context: Context, command: RequestFriend) -> RequestOutcome:
    return await request_friend(context, command.username)


@command(AcceptRequest)
async def accept(context: Context, command: AcceptRequest) -> Nothing:
    await accept_request(context, command.request_id)
    return Nothing()


@command(DeclineRequest)
async def decline(context: Context, command: DeclineRequest) -> Nothing:
    await decline_request(context, command.request_id)
    return Nothing()


@command(CancelRequest)
async def cancel(context: Context, command: CancelRequest) -> Nothing:
    await cancel_request(context, command.request_id)
    return Nothing()


@command(RemoveFriend)
async def remove(context: Context, command: RemoveFriend) -> Nothing:
    await remove_friend(context, command.user_id)
    return Nothing()


@command(BlockUser)
async def block(context: Context, command: BlockUser) -> Nothing:
    await block_user(context, command.username)
    return Nothing()


@command(UnblockUser)
async def unblock(context: Context, command: UnblockUser) -> Nothing:
    await unblock_user(context, command.user_id)
    return Nothing()
