"""Each fault test is shown to fail: five sabotages a day, chosen by the date; all by `tests/sabotage/run`."""

import os
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.sabotage.sabotage import (
    ROOT,
    WEB,
    Sabotage,
    apply_patch,
    choose,
    copy_tree,
    list_sabotages,
    run_test,
    try_out,
)

KIND = os.environ.get("HEARTH_TEST_DATABASE", "sqlite")
TODAY = [sabotage for sabotage in choose(datetime.now(UTC).date()) if sabotage.database == KIND]


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


@pytest.mark.sqlite
def test_all_sabotages_have_their_day() -> None:
    every = {sabotage.name for sabotage in list_sabotages()}
    days = [date(2026, 11, 1) + timedelta(days=number) for number in range(len(every))]
    assert {sabotage.name for day in days for sabotage in choose(day)} == every


@pytest.mark.slow
@pytest.mark.parametrize("sabotage", TODAY, ids=lambda sabotage: sabotage.name)
def test_the_sabotage_is_noticed(sabotage: Sabotage) -> None:
    outcome = try_out(sabotage)
    assert outcome.is_red, f"{sabotage.what}, and {sabotage.test} did not notice:\n{outcome.output[-2000:]}"


@pytest.mark.slow
@pytest.mark.sqlite
def test_an_unbroken_copy_is_green(tree: Path) -> None:
    """Else every red above would be worth nothing. Today's quickest control: a hundred equal sends."""
    (control,) = [sabotage for sabotage in list_sabotages() if sabotage.name == "known-ids-forgotten"]
    outcome = run_test(control, tree)
    assert outcome.is_green, outcome.output[-2000:]
