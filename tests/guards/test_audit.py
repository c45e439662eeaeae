"""The audit's own judgement: licences, and advisories that are accepted for a while only."""

import importlib.util
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

from tests.guards.sources import ROOT


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "scripts" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("expression", "is_fitting"),
    [
        ("MIT", True),
        ("MIT AND PSF-2.0", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("AGPL-3.0-or-later", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_a_licence_fits_or_not(audit: ModuleType, expression: str, is_fitting: bool) -> None:
    assert audit.fits(expression) is is_fitting


def test_an_accepted_advisory_needs_a_reason_and_a_day(
    audit: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = '[[accepted]]\nid = "{}"\nreason = "{}"\nuntil = {}\n'
    path = tmp_path / "advisories.toml"
    path.write_text(
        entry.format("one", "not used here", "2026-12-01")
        + entry.format("late", "not used here", "2026-11-01")
        + entry.format("mute", "", "2026-12-01")
    )
    monkeypatch.setattr(audit, "ACCEPTED", path)
    accepted, wrong = audit.read_accepted(date(2026, 11, 25))
    assert accepted == {"one"}
    assert [line.split(": ")[1].split()[0] for line in wrong] == ["late", "mute"]


@pytest.mark.parametrize("answer", [None, "", "{}", '{"statusCode": 405}'])
def test_a_service_that_says_nothing_is_no_clean_bill(
    audit: ModuleType, answer: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "run", lambda *command: answer)
    assert audit.ask_for_python() is None
    assert audit.ask_for_web() is None


def test_a_package_that_was_skipped_was_not_audited(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = '{"dependencies": [{"name": "x", "skip_reason": "not found"}]}'
    monkeypatch.setattr(audit, "run", lambda *command: answer)
    assert audit.ask_for_python() is None


def test_an_open_advisory_fails(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "ask_for_python", lambda: {"GHSA-0": "x 1.0"})
    monkeypatch.setattr(audit, "ask_for_web", dict)
    assert audit.main([]) == 1
    assert "pip-audit: GHSA-0: x 1.0" in capsys.readouterr().out
