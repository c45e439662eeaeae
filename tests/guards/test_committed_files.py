"""Nothing of the machine it was made on gets into the project, and nothing ties it to one registry."""

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.guards.sources import ROOT, list_files, read

# Put together here, so that this file passes its own guard.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "python" + "hosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("registry", "npmmirror", "com"),
    )
]
INDEX_OPTION = re.compile(r"^\s*(--(extra-)?index-url|--find-links|--trusted-host|-[if] )", re.MULTILINE)


def find_machine_indexes() -> set[str]:
    """Return hosts and paths of the package indexes that this machine's pip is configured with."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    )
    words = re.findall(r"[\w+]+://[^\s']+|/[\w./-]{6,}", done.stdout)
    words += re.findall(
        r"\S+", os.environ.get("PIP_FIND_LINKS", "") + " " + os.environ.get("PIP_INDEX_URL", "")
    )
    found = set()
    for word in words:
        parts = urlsplit(word)
        found.add(parts.hostname or parts.path.rstrip("/"))
    return {entry for entry in found if len(entry) > 6 and not entry.startswith("/etc/")}


@pytest.mark.parametrize("needle", [*REGISTRIES, *sorted(find_machine_indexes())])
def test_no_file_names_a_package_registry(needle: str) -> None:
    assert [str(path) for path in list_files() if needle in read(path)] == []


def test_no_file_names_the_checkout() -> None:
    assert [str(path) for path in list_files() if f"{ROOT}/" in read(path)] == []


def test_requirements_choose_no_index_and_pin_everything_by_hash() -> None:
    for path in (path for path in list_files() if path.parts[0] == "requirements"):
        text = read(path)
        assert not INDEX_OPTION.search(text), path
        if path.suffix == ".txt":
            pins = [line for line in text.splitlines() if re.match(r"[a-z0-9]", line)]
            assert pins
            assert all("==" in pin and pin.endswith("\\") for pin in pins), path
            assert text.count("--hash=sha256:") >= len(pins), path


def test_every_wanted_package_is_pinned() -> None:
    name = re.compile(r"^([A-Za-z0-9-]+)", re.MULTILINE)
    for wanted, pinned in (
        ("run", "run"),
        ("run", "dev"),
        ("client", "dev"),
        ("dev", "dev"),
        ("node", "node"),
    ):
        pins = set(name.findall(read(Path(f"requirements/{pinned}.txt"))))
        missing = set(name.findall(read(Path(f"requirements/{wanted}.in")))) - pins - {"-r"}
        assert not missing, f"run scripts/lock: {wanted}.in asks for {missing}"


def test_lock_files_name_no_addresses() -> None:
    locks = [path for path in list_files() if path.name in ("package-lock.json", "npm-shrinkwrap.json")]
    assert [str(path) for path in locks if '"resolved"' in read(path)] == []


def test_npm_leaves_addresses_out_of_new_locks() -> None:
    parser = configparser.ConfigParser()
    parser.read_string("[npmrc]\n" + read(Path("web/.npmrc")))
    assert parser["npmrc"]["omit-lockfile-registry-resolved"] == "true"
