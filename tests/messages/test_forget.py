"""A deleted account takes its Notes along; what others were sent stays with them."""

from sqlalchemy import func, select

from hearth.accounts.contract import DeleteAccount
from hearth.conversations.ids import make_direct_id, make_self_id
from hearth.friends.contract import AcceptRequest, RequestFriend
from hearth.messages.contract import ReadHistory, SendMessage
from hearth.messages.tables import MESSAGE
from tests.epochs.kit import make_record_of
from tests.epochs.written import begin_epochs
from tests.stage import Stage


async def test_notes_go_with_the_account_and_messages_stay_with_the_other(stage: Stage) -> None:
    alice, bob = await stage.user("alice"), await stage.user("bob")
    asked = await stage.run(alice, RequestFriend(username="bob"))
    await stage.run(bob, AcceptRequest(request_id=asked.request.id))
    server_id = stage.services.identity.server_id
    shared = make_direct_id(server_id, alice.user_id, bob.user_id).hex()
    notes = make_self_id(server_id, alice.user_id).hex()
    await begin_epochs(stage.services)
    for counter, conversation in enumerate((notes, shared), 1):
        command = SendMessage(
            conversation_id=conversation,
            client_id=f"{counter:032x}",
            counter=counter,
            record=make_record_of(b"x"),
            epoch=1,
        )
        await stage.run(alice, command)

    await stage.run(alice, DeleteAccount(auth_key=b"alice".ljust(32, b"\0")))

    async with stage.services.database.transaction("read") as transaction:
        count = select(func.count()).where(MESSAGE.c.conversation_id == bytes.fromhex(notes))
        assert (await transaction.execute(count)).scalar_one() == 0
    page = await stage.run(bob, ReadHistory(conversation_id=shared, seq=0))
    assert [entry.record for entry in page.entries] == [make_record_of(b"x")]
