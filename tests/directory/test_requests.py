"""The requests of section 10, each as one honest device makes it, and what is stored and told afterwards."""

import secrets

import msgspec
import pytest
from sqlalchemy import update

from hearth.accounts.contract import ChangePassword, DeviceRemoved, ListDevices
from hearth.accounts.rules import AccountSealed
from hearth.contract import Users
from hearth.directory.contract import (
    ChainGrown,
    ChangeSealedPassword,
    ListChainHeads,
    ReadChain,
    ReadReceive,
    Renew,
)
from hearth.directory.rules import ChainMoved, decode_state
from hearth.directory.store import find_state
from hearth.directory.tables import USER_CHAIN
from hearth.errors import NotFound, PasswordUnchanged, WrongPassword
from hearth.sealed.person.generations import VAULT_RECIPIENT
from hearth.vault.contract import (
    AppendRows,
    GenerationMade,
    GetVault,
    ListDeviceKeys,
    ListGenerations,
    ListRows,
    NewRow,
)
from tests.directory.conftest import Home, MakeHome
from tests.directory.kit import make_way
from tests.stage import KDF


async def sessions(home: Home) -> set[str]:
    listed = await home.stage.run(home.phone, ListDevices())
    return {device.id for device in listed.devices}


async def test_a_chain_is_set_up_and_read_back(make_home: MakeHome) -> None:
    alice = await make_home("alice")
    assert (await alice.stage.run(alice.phone, GetVault())).version == 0
    command = alice.owner.set_up(alice.id)
    taken = await alice.run(command)
    assert (taken.n, taken.g) == (4, 1)
    chain = await alice.stage.run(alice.phone, ReadChain(user_id=alice.owner.user))
    assert (chain.n, chain.statements) == (4, alice.owner.statements)
    vault = await alice.stage.run(alice.phone, GetVault())
    assert (vault.version, vault.is_listed, vault.sealed) == (1, True, command.change.vault.sealed)
    wraps = {wrap.recipient: wrap.wrap for wrap in command.change.generation.wraps}
    assert vault.generation.wrap == wraps[alice.id.hex()]
    assert vault.generation.vault_wrap == wraps["00" * 16]
    rows = await alice.stage.run(alice.phone, ListRows())
    assert [(row.sealed, row.is_of_set) for row in rows.rows] == [(command.change.rows[0].sealed, True)]
    received = await alice.stage.run(alice.phone, ReadReceive(user_id=alice.owner.user))
    assert received.statements[0].public_key == command.change.receive.public_key
    assert await alice.replays() == alice.owner.state


async def test_a_repeat_is_answered_as_before_and_writes_nothing(make_home: MakeHome) -> None:
    """Also with a wrong password: what was taken is said before anything is checked."""
    alice = await make_home("alice")
    command = alice.owner.set_up(alice.id)
    first = await alice.run(command)
    alice.stage.clear()
    assert await alice.run(command) == first
    assert alice.stage.published == []
    rows = await alice.stage.run(alice.phone, ListRows())
    assert len(rows.rows) == 1


async def test_setting_up_asks_for_the_password(make_home: MakeHome) -> None:
    alice = await make_home("alice")
    alice.owner.auth_key = b"wrong".ljust(32)
    with pytest.raises(WrongPassword):
        await alice.run(alice.owner.set_up(alice.id))
    assert await alice.replays() is None


async def test_there_is_one_set_up(alice: Home, make_home: MakeHome) -> None:
    other = await make_home("mallory")
    other.owner.user, other.owner.username = alice.owner.user, alice.owner.username
    other.owner.auth_key = alice.owner.auth_key
    with pytest.raises(ChainMoved):
        await alice.run(other.owner.set_up(alice.id))


async def test_the_old_way_to_a_new_password_is_closed(alice: Home) -> None:
    command = ChangePassword(old_auth_key=alice.owner.auth_key, auth_key=b"n" * 32, kdf=KDF)
    with pytest.raises(AccountSealed):
        await alice.stage.run(alice.phone, command)


async def test_a_device_is_added(alice: Home) -> None:
    laptop = await alice.signs_in()
    before = await alice.stage.run(laptop, GetVault())
    assert (before.is_listed, before.generation.wrap) == (False, None)
    assert before.generation.vault_wrap is not None
    for refused in (ListRows(), ListDeviceKeys(), AppendRows(rows=[alice.owner.receive_row()])):
        with pytest.raises(NotFound):
            await alice.stage.run(laptop, refused)
    command = alice.owner.add_device(laptop.device_id)
    assert (await alice.run(command, laptop)).n == 5
    after = await alice.stage.run(laptop, GetVault())
    assert (after.is_listed, after.generation.wrap) == (True, command.wrap)
    keys = await alice.stage.run(laptop, ListDeviceKeys())
    known = alice.owner.kem_keys
    assert {bytes.fromhex(key.device_id): key.public_key for key in keys.device_keys} == {
        device: known[device] for device in (VAULT_RECIPIENT, alice.id, laptop.device_id)
    }
    assert await alice.replays() == alice.owner.state


