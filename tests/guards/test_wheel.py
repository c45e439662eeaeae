"""The wheel is pure Python, holds the web client, and runs in an empty environment."""

import json
import subprocess
import sys
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

from tests.guards.sources import ROOT
from tests.served import serve
from tests.unavailable import give_up

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (ROOT / "hearth/static/index.html").is_file():
        give_up("the web client has not been built; run scripts/setup")
    copy = tmp_path_factory.mktemp("source")
    for name in ("hearth", "requirements", "pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).exists():
            subprocess.run(["cp", "-r", str(ROOT / name), str(copy)], check=True)
    subprocess.run(
        [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            str(copy / "dist"),
            str(copy),
        ],
        check=True,
        capture_output=True,
    )
    (found,) = (copy / "dist").glob("*.whl")
    return found


def test_the_wheel_is_pure_python_and_complete(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    files = [path for path in (ROOT / "hearth").rglob("*") if path.is_file()]
    needed = {path.relative_to(ROOT).as_posix() for path in files if is_needed(path)}
    assert {"hearth/static/index.html", "hearth/trust/page.html"} < needed
    assert needed <= names, needed - names
    assert all(name.startswith(("hearth/", "hearth-")) for name in names)


def is_needed(path: Path) -> bool:
    """Tell whether a running server reads a file.

    Not what Python and Vite keep for themselves, nor the beginning of the generated docs/protocol.md.
    """
    is_own = any(part == "__pycache__" or part.startswith(".") for part in path.relative_to(ROOT).parts)
    return not is_own and path.name != "protocol.head.md"


def test_a_pip_installed_hearth_serves(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv")
    binaries = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", binaries / "python"),
            *("install", "--quiet", "--no-compile", str(wheel)),
        ],
        check=True,
        cwd=tmp_path,
        timeout=600,
    )
    with serve(tmp_path / "data", command=[binaries / "hearth"]) as served:
        with urllib.request.urlopen(f"{served.url}/api/health", timeout=5) as response:
            assert json.load(response)
        with urllib.request.urlopen(served.url, timeout=5) as response:
            assert b"<!doctype html>" in response.read().lower()
        assert served.stop() == 0, served.output
