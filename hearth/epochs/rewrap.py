"""Asking for a seed that one has not, and answering a co-member who asks (section 7.7).

The newest request of a member for an epoch is kept with its first answer, until the member says that the seed
is in the keyring (`epoch.drop_wraps`). A new request, with other bytes, has no answer yet.
"""

from hearth.accounts.living import hold_users
from hearth.contract import Context, Members, Nothing
from hearth.conversations.access import get_access, list_accesses, list_member_ids
from hearth.epochs import rewrap_store, store
from hearth.epochs.contract import (
    AnswerRewrap,
    AskRewrap,
    ListRewraps,
    OpenRewrap,
    RewrapAnswer,
    RewrapAnswered,
    RewrapAsked,
    Rewraps,
)
from hearth.epochs.rules import EpochMoved
from hearth.epochs.standing import load_sender
from hearth.errors import NotFound
from hearth.sealed.core.statements import Signed
from hearth.sealed.core.verdicts import Verdict, require
from hearth.sealed.group.check import read_epoch
from hearth.sealed.group.rewrap import RewrapRequest
from hearth.vault.keyring import require_listed
from hearth.vault.rules import judged


async def ask_rewrap(context: Context, command: AskRewrap) -> Nothing:
    """Keep a request and tell the other members. Raises NotFound (no member), NotAccepted, EpochMoved.

    The same bytes again change nothing, nor does an answer go.
    """
    with judged(EpochMoved):
        signed = RewrapRequest.open(command.request)
        request = signed.body
        server = context.services.identity.server_id
        require(request.server == server, Verdict.WRONG_PLACE, "a request for another server")
        is_own = (request.user, request.device) == (context.user_id, context.actor.device_id)
        require(is_own, Verdict.NOT_ALLOWED, "made by another device than the asking one")
    access = await get_access(context.transaction, request.conversation, context.user_id)
    if not access.is_member:
        raise NotFound
    await hold_users(context.transaction, [context.user_id])
    name = (request.conversation, request.n)
    if await rewrap_store.find_request(context.transaction, name, context.user_id) == command.request:
        return Nothing()
    await check_request(context, signed)
    await rewrap_store.put_request(
        context.transaction, name, context.user_id, command.request, request.receive_hash, context.now
    )
    others = await list_member_ids(context.transaction, request.conversation)
    event = RewrapAsked(conversation_id=request.conversation.hex(), n=request.n, user_id=context.user_id)
    told = tuple(user_id for user_id in others if user_id != context.user_id)
    context.publish(event, to=Members(request.conversation, told))
    return Nothing()


async def check_request(context: Context, signed: Signed[RewrapRequest]) -> None:
    """Check what a co-member will check (7.7), but for the seed. Raises NotAccepted, EpochMoved."""
    request = signed.body
    stored = await store.find_epoch(context.transaction, request.conversation, request.n)
    if stored is None:
        raise EpochMoved
    epoch = read_epoch(*stored)
    with judged(EpochMoved):
        require(epoch.hash == request.record_hash, Verdict.WRONG_PLACE, "another record of this epoch")
        sender = await load_sender(context, epoch)
        is_reset = sender.people.is_reset_since(context.user_id, sender.line.chain)
        require(not is_reset, Verdict.CHANGED_IDENTITY, "the asker has reset since")
        key = sender.people.find_receive(context.user_id)
        is_newest = key is not None and (key.version, key.hash) == (
            request.receive_version,
            request.receive_hash,
        )
        require(is_newest, Verdict.ROLLBACK, "not the newest receive key of the asker that counts")
        signed.verify(sender.check_device(context.actor.device_id))


async def answer_rewrap(context: Context, command: AnswerRewrap) -> Nothing:
    """Keep the first answer to a co-member's request, and tell all that it is there.

    Raises NotFound: no member, no such request, or one's own. A later answer is passed over.
    """
    conversation_id = bytes.fromhex(command.conversation_id)
    access = await get_access(context.transaction, conversation_id, context.user_id)
    await require_listed(context)
    members = await list_member_ids(context.transaction, conversation_id)
    place = await store.find_place(context.transaction, conversation_id, command.n)
    may_know = access.is_member and place is not None and access.may_read(place[0])
    is_other = command.user_id != context.user_id and command.user_id in members
    if not may_know or not is_other:
        raise NotFound
    name = (conversation_id, command.n)
    found = await rewrap_store.find_asked(context.transaction, name, command.user_id)
    if found is None or found.receive_hash != command.receive_hash:
        raise NotFound
    if found.is_answered:
        return Nothing()
    await rewrap_store.put_answer(
        context.transaction, name, command.user_id, command.answer, by=context.user_id
    )
    event = RewrapAnswered(conversation_id=command.conversation_id, n=command.n, user_id=command.user_id)
    context.publish(event, to=Members(conversation_id, members))
    return Nothing()


async def list_rewraps(context: Context, command: ListRewraps) -> Rewraps:
    """Return the answers to one's own requests, and the open ones of co-members. Four queries at most.

    Raises NotFound for a device that is not listed.
    """
    await require_listed(context)
    answers = await rewrap_store.list_answers(context.transaction, context.user_id, limit=command.limit)
    accesses = await list_accesses(context.transaction, context.user_id)
    present = {key: access for key, access in accesses.items() if access.is_member and access.head.epoch}
    requests = await rewrap_store.list_open(
        context.transaction, context.user_id, {key: one.stays for key, one in present.items()}, command.limit
    )
    return Rewraps(
        answers=[
            RewrapAnswer(
                conversation_id=row.conversation_id.hex(),
                n=row.n,
                receive_hash=row.receive_hash,
                answer=row.answer,
            )
            for row in answers
        ],
        requests=[
            OpenRewrap(conversation_id=row.conversation_id.hex(), n=row.n, request=row.request)
            for row in requests
        ],
    )
