"""The table of abuse cases in docs/security.md: every case is there, and the tests it names exist."""

import ast
import re
from pathlib import Path

from tests.guards.sources import ROOT

CASES = {"A": 24, "S": 20, "W": 17, "T": 14, "M": 14, "E": 26, "F": 15, "P": 18}
ROW = re.compile(r"^\| ([A-Z]\d\d) [^|]+ \| ([^|]+) \| ([^|]*) \|$", re.MULTILINE)
STATES = ("holds", "no code yet: ", "open")


def read_rows() -> list[tuple[str, str, list[str]]]:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    return [
        (case, state.strip(), re.findall(r"`([^`]+)`", tests)) for case, state, tests in ROW.findall(text)
    ]


def list_tests(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_case_has_its_row() -> None:
    wanted = [f"{group}{number:02}" for group, last in CASES.items() for number in range(1, last + 1)]
    assert [case for case, _, _ in read_rows()] == wanted


def test_what_holds_names_tests_that_exist() -> None:
    for case, state, tests in read_rows():
        assert state.startswith(STATES), (case, state)
        assert tests or not state.startswith("holds"), f"{case} holds by nothing"
        for test in tests:
            path, _, name = test.partition("::")
            file = ROOT / path if path.startswith("web/") else ROOT / "tests" / path
            assert file.is_file(), (case, test)
            assert not name or name in list_tests(file), (case, test)


def test_numbered_tests_are_in_the_table() -> None:
    """A test named by a case stands in that case's row."""
    rows = {case: tests for case, _, tests in read_rows()}
    for path in sorted((ROOT / "tests" / "security").glob("test_*.py")):
        for name in list_tests(path):
            for case in re.findall(r"(?<=_)([ASWTMEFP]\d\d)(?=_)", name):
                assert f"security/{path.name}::{name}" in rows[case], (case, name)