async def test_signing_out_takes_the_device_off_the_list_and_ends_its_session(alice: Home) -> None:
    laptop = await alice.adds()
    alice.stage.clear()
    await alice.stage.run(laptop, alice.owner.retire(laptop.device_id))
    assert laptop.device_id.hex() not in await sessions(alice)
    told = [type(event).__name__ for event, _ in alice.stage.published]
    assert "SessionEnded" in told and "ChainGrown" in told
    keys = await alice.stage.run(alice.phone, ListDeviceKeys())
    assert [key.device_id for key in keys.device_keys] == ["00" * 16, alice.id.hex()]


async def test_a_removed_device_is_signed_out_and_gets_no_wrap(alice: Home) -> None:
    laptop = await alice.adds()
    unlisted = await alice.signs_in()
    alice.stage.clear()
    taken = await alice.run(alice.owner.remove(alice.id, laptop.device_id))
    assert taken.g == 2
    assert await sessions(alice) == {alice.id.hex(), unlisted.device_id.hex()}, (
        "who is on the way in may stay"
    )
    removed = [event for event, _ in alice.stage.published if isinstance(event, DeviceRemoved)]
    assert [event.device_id for event in removed] == [laptop.device_id.hex()]
    seen = await alice.stage.run(laptop, ListGenerations())
    assert [generation.wrap for generation in seen.generations] == [None, None]
    assert await alice.replays() == alice.owner.state


@pytest.mark.parametrize("is_theft", [False, True])
async def test_a_new_password_comes_with_a_new_vault(alice: Home, is_theft: bool) -> None:
    await alice.adds()
    kept = await alice.adds()
    await alice.signs_in()
    command = alice.owner.change_password(
        alice.id, b"new".ljust(32), keep=[kept.device_id], is_theft=is_theft
    )
    await alice.run(command)
    assert await sessions(alice) == {alice.id.hex(), kept.device_id.hex()}
    vault = await alice.stage.run(alice.phone, GetVault())
    assert (vault.version, vault.password_wrap) == (2, command.change.vault.password_wrap)
    keys = await alice.stage.run(alice.phone, ListDeviceKeys())
    assert keys.device_keys[0].public_key == alice.owner.kem_keys[VAULT_RECIPIENT], "the new vault's"
    assert await alice.run(command) is not None, "a repeat with the old key"
    await alice.signs_in()
    assert await alice.replays() == alice.owner.state


async def test_after_a_theft_the_only_device_may_stay(alice: Home) -> None:
    """Nothing is said of the list where it does not change."""
    statements = [alice.owner.renew_identity()]
    old, alice.owner.auth_key = alice.owner.auth_key, b"new".ljust(32)
    change = alice.owner.change(statements, alice.id)
    command = ChangeSealedPassword(auth_key=old, new_auth_key=alice.owner.auth_key, kdf=KDF, change=change)
    await alice.run(command)
    assert await alice.replays() == alice.owner.state


async def test_a_new_password_needs_the_old_one_and_is_another(alice: Home) -> None:
    key = alice.owner.auth_key
    with pytest.raises(PasswordUnchanged):
        await alice.run(alice.owner.change_password(alice.id, key))
    alice.owner.auth_key = b"wrong".ljust(32)
    with pytest.raises(WrongPassword):
        await alice.run(alice.owner.change_password(alice.id, b"n" * 32))


async def test_ways_in_are_kept_by_name_and_go_when_left_out(alice: Home) -> None:
    proof = secrets.token_bytes(32)
    await alice.run(alice.owner.change_ways(alice.id, make_way(proof)))
    await alice.run(alice.owner.change_ways(alice.id, make_way(None)))
    assert (await alice.stage.run(alice.phone, GetVault())).ways == [(b"w" * 16).hex()]
    await alice.run(alice.owner.change_ways(alice.id))
    assert (await alice.stage.run(alice.phone, GetVault())).ways == []


async def test_a_reset_on_a_device_begins_anew(alice: Home) -> None:
    laptop = await alice.adds()
    link = await alice.gets_link()
    before = alice.owner.now
    await alice.run(alice.owner.reset(alice.id, link, b"r" * 32))
    state = await alice.replays()
    assert state is not None and state.incarnation == before.incarnation + 1
    assert state == alice.owner.state
    assert await sessions(alice) == {alice.id.hex()}
    seen = await alice.stage.run(alice.phone, ListGenerations())
    assert [generation.g for generation in seen.generations] == [1]
    rows = await alice.stage.run(alice.phone, ListRows())
    assert [row.position for row in rows.rows] == [2], "old rows are gone, positions go on"
    assert laptop.device_id not in state.devices


