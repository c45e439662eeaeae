"""Rate limits: token buckets that refill, never leak between keys, and stay bounded in memory."""

import time

import pytest

from hearth.errors import TooManyRequests
from hearth.wire.limits import MAX_BUCKETS, Limits, parse_limit
from tests.stage import FixedClock


def take_all(limits: Limits, key: str, limit: str) -> int:
    taken = 0
    while True:
        try:
            limits.take("message.send", key, limit)
        except TooManyRequests:
            return taken
        taken += 1


def test_a_full_bucket_gives_its_burst_and_no_more() -> None:
    limits = Limits(FixedClock())
    assert take_all(limits, "1", "20/10s") == 20


def test_it_refills_evenly_and_never_beyond_its_burst() -> None:
    clock = FixedClock()
    limits = Limits(clock)
    take_all(limits, "1", "20/10s")
    clock.advance(1)
    assert take_all(limits, "1", "20/10s") == 2
    clock.advance(3600)
    assert take_all(limits, "1", "20/10s") == 20


def test_the_refusal_names_the_seconds_after_which_it_works() -> None:
    clock = FixedClock()
    limits = Limits(clock)
    take_all(limits, "1", "20/10s")
    with pytest.raises(TooManyRequests) as refusal:
        limits.take("message.send", "1", "20/10s")
    assert refusal.value.retry_after == pytest.approx(0.5)
    clock.advance(refusal.value.retry_after or 0)
    limits.take("message.send", "1", "20/10s")


def test_one_users_flood_takes_nothing_from_another() -> None:
    limits = Limits(FixedClock())
    take_all(limits, "1", "20/10s")
    assert take_all(limits, "2", "20/10s") == 20


def test_a_check_takes_nothing_and_refuses_when_nothing_is_left() -> None:
    limits = Limits(FixedClock())
    for _ in range(100):
        limits.check("sign-in", "alice", "2/60s")
    assert take_all(limits, "alice", "2/60s") == 2
    limits.check("sign-in", "alice", "2/60s")
    for _ in range(2):
        limits.take("sign-in", "alice", "2/60s")
    with pytest.raises(TooManyRequests):
        limits.check("sign-in", "alice", "2/60s")


def test_the_scale_multiplies_every_burst() -> None:
    limits = Limits(FixedClock(), scale=10)
    assert take_all(limits, "1", "20/10s") == 200


def test_memory_is_bounded_and_full_buckets_go_first() -> None:
    clock = FixedClock()
    limits = Limits(clock)
    for number in range(MAX_BUCKETS):
        limits.take("x", str(number), "1/10s")
    clock.advance(11)
    limits.take("x", "one more", "1/10s")
    assert len(limits._buckets) == 1


def test_a_flood_of_new_keys_is_cheap_and_sets_nobody_free() -> None:
    limits = Limits(FixedClock())
    for _ in range(3):
        limits.take("sign-in", "attacker", "3/300s")
    begun = time.process_time()
    for number in range(MAX_BUCKETS + 500):
        limits.take("sign-in", str(number), "3/300s")
    assert len(limits._buckets) <= MAX_BUCKETS
    assert time.process_time() - begun < 5, "making room again for every key takes minutes"
    with pytest.raises(TooManyRequests):
        limits.take("sign-in", "attacker", "3/300s")


@pytest.mark.parametrize("text", ["", "20", "20/s", "20/10", "-1/10s", "20/10m"])
def test_a_limit_has_one_form(text: str) -> None:
    with pytest.raises(ValueError, match="not a limit"):
        parse_limit(text)
