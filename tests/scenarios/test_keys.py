"""Programs have keys: from registering on, beside a person's other devices, over restarts, until they go."""

from pathlib import Path

import pytest

from hearth.client import Client, NoKeys
from hearth.client.keys.catch_up import catch_up_rows
from hearth.client.keys.connect import Place, renew_generation
from hearth.errors import WrongPassword
from hearth.sealed.person.keyring import How, PinRow, RowKind, UserId, read_keyring
from hearth.sealed.person.user_state import ChainState
from tests.scenarios.cast import PASSWORD
from tests.scenarios.keyless import register_keyless
from tests.scenarios.server import RunningServer

NEW_PASSWORD = "battery staple horse"


async def look(client: Client) -> ChainState:
    """Return the client's own chain as it is now, once everything that was due is done."""
    client.keeper.begin()
    async with client.keeper.hold() as room:
        state = room.own.chain.state
        assert state is not None and room.own.generations.find_stale(room.own.newest.statement.time) is None
        return state


def id_of(client: Client) -> bytes:
    return bytes.fromhex(client.file.state.device_id)


async def test_who_registers_has_a_chain_and_a_further_device_stands_in_it(server: RunningServer) -> None:
    async with await Client.register(server.url, "alice", PASSWORD, display_name="Alice") as alice:
        state = await look(alice)
        assert (state.n, state.username, state.display_name) == (4, "alice", "Alice")
        assert set(state.devices) == {id_of(alice)} and state.vault is not None
        async with await Client.sign_in(server.url, "alice", PASSWORD) as phone:
            assert set((await look(phone)).devices) == {id_of(alice), id_of(phone)}
            async with phone.keeper.hold() as there, alice.keeper.hold() as here:
                assert there.own.newest.key == here.own.newest.key
                assert there.own.receive_seeds == here.own.receive_seeds


async def test_a_program_goes_on_with_its_file_alone(server: RunningServer, tmp_path: Path) -> None:
    path = tmp_path / "alice.json"
    async with await Client.register(server.url, "alice", PASSWORD, file=path) as alice:
        before = await look(alice)
    assert path.stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in path.read_text()
    async with Client.from_file(path) as alice:
        after = await look(alice)
        assert (after.n, after.hash) == (before.n, before.hash)
        async with alice.keeper.hold() as room:
            assert set(room.own.receive_seeds) == {1}


async def test_what_own_devices_saw_differently_goes_on_under_the_next_generation(
    server: RunningServer,
) -> None:
    async with await Client.register(server.url, "alice", PASSWORD) as alice:
        await look(alice)
        one, other = (PinRow("bob", key * 32, 1, 4, b"h" * 32, How.REQUEST, 0, 17) for key in (b"k", b"x"))
        async with alice.keeper.hold() as room:
            await room.own.append([(UserId(2), one), (UserId(2), other)])
        for _ in range(2):
            async with alice.keeper.hold() as room:
                # The phone that came and went may not have been heard of yet.
                await room.own.met.fetch_chain(room.own.user)
                await catch_up_rows(room.own)
                await renew_generation(room.own)
            async with await Client.sign_in(server.url, "alice", PASSWORD) as phone:
                await look(phone)
                async with phone.keeper.hold() as room:
                    newest = room.own.newest.statement
                    stored = [row for row in room.own.stored if row.g == newest.g]
                    keyring = read_keyring(stored, {newest.g: newest.set})
                    assert keyring.conflicts == {2} and keyring.rows[RowKind.PIN, UserId(2).pack()] == other
                await phone.sign_out()


async def test_a_removed_device_is_off_the_list_and_those_left_have_other_keys(server: RunningServer) -> None:
    async with await Client.register(server.url, "alice", PASSWORD) as alice:
        phone = await Client.sign_in(server.url, "alice", PASSWORD)
        async with alice.keeper.hold() as room:
            first = room.own.newest.statement.g
        with pytest.raises(WrongPassword):
            await alice.revoke_device(phone.file.state.device_id, "not the password")
        await alice.revoke_device(phone.file.state.device_id, PASSWORD)
        assert set((await look(alice)).devices) == {id_of(alice)}
        async with alice.keeper.hold() as room:
            assert room.own.newest.statement.g == first + 1
            assert set(room.own.receive_seeds) == {1, 2}
        await phone.close()


async def test_who_signs_out_has_retired_and_another_device_renews_the_keys(server: RunningServer) -> None:
    async with await Client.register(server.url, "alice", PASSWORD) as alice:
        phone = await Client.sign_in(server.url, "alice", PASSWORD)
        await phone.connect()
        await phone.sign_out()
        state = await look(alice)
        assert set(state.devices) == {id_of(alice)} and state.retired == {id_of(phone)}
        async with alice.keeper.hold() as room:
            assert room.own.newest.statement.g == 2
            assert room.own.chain.highest_receive_version == 2


async def test_a_new_password_makes_a_new_vault_and_takes_the_others_off(server: RunningServer) -> None:
    async with await Client.register(server.url, "alice", PASSWORD) as alice:
        phone = await Client.sign_in(server.url, "alice", PASSWORD)
        await alice.change_password(PASSWORD, NEW_PASSWORD)
        state = await look(alice)
        assert state.vault is not None and state.vault.version == 2
        assert set(state.devices) == {id_of(alice)}
        with pytest.raises(WrongPassword):
            await Client.sign_in(server.url, "alice", PASSWORD)
        async with await Client.sign_in(server.url, "alice", NEW_PASSWORD) as tablet:
            assert set((await look(tablet)).devices) == {id_of(alice), id_of(tablet)}
        await phone.close()


async def test_an_account_without_keys_gets_them_by_its_password(server: RunningServer) -> None:
    async with await register_keyless(server.url, "alice") as alice:
        assert not alice.has_keys
        with pytest.raises(NoKeys):
            async with alice.keeper.hold():
                raise AssertionError
        with pytest.raises(WrongPassword):
            await alice.secure("not the password")
        await alice.secure(PASSWORD)
        assert (await look(alice)).n == 4 and alice.keeper.place is Place.LISTED
        await alice.secure(PASSWORD)
        assert (await look(alice)).n == 4


async def test_a_crash_before_there_are_keys_is_made_good_by_the_next_sign_in(
    server: RunningServer,
) -> None:
    first = await register_keyless(server.url, "alice")
    await first.close()
    async with await Client.sign_in(server.url, "alice", PASSWORD) as alice:
        assert set((await look(alice)).devices) == {id_of(alice)}
