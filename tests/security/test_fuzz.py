"""Any bytes at all, for a moment, at everything that reads strangers' bytes; for long by scripts/fuzz."""

import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.security.targets import SEEDS, TARGETS
from tests.wire.edge_stage import client, stage

GRAMMAR = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from([seed for seeds in SEEDS.values() for seed in seeds]),
        st.sampled_from(
            [
                b"42[",
                b'"',
                b"]",
                b"{",
                b"}",
                b"\x1e",
                b"\0",
                b"b",
                b"451-",
                b"9" * 30,
                b":",
                b",",
                b"\xff",
                b"null",
            ]
        ),
    ),
    max_size=6,
).map(b"".join)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=GRAMMAR)
@example(data=b"[" * 5000)
def test_nothing_but_the_refusals_meant_for_it(name: str, data: bytes) -> None:
    TARGETS[name](data)


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_pass(name: str) -> None:
    assert SEEDS[name]
    for seed in SEEDS[name]:
        TARGETS[name](seed)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    frames=st.lists(
        st.tuples(
            st.sampled_from([0, 1, 1, 1, 2, 8, 9, 10, 3]),
            st.booleans(),
            st.sampled_from([0, 0, 0, 1, 4]),
            GRAMMAR,
        ),
        max_size=8,
    )
)
async def test_random_frames_end_with_a_closing_frame_or_an_answer(
    frames: list[tuple[int, bool, int, bytes]],
) -> None:
    """Whatever comes after a good handshake, the edge lives on and the next client is served."""
    async with stage() as (port, _, edge):
        async with client(port) as hostile:
            await hostile.connect()
            for opcode, fin, rsv, content in frames:
                hostile.raw(hostile.frame(opcode, content, fin=fin, rsv=rsv))
        async with client(port) as good:
            await good.connect()
            good.send('427["hello"]')
            answer = str(await good.receive())
            assert re.fullmatch(r"437\[.*\]", answer)
        assert edge.queued_bytes == 0, "nothing is left of who went"
