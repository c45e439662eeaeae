"""Which files the guards look at: everything that is committed or about to be."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def list_files() -> tuple[Path, ...]:
    """Return every text file git knows or would take, as paths below ROOT; outside a checkout all of them."""
    done = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=False
    )
    if done.returncode == 0:
        names = [name for name in done.stdout.decode().split("\0") if name]
    else:
        skipped = {".venv", "node_modules", "static", "__pycache__", "build", "dist", "data"}
        names = [
            str(path.relative_to(ROOT))
            for path in ROOT.rglob("*")
            if not skipped & set(path.relative_to(ROOT).parts)
        ]
    return tuple(Path(name) for name in sorted(names) if (ROOT / name).is_file())


def list_modules(*folders: str) -> list[Path]:
    """Return the Python files in these top folders."""
    return [path for path in list_files() if path.suffix == ".py" and path.parts[0] in folders]


def read(path: Path) -> str:
    """Return a file's text; bytes that are no text become question marks."""
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(read(path), str(path))
