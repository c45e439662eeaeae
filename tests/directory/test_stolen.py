"""Who holds a stolen device or session uses up what there is: its owner still gets rid of it."""

import secrets

import pytest

from hearth.directory.contract import Renew
from hearth.errors import LimitReached, TooManyRequests
from hearth.vault.contract import AppendRows, NewRow
from tests.directory.conftest import Home


def make_rows(count: int, *, g: int = 1) -> list[NewRow]:
    return [
        NewRow(g=g, kind=1, id=secrets.token_bytes(16) + bytes(8), sealed=b"\1" + secrets.token_bytes(60))
        for _ in range(count)
    ]


async def test_a_stolen_device_is_removed_however_much_it_made(alice: Home) -> None:
    thief = await alice.adds()
    made = alice.owner.g
    state = (alice.owner.g, alice.owner.g_hash)
    for _ in range(40):
        state = (alice.owner.g, alice.owner.g_hash)
        renewal = alice.owner.renew(thief.device_id)
        try:
            await alice.run(renewal, thief)
        except TooManyRequests:
            break
        alice.stage.clock.advance(60)
    else:
        pytest.fail("nothing was ever refused")
    alice.owner.g, alice.owner.g_hash = state
    alice.owner.receive_version -= 1
    assert alice.owner.g > made + 10
    await alice.run(alice.owner.remove(alice.id, thief.device_id))
    await alice.run(alice.owner.change_password(alice.id, b"n" * 32))
    assert await alice.replays() == alice.owner.state


async def test_renewing_without_the_password_is_bounded_by_the_day(alice: Home) -> None:
    """Else a stolen device fills the own chain within a week, and nothing can be removed any more."""
    made = 0
    for _ in range(60):
        before = (alice.owner.g, alice.owner.g_hash)
        try:
            await alice.run(Renew(generation=alice.owner.generation(alice.id)))
            made += 1
        except TooManyRequests:
            alice.owner.g, alice.owner.g_hash = before
        alice.stage.clock.advance(60)
    assert 20 <= made <= 32


async def test_room_is_kept_for_whoever_has_the_password(
    alice: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    thief = await alice.adds()
    for place in ("vault.rules", "vault.keyring", "directory.append"):
        monkeypatch.setattr(f"hearth.{place}.ROOM_FOR_OWNER", 2)
    monkeypatch.setattr("hearth.vault.rules.MOST_GENERATIONS", 3)
    monkeypatch.setattr("hearth.vault.keyring.MOST_ROWS", 22)
    monkeypatch.setattr("hearth.directory.rules.MOST_STATEMENTS", 7)
    with pytest.raises(LimitReached):
        await alice.run(AppendRows(rows=make_rows(2)), thief)
    before = (alice.owner.g, alice.owner.g_hash)
    with pytest.raises(LimitReached):
        await alice.run(Renew(generation=alice.owner.generation(thief.device_id)), thief)
    alice.owner.g, alice.owner.g_hash = before
    state = alice.owner.state
    with pytest.raises(LimitReached):
        await alice.run(alice.owner.set_profile(thief.device_id), thief)
    alice.owner.state = state
    await alice.run(alice.owner.remove(alice.id, thief.device_id))


async def test_a_stolen_session_fills_no_keyring_in_an_hour(
    alice: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It needs no key to append sealed noise; each device has its share of a day, the others keep theirs."""
    thief = await alice.adds()
    monkeypatch.setattr("hearth.vault.keyring.ROWS", "600/86400s")
    await alice.run(AppendRows(rows=make_rows(300)), thief)
    rows = make_rows(300)
    await alice.run(AppendRows(rows=rows), thief)
    with pytest.raises(TooManyRequests):
        await alice.run(AppendRows(rows=make_rows(300)), thief)
    await alice.run(AppendRows(rows=rows), thief)
    await alice.run(AppendRows(rows=make_rows(300)))
    await alice.run(alice.owner.remove(alice.id, thief.device_id))


async def test_a_large_keyring_grows_slowly(alice: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever seals all of theirs anew after a reset is quick; who fills up what is there already is not."""
    monkeypatch.setattr("hearth.vault.keyring.MANY_ROWS", 200)
    monkeypatch.setattr("hearth.vault.keyring.ROWS_ABOVE", "100/86400s")
    await alice.run(AppendRows(rows=make_rows(199)))
    await alice.run(AppendRows(rows=make_rows(100)))
    with pytest.raises(TooManyRequests):
        await alice.run(AppendRows(rows=make_rows(10)))
    alice.stage.clock.advance(8640 + 1)
    await alice.run(AppendRows(rows=make_rows(10)))
    await alice.run(alice.owner.change_password(alice.id, b"n" * 32))
