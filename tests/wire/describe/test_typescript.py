"""The committed contract.ts, protocol.md and openapi.json are what the contract says."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from hearth.wire.describe.typescript import write_type

ROOT = Path(__file__).parents[3]


def test_what_is_committed_is_fresh() -> None:
    run = subprocess.run(
        [sys.executable, ROOT / "scripts/contract", "--check"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("python", "typescript"),
    [
        ("str | None", "string | null"),
        ("list[int]", "number[]"),
        ("list[str | None]", "(string | null)[]"),
        ("dict[ConversationId, Seq]", "{ [key: ConversationId]: Seq }"),
        ('Literal["a", 1]', '"a" | 1'),
        ("Annotated[bytes, Meta(max_length=3)]", "Base64"),
        ("Raw", "unknown"),
    ],
)
def test_annotations_become_typescript(python: str, typescript: str) -> None:
    assert write_type(ast.parse(python, mode="eval").body) == typescript


def test_an_unknown_annotation_is_refused() -> None:
    with pytest.raises(ValueError, match="as TypeScript"):
        write_type(ast.parse("set[int]", mode="eval").body)
