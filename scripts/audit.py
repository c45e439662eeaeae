"""Asks advisory services about pinned packages; judges and lists the licences of what is shipped.

    scripts/audit               advisories (where a service answers), licences, docs/licences.md is fresh
    scripts/audit --licences    write docs/licences.md

A known advisory fails unless requirements/advisories.toml lists it with a reason and its last day.
A service that cannot be asked is said in plain words: that is no finding, and no clean bill either.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email.message import Message
from importlib import metadata
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parents[1]
ACCEPTED = ROOT / "requirements" / "advisories.toml"
PAGE = ROOT / "docs" / "licences.md"
SECONDS = 180
FITTING = re.compile(
    r"(MIT(-0)?|BSD|BSD-[23]-Clause|0BSD|ISC|Apache-2\.0|PSF-2\.0|Python-2\.0|Zlib|Unlicense|CC0-1\.0|MPL-2\.0)"
)
"""Licences that fit what is given out under MIT; MPL holds for its own files only."""
SPELLINGS = {
    "Apache 2": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "3-Clause BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT license": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "zlib/libpng": "Zlib",
}
SEEN_BY_HAND = {
    # These declare nothing that a program could read: this is what their LICENSE files say.
    "aiofastnet": "MIT",
    "picows": "MIT",
    "pysqlite3": "Zlib",
    "xmlhttprequest-ssl": "MIT",
}


def main(arguments: list[str]) -> int:
    text = make_page()
    if arguments == ["--licences"]:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    problems = [*judge_licences()]
    if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        problems.append("docs/licences.md is not fresh: run scripts/audit --licences")
    accepted, expired = read_accepted(datetime.now(UTC).date())
    problems += expired
    for service, found in (("pip-audit", ask_for_python()), ("npm audit", ask_for_web())):
        if found is None:
            print(f"NOT AUDITED by {service}: its advisory service does not answer here.")
            continue
        open_ones = {name: said for name, said in found.items() if name not in accepted}
        print(f"{service}: {len(found)} advisories, {len(open_ones)} of them not accepted")
        problems += [f"{service}: {name}: {said}" for name, said in open_ones.items()]
    print("\n".join(problems) or "licences fit; no open advisory from the services that answered")
    return 1 if problems else 0


def read_accepted(today: date) -> tuple[set[str], list[str]]:
    """Return the advisories that are accepted today, and what is wrong with the list."""
    entries = tomllib.loads(ACCEPTED.read_text(encoding="utf-8")).get("accepted", [])
    accepted, wrong = set(), []
    for entry in entries:
        if not entry.get("reason") or entry["until"] < today:
            wrong.append(f"requirements/advisories.toml: {entry['id']} has no reason or has expired")
        else:
            accepted.add(entry["id"])
    return accepted, wrong


def run(*command: str) -> str | None:
    """Return what a command prints, or None when it does not come to an end."""
    try:
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None


def ask_for_python() -> dict[str, str] | None:
    """Return advisories by id for all pinned Python packages, or None when nobody could be asked.

    pip-audit calls a package that its service does not know "skipped" and goes on, so one is tried first.
    """
    if not list_answered(ask_pip_audit("node")):
        return None
    packages = ask_pip_audit("dev", "bench", "node")
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    if skipped:
        print(f"NOT AUDITED by pip-audit: {', '.join(skipped)}")
    return {
        found["id"]: f"{package['name']} {package['version']}"
        for package in list_answered(packages)
        for found in package["vulns"]
    }


def ask_pip_audit(*kinds: str) -> list[dict[str, Any]]:
    """Return what pip-audit says of each package in these requirements; nothing when it fails."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    for kind in kinds:
        command += ["--requirement", f"requirements/{kind}.txt"]
    output = run(*command, "--disable-pip", "--require-hashes")
    try:
        packages: list[dict[str, Any]] = json.loads(output or "")["dependencies"]
    except (ValueError, KeyError):
        return []
    return packages


def list_answered(packages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [package for package in packages if "skip_reason" not in package]


def ask_for_web() -> dict[str, str] | None:
    """Return advisories by address for the locked npm packages, or None when nobody could be asked."""
    output = run("npm", "--prefix", "web", "audit", "--package-lock-only", "--json")
    try:
        packages = json.loads(output or "")["vulnerabilities"]
    except (ValueError, KeyError):
        return None
    return {
        via["url"]: f"{name}: {via['title']}"
        for name, package in packages.items()
        for via in package["via"]
        if isinstance(via, dict)
    }


def list_python() -> Iterator[tuple[str, str, str]]:
    """Yield name, version and licence of what `hearth serve` needs."""
    text = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    for name, version in re.findall(r"^([a-z0-9-]+)==([^\s;]+)", text, re.MULTILINE):
        yield name, version, read_licence(name)


def read_licence(name: str) -> str:
    """Return the licence that a package declares: all that it names must fit."""
    try:
        declared = cast(Message, metadata.metadata(name))  # typeshed's protocol lacks `get` here
    except metadata.PackageNotFoundError:
        return SEEN_BY_HAND.get(name, "unknown")
    if expression := declared.get("License-Expression"):
        return str(expression)
    classifiers = [
        line.rsplit(" :: ", 1)[1]
        for line in declared.get_all("Classifier") or []
        if line.startswith("License :: ") and line != "License :: OSI Approved"
    ]
    said = (declared.get("License") or "").strip()
    names = classifiers or ([said] if said and "\n" not in said else [])
    return " AND ".join(SPELLINGS.get(name, name) for name in names) or SEEN_BY_HAND.get(name, "unknown")


def list_web() -> Iterator[tuple[str, str, str]]:
    """Yield name, version and licence of what is built into the web client or may be."""
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))
    for path, package in sorted(lock["packages"].items()):
        if path and not package.get("dev"):
            name = path.rpartition("node_modules/")[2]
            yield name, package["version"], package.get("license") or SEEN_BY_HAND.get(name, "unknown")


def judge_licences() -> Iterator[str]:
    """Yield a sentence for each licence that does not fit."""
    for name, version, licence in (*list_python(), *list_web()):
        if not fits(licence):
            yield f"{name} {version}: its licence {licence!r} is not one of those that fit"


def fits(expression: str) -> bool:
    """Whether an SPDX expression (no nested brackets) leaves a fitting choice."""
    choices = re.split(r"\s+OR\s+", expression.replace("(", "").replace(")", ""))
    return any(
        all(FITTING.fullmatch(part.strip()) for part in re.split(r"\s+AND\s+", choice)) for choice in choices
    )


def make_page() -> str:
    parts = [
        "# Licences\n\nWhat Hearth installs or ships, with the licence each declares. "
        "Made by `scripts/audit --licences`.\n"
    ]
    for title, rows in (("The server", list_python()), ("The web client", list_web())):
        lines = [f"| {name} | {version} | {licence} |" for name, version, licence in rows]
        parts.append(
            f"## {title}\n\n| package | version | licence |\n|---|---|---|\n" + "\n".join(lines) + "\n"
        )
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
