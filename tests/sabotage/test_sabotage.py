"""Fault tests are shown to fail: the quick sabotages every time; all of them by `tests/sabotage/run`."""

import os
import shutil
from pathlib import Path

import pytest

from tests.sabotage.sabotage import (
    ROOT,
    WEB,
    Sabotage,
    apply_patch,
    copy_tree,
    list_sabotages,
    run_test,
    try_out,
)

KIND = os.environ.get("HEARTH_TEST_DATABASE", "sqlite")
QUICK = [sabotage for sabotage in list_sabotages() if sabotage.is_in_ci and sabotage.database == KIND]


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("sabotage") / "tree"
    copy_tree(copy, has_web=True)
    return copy


@pytest.mark.sqlite
@pytest.mark.parametrize("sabotage", list_sabotages(), ids=lambda sabotage: sabotage.name)
def test_every_sabotage_fits_the_code_and_names_a_test(
    sabotage: Sabotage, tree: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "tree"
    part = WEB if sabotage.is_in_web else "hearth"
    shutil.copytree(tree / part, copy / part, symlinks=True)
    apply_patch(sabotage, copy)
    file, _, name = sabotage.test.partition("::")
    assert f"def {name.split('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("sabotage", QUICK, ids=lambda sabotage: sabotage.name)
def test_the_sabotage_is_noticed(sabotage: Sabotage) -> None:
    outcome = try_out(sabotage)
    assert outcome.is_red, f"{sabotage.what}, and {sabotage.test} did not notice:\n{outcome.output[-2000:]}"


@pytest.mark.slow
@pytest.mark.sqlite
def test_an_unbroken_copy_is_green(tree: Path) -> None:
    """Else every red above would be worth nothing. The quickest control: a hundred equal sends."""
    (control,) = [sabotage for sabotage in list_sabotages() if sabotage.name == "known-ids-forgotten"]
    outcome = run_test(control, tree)
    assert outcome.is_green, outcome.output[-2000:]