async def test_renewing_needs_no_password(alice: Home) -> None:
    taken = await alice.run(alice.owner.renew(alice.id))
    assert (taken.n, taken.g) == (4, 2)
    seen = await alice.stage.run(alice.phone, ListGenerations())
    assert [generation.g for generation in seen.generations] == [2, 1]
    assert seen.generations[0].predecessor is not None
    told = {type(event): audience for event, audience in alice.stage.published}
    assert told[GenerationMade] == Users((alice.owner.user,))


async def test_rows_are_appended_once_and_read_in_pages(alice: Home) -> None:
    rows = [
        NewRow(g=1, kind=1, id=bytes(23) + bytes((number,)), sealed=b"\1" * 40 + bytes((number,)))
        for number in range(5)
    ]
    taken = await alice.stage.run(alice.phone, AppendRows(rows=rows))
    again = await alice.stage.run(alice.phone, AppendRows(rows=rows))
    assert taken.position == again.position == 6
    page = await alice.stage.run(alice.phone, ListRows(after=1, limit=3))
    assert [row.position for row in page.rows] == [2, 3, 4]
    assert page.position == 6
    assert page.rows[0].id == rows[0].id


async def test_what_comes_with_a_generation_is_its_set_and_nothing_else(alice: Home) -> None:
    """Epoch seeds are carried over by nobody; what comes later is no part of the set."""
    seed = NewRow(g=1, kind=1, id=bytes(24), sealed=b"\1" * 40)
    renewal = alice.owner.renew(alice.id)
    renewal = msgspec.structs.replace(renewal, rows=[*renewal.rows, seed])
    await alice.run(renewal)
    await alice.run(Renew(receive=alice.owner.receive(alice.id), rows=[alice.owner.receive_row()]))
    await alice.stage.run(alice.phone, AppendRows(rows=[alice.owner.receive_row()]))
    rows = (await alice.stage.run(alice.phone, ListRows(after=1))).rows
    assert [(row.g, row.kind, row.is_of_set) for row in rows] == [
        (2, 4, True),
        (1, 1, False),
        (2, 4, False),
        (2, 4, False),
    ]


async def test_a_device_may_get_another_kem_key(alice: Home) -> None:
    alice.owner.kem_keys.pop(alice.id)
    alice.owner.auth_key, old = b"new".ljust(32), alice.owner.auth_key
    statements = [alice.owner.list_devices([alice.id])]
    change = alice.owner.change(statements, alice.id, new=[alice.id])
    command = ChangeSealedPassword(auth_key=old, new_auth_key=alice.owner.auth_key, kdf=KDF, change=change)
    await alice.run(command)
    keys = await alice.stage.run(alice.phone, ListDeviceKeys())
    assert keys.device_keys[1].public_key == alice.owner.kem_keys[alice.id]


async def test_a_state_of_another_version_is_made_anew(alice: Home) -> None:
    await alice.adds()
    async with alice.stage.services.database.transaction("write") as transaction:
        await transaction.execute(update(USER_CHAIN).values(state=b"\0 of another version"))
    await alice.adds()
    async with alice.stage.services.database.transaction("read") as transaction:
        found = await find_state(transaction, alice.owner.user)
    assert found is not None and decode_state(found[0]) == alice.owner.state


@pytest.mark.parametrize("devices", [1, 5])
async def test_requests_cost_a_fixed_number_of_queries(alice: Home, devices: int) -> None:
    for _ in range(devices):
        await alice.adds()
    asked: dict[str, int] = {}
    for name, command in (
        ("vault", GetVault()),
        ("device keys", ListDeviceKeys()),
        ("generations", ListGenerations()),
        ("rows", ListRows()),
        ("chain", ReadChain(user_id=alice.owner.user)),
        ("receive", ReadReceive(user_id=alice.owner.user)),
        ("heads", ListChainHeads(user_ids=[alice.owner.user])),
        ("append", AppendRows(rows=[alice.owner.receive_row(), alice.owner.receive_row()])),
        ("profile", alice.owner.set_profile(alice.id)),
        ("renew", alice.owner.renew(alice.id)),
        ("change ways", alice.owner.change_ways(alice.id, make_way(b"p" * 32))),
        ("remove", alice.owner.remove(alice.id, alice.devices[-1].device_id)),
    ):
        alice.stage.clear()
        await alice.stage.run(alice.phone, command)
        asked[name] = alice.stage.queries
    assert asked == {
        "vault": 5,
        "device keys": 2,
        "generations": 2,
        "rows": 3,
        "chain": 2,
        "receive": 1,
        "heads": 1,
        "append": 7,
        "profile": 11,
        "renew": 22,
        "change ways": 38,
        "remove": 38,
    }


async def test_a_profile_is_said_in_the_chain(alice: Home) -> None:
    alice.stage.clear()
    await alice.run(alice.owner.set_profile(alice.id, "Alice"))
    [grown] = [
        (event.n, audience) for event, audience in alice.stage.published if isinstance(event, ChainGrown)
    ]
    assert grown == (5, Users((alice.owner.user,)))
    assert await alice.replays() == alice.owner.state
