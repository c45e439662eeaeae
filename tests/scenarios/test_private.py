"""What a person keeps on one device stands on the others, and goes on when one of them is removed."""

import asyncio

from hearth.client import Client, PrivateKind
from hearth.private.contract import ListPrivateRows, PrivatePage, PrivateRowsChanged
from tests.scenarios.cast import PASSWORD
from tests.scenarios.server import RunningServer

PLACE = "0c" * 16


async def list_generations(client: Client) -> set[int]:
    """Return the generations under which the stored rows are."""
    async with client.keeper.hold() as room:
        page: PrivatePage = await room.own.ask(ListPrivateRows(), PrivatePage)
    return {row.g for row in page.rows}


async def test_rows_are_shared_and_outlive_a_removal(server: RunningServer) -> None:
    async with await Client.register(server.url, "alice", PASSWORD) as alice:
        async with await Client.sign_in(server.url, "alice", PASSWORD) as phone:
            with phone.events(PrivateRowsChanged) as events:
                await alice.private.change(PrivateKind.KEEPING, lambda fields: {"muted": True}, PLACE)
                async with asyncio.timeout(60):
                    assert await anext(events) == PrivateRowsChanged(position=1)
            assert await phone.private.find(PrivateKind.KEEPING, PLACE) == {"muted": True}
            await phone.private.change(PrivateKind.KEEPING, lambda fields: fields | {"archived": True}, PLACE)
            kept = {"muted": True, "archived": True}
            assert await alice.private.find(PrivateKind.KEEPING, PLACE) == kept
            await alice.private.change(PrivateKind.DRAFT, lambda fields: {"text": "so far"}, PLACE)
            assert await list_generations(alice) == {1}
            await alice.revoke_device(phone.file.state.device_id, PASSWORD)
        async with asyncio.timeout(60):
            while await list_generations(alice) != {2}:  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0.1)
        async with await Client.sign_in(server.url, "alice", PASSWORD) as tablet:
            assert await tablet.private.list_kind(PrivateKind.KEEPING) == {PLACE: kept}
            assert await tablet.private.find(PrivateKind.DRAFT, PLACE) == {"text": "so far"}
            assert await tablet.private.find(PrivateKind.STARS, PLACE) == {}
