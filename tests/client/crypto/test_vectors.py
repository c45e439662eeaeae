"""Every vector of tests/vectors gives here what the other implementation wrote down, refusals included."""

from typing import Any

import pytest

from tests.client.crypto import operations
from tests.client.crypto.vectors import FOLDER, OPERATIONS, expected, load, run, show

ELSEWHERE = {"derive"}  # tests/client/test_derive.py
FILES = sorted(path.stem for path in FOLDER.glob("*.json"))
VECTORS = [(name, vector) for name in FILES if name not in ELSEWHERE for vector in load(name)]


@pytest.mark.parametrize(
    ("file", "vector"), VECTORS, ids=[f"{name}: {vector['name']}" for name, vector in VECTORS]
)
def test_both_implementations_agree(file: str, vector: dict[str, Any]) -> None:
    assert show(run(vector)) == show(expected(vector))


def test_every_file_and_every_operation_is_used() -> None:
    used = {vector["op"] for _, vector in VECTORS}
    assert used == OPERATIONS.keys(), operations.__doc__
    assert len(FILES) == len({name for name, _ in VECTORS}) + len(ELSEWHERE)
