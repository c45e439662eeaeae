"""Who counts as here, by sockets alone; no clock but the numbers given, no I/O."""

from datetime import UTC, datetime, timedelta

import pytest

from hearth.contract import Actor
from hearth.presence.rules import combine, is_worth_telling, show_to_friends
from hearth.presence.sockets import Sockets

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
LAPTOP, PHONE = b"l" * 16, b"p" * 16


def socket(connection: int, device: bytes = LAPTOP, user: int = 1) -> Actor:
    return Actor(user, device, connection=connection)


@pytest.mark.parametrize(
    ("away", "status"),
    [
        ([], "offline"),
        ([False], "online"),
        ([True], "away"),
        ([True, False], "online"),
        ([True, True], "away"),
    ],
)
def test_one_socket_in_use_is_enough(away: list[bool], status: str) -> None:
    assert combine(away) == status


def test_who_hides_is_offline_and_was_never_seen() -> None:
    for status in ("online", "away", "offline"):
        hidden = show_to_friends(1, status, NOW, is_shared=False)
        assert (hidden.status, hidden.last_seen) == ("offline", None)
        assert not is_worth_telling(hidden)
    assert show_to_friends(1, "offline", NOW, is_shared=True).last_seen == NOW
    assert show_to_friends(1, "away", NOW, is_shared=True).status == "away"


def test_tabs_and_devices_add_up() -> None:
    sockets = Sockets()
    for actor in (socket(1), socket(2), socket(3, PHONE)):
        sockets.add(actor, NOW)
    sockets.mark_saved(1, "online")
    sockets.set_away(socket(1), True, NOW)
    sockets.set_away(socket(2), True, NOW)
    assert sockets.status_of(1) == "online"
    sockets.set_away(socket(3, PHONE), True, NOW)
    assert sockets.status_of(1) == "away"
    sockets.remove(socket(3, PHONE), NOW, 0)
    sockets.set_away(socket(2), False, NOW)
    assert sockets.status_of(1) == "online"


def test_by_http_a_device_speaks_for_all_its_sockets_and_for_no_other_device() -> None:
    sockets = Sockets()
    sockets.add(socket(1), NOW)
    sockets.add(socket(2), NOW)
    sockets.add(socket(3, PHONE), NOW)
    sockets.set_away(socket(0), True, NOW)
    assert [found.is_away for found in sockets.users[1].sockets.values()] == [True, True, False]


def test_the_last_socket_begins_the_grace_and_only_its_end_is_a_farewell() -> None:
    sockets = Sockets()
    sockets.add(socket(1), NOW)
    sockets.mark_saved(1, "online")
    sockets.changed.clear()
    sockets.remove(socket(1), LATER, 100.0)
    sockets.end_graces(109.9)
    assert sockets.status_of(1) == "online" and not sockets.changed
    assert sockets.next_end() == 110.0
    sockets.end_graces(110.0)
    assert sockets.status_of(1) == "offline" and sockets.changed == {1}
    assert sockets.users[1].seen_at == LATER
    sockets.mark_saved(1, "offline")
    assert not sockets.users and sockets.next_end() is None


def test_coming_back_within_the_grace_changes_nothing() -> None:
    sockets = Sockets()
    sockets.add(socket(1), NOW)
    sockets.mark_saved(1, "online")
    sockets.changed.clear()
    sockets.remove(socket(1), NOW, 100.0)
    sockets.add(socket(2), LATER)
    sockets.end_graces(1000.0)
    assert sockets.status_of(1) == "online"
    assert not sockets.changed and sockets.next_end() is None


def test_a_socket_that_is_not_known_changes_nothing() -> None:
    sockets = Sockets()
    sockets.remove(socket(1), NOW, 0)
    sockets.set_away(socket(1), True, NOW)
    sockets.add(socket(1), NOW)
    sockets.remove(socket(2), NOW, 0)
    sockets.remove(socket(1, user=2), NOW, 0)
    assert sockets.status_of(1) == "online" and set(sockets.users) == {1}


def test_going_twice_is_going_once() -> None:
    sockets = Sockets()
    sockets.add(socket(1), NOW)
    sockets.mark_saved(1, "online")
    sockets.remove(socket(1), NOW, 100.0)
    sockets.remove(socket(1), LATER, 105.0)
    assert sockets.next_end() == 110.0
    assert sockets.users[1].seen_at == NOW


def test_what_changes_while_it_is_being_saved_is_due_next() -> None:
    sockets = Sockets()
    sockets.add(socket(1), NOW)
    sockets.mark_saved(1, "online")
    sockets.remove(socket(1), NOW, 0)
    sockets.end_graces(10)
    sockets.changed.clear()  # taken: "offline" is on its way to the database
    sockets.add(socket(2), LATER)
    sockets.mark_saved(1, "offline")
    assert sockets.changed == {1} and sockets.status_of(1) == "online"


def test_a_blink_too_short_to_be_saved_leaves_nothing_behind() -> None:
    sockets = Sockets()
    sockets.add(socket(1), NOW)
    sockets.remove(socket(1), NOW, 0)
    sockets.mark_saved(1, sockets.status_of(1))
    sockets.end_graces(10)
    sockets.mark_saved(1, sockets.status_of(1))
    assert not sockets.users and sockets.next_end() is None


def test_graces_end_in_the_order_in_which_they_began() -> None:
    sockets = Sockets()
    for user in (1, 2, 3):
        sockets.add(socket(user, user=user), NOW)
        sockets.mark_saved(user, "online")
    sockets.changed.clear()
    for user, moment in ((3, 1.0), (1, 2.0), (2, 3.0)):
        sockets.remove(socket(user, user=user), NOW, moment)
    sockets.end_graces(12.5)
    assert sockets.changed == {1, 3} and sockets.next_end() == 13.0
