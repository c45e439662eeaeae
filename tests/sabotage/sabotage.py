"""Shows that each fault test can fail: a patch breaks a copy of the tree, and its test must go red there.

    tests/sabotage/run [--control] [NAME…]      all, or those whose name contains one of the words

A patch begins with lines that say what it breaks, which test must notice, on which database, and whether CI
runs it every time (`CI: yes`, a few quick ones). `--control` runs the same tests on an unbroken copy, where
they must be green: else red would say nothing.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
NEEDED = ("hearth", "tests", "pyproject.toml", "docs", "examples")
WEB = "web"
"""Copied as well, and built there, when a patch breaks the web client."""
SECONDS = 280


@dataclass(frozen=True, slots=True)
class Sabotage:
    """One patch. `test` is a pytest node, which may run the web client's source (`Web: source`)."""

    path: Path
    what: str
    test: str
    database: str
    is_in_ci: bool
    runs_web_source: bool = False

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def is_in_web(self) -> bool:
        return f"--- a/{WEB}/" in self.path.read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a test came to on a copy."""

    is_red: bool
    is_green: bool
    seconds: float
    output: str


def read_sabotage(path: Path) -> Sabotage:
    """Read a patch's first lines. Raises KeyError when one is missing."""
    head = path.read_text(encoding="utf-8").split("\n---", 1)[0]
    fields = dict(re.findall(r"^(Sabotage|Test|Database|CI|Web): (.+)$", head, re.MULTILINE))
    return Sabotage(
        path,
        what=fields["Sabotage"],
        test=fields["Test"],
        database=fields.get("Database", "sqlite"),
        is_in_ci=fields.get("CI") == "yes",
        runs_web_source=fields.get("Web") == "source",
    )


def list_sabotages() -> list[Sabotage]:
    return [read_sabotage(path) for path in sorted(FOLDER.glob("*.patch"))]


def copy_tree(target: Path, *, has_web: bool = False) -> None:
    """Copy what the tests need: committed files and new ones, and the web client, as source or as built."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z", *NEEDED, *([WEB] if has_web else [])],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        source = ROOT / name
        if name and source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    if has_web:
        (target / WEB / "node_modules").symlink_to(ROOT / WEB / "node_modules")
    elif (ROOT / "hearth" / "static").is_dir():
        (target / "hearth" / "static").symlink_to(ROOT / "hearth" / "static")


def apply_patch(sabotage: Sabotage, tree: Path) -> None:
    """Raises AssertionError when the code has moved on and the patch must be made anew."""
    done = subprocess.run(
        ["git", "apply", str(sabotage.path)],
        cwd=tree,
        env=os.environ | {"GIT_CEILING_DIRECTORIES": str(tree.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{sabotage.path.name} does not apply any more:\n{done.stderr}"


def build_web(tree: Path) -> None:
    """Build the web client of a copy into it. Raises CalledProcessError."""
    command = [
        str(ROOT / "scripts" / "with-node"),
        "npm",
        "--prefix",
        str(tree / WEB),
        "run",
        "--silent",
        "build",
    ]
    subprocess.run(command, check=True, capture_output=True)


def run_test(sabotage: Sabotage, tree: Path) -> Outcome:
    """Run the sabotage's test in a copy, with this Python."""
    begun = time.monotonic()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", sabotage.test],
            cwd=tree,
            env=os.environ | {"HEARTH_TEST_DATABASE": sabotage.database},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        output = (error.stdout or b"").decode(errors="replace") + "\nno end within the time"
        return Outcome(False, False, time.monotonic() - begun, output)
    has_failed = done.returncode == 1 and re.search(r"\d+ failed", done.stdout) is not None
    has_passed = done.returncode == 0 and re.search(r"\d+ passed", done.stdout) is not None
    return Outcome(has_failed, has_passed, time.monotonic() - begun, done.stdout + done.stderr)


def try_out(sabotage: Sabotage, *, is_control: bool = False) -> Outcome:
    """Run the test on a copy, sabotaged unless it is the control."""
    with tempfile.TemporaryDirectory(prefix="hearth-sabotage-") as folder:
        tree = Path(folder) / "tree"
        copy_tree(tree, has_web=sabotage.is_in_web or sabotage.runs_web_source)
        if not is_control:
            apply_patch(sabotage, tree)
        if sabotage.is_in_web:
            build_web(tree)
        return run_test(sabotage, tree)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests/sabotage/run", description=__doc__)
    parser.add_argument("--control", action="store_true", help="run on unbroken copies: must be green")
    parser.add_argument("names", nargs="*", help="words out of the names; without any, all")
    options = parser.parse_args(arguments)
    bad = 0
    for sabotage in list_sabotages():
        if options.names and not any(word in sabotage.name for word in options.names):
            continue
        outcome = try_out(sabotage, is_control=options.control)
        is_right = outcome.is_green if options.control else outcome.is_red
        bad += not is_right
        found = "red" if outcome.is_red else "green" if outcome.is_green else "no verdict"
        verdict = "ok  " if is_right else "BAD "
        print(
            f"{verdict}{sabotage.name}: {found} after {outcome.seconds:.0f} s - {sabotage.what}", flush=True
        )
        if not is_right:
            print(outcome.output[-3000:], flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
