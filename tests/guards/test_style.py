"""The house style as far as a machine can judge it: docstrings, sizes, excepts, whose tables are whose."""

import ast
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.guards.sources import list_files, list_modules, parse, read

MOST_LINES = 350
MOST_FUNCTION_LINES = 40
SHARED_FOLDERS = {"db", "wire", "cli", "bus", "client"}
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
MAY_USE_FOREIGN_TABLES = {
    # One durable write on the committer's connection: messages and their conversation's counters.
    "hearth/messages/append.py",
    # What sealed records are judged by, read in that same write: epochs, leaves, chains.
    "hearth/messages/sealed_store.py",
    # The list of conversations is a view across conversations and messages: one query however many there are.
    "hearth/inbox/store.py",
    # A backup copies every table that there is.
    "hearth/backups/rows.py",
}
MODULES = [path for path in list_modules("hearth") if "versions" not in path.parts]
SOURCES = (".py", ".ts", ".svelte", ".scss", ".mjs")
Check = Callable[[Path], None]


def over(paths: Sequence[Path]) -> Callable[[Check], Callable[[], None]]:
    """Make a test that judges one file into one of all these, which names those that fail.

    One for each file would be thousands, and what a run spends on them more than the judging.
    """

    def make(check: Check) -> Callable[[], None]:
        def test() -> None:
            wrong = []
            for path in paths:
                try:
                    check(path)
                except AssertionError as error:
                    wrong.append(f"{path}: {error}")
            assert paths and not wrong, "\n".join(wrong)

        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return make


everywhere = over(MODULES)


def is_a_list(path: Path) -> bool:
    """Whether a file is generated, or a list of sentences."""
    return path.name == "contract.ts" or path.match("i18n/*")


@over(list_modules("hearth", "tests", "bench", "examples"))
def test_a_module_says_what_it_is(path: Path) -> None:
    docstring = ast.get_docstring(parse(path))
    assert docstring, "no module docstring"
    if path.parts[0] == "hearth":
        assert len(docstring.splitlines()) <= 7, "a module docstring has one to five lines"


@over([path for path in list_files() if path.suffix in SOURCES and not is_a_list(path)])
def test_a_file_stops_at_350_lines(path: Path) -> None:
    assert len(read(path).splitlines()) <= MOST_LINES


@everywhere
def test_a_function_stops_at_40_lines(path: Path) -> None:
    long = {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(parse(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > MOST_FUNCTION_LINES
    }
    assert not long


@everywhere
def test_a_broad_except_says_why_or_raises_again(path: Path) -> None:
    lines = read(path).splitlines()
    for node in ast.walk(parse(path)):
        if not isinstance(node, ast.ExceptHandler) or not is_broad(node.type):
            continue
        raises_again = any(isinstance(inner, ast.Raise) for inner in node.body)
        says_why = any("#" in line for line in lines[node.lineno - 1 : node.body[0].lineno])
        assert raises_again or says_why, f"{path}:{node.lineno} {lines[node.lineno - 1].strip()}"


@over(list_modules("hearth", "tests", "bench", "examples", "scripts"))
def test_no_shell_reads_what_we_run(path: Path) -> None:
    """A shell would take what is in an argument for a command. ruff does not look at the tests for it."""
    for node in ast.walk(parse(path)):
        assert not (isinstance(node, ast.Call) and asks_a_shell(node)), f"{path}:{node.lineno}"


@pytest.mark.parametrize(
    ("source", "is_one"),
    [
        ("subprocess.run(x, shell=True)", True),
        ("run(x, shell=maybe)", True),
        ("run(x, shell=False)", False),
        ("os.system(x)", True),
        ("popen(x)", True),
        ("asyncio.create_subprocess_shell(x)", True),
        ("subprocess.getoutput(x)", True),
        ("subprocess.Popen(x)", False),
        ("platform.system()", False),
    ],
)
def test_a_shell_is_recognised(source: str, is_one: bool) -> None:
    call = ast.parse(source, mode="eval").body
    assert isinstance(call, ast.Call) and asks_a_shell(call) is is_one


def asks_a_shell(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    is_shell = name.split(".")[-1] in {"popen", "create_subprocess_shell", "getoutput", "getstatusoutput"}
    given = [keyword.value for keyword in call.keywords if keyword.arg == "shell"]
    is_asked = any(not (isinstance(value, ast.Constant) and value.value is False) for value in given)
    return is_shell or name == "os.system" or is_asked


def is_broad(caught: ast.expr | None) -> bool:
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return caught is None or any(
        isinstance(name, ast.Name) and name.id in ("Exception", "BaseException") for name in names
    )


@everywhere
def test_a_wait_ends_when_it_is_cancelled(path: Path) -> None:
    """`asyncio.wait_for` before Python 3.12 forgets a cancellation that comes with the answer: a loop around
    it goes on for ever, and so does whoever waits for its end. `asyncio.timeout` does not."""
    assert "asyncio.wait_for(" not in path.read_text(encoding="utf-8"), "use `async with asyncio.timeout(…)`"


@over([path for path in list_files() if path.suffix in (".py", ".ts", ".svelte")])
def test_a_file_is_named_by_what_it_does(path: Path) -> None:
    assert not BANNED_NAMES & {part.split(".")[0].lower() for part in path.parts}


@everywhere
def test_storage_is_touched_by_its_own_noun_only(path: Path) -> None:
    own = path.parts[1]
    foreign = []
    for node in ast.walk(parse(path)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            is_storage = any(part in ("store", "tables") or part.endswith("_store") for part in parts[2:4])
            if parts[0] == "hearth" and is_storage and parts[1] not in {own, *SHARED_FOLDERS}:
                foreign.append(name)
    assert not foreign or own == "db" or str(path) in MAY_USE_FOREIGN_TABLES, f"{path} imports {foreign}"


@over([path for path in MODULES if path.parts[1] == "client"])
def test_the_client_library_takes_only_contracts_from_the_server(path: Path) -> None:
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("hearth."):
            parts = node.module.split(".")
            names = [*parts[1:], *(alias.name for alias in node.names)]
            assert parts[1] in ("client", "errors", "sealed", "tasks") or "contract" in names, (
                f"imports {node.module}"
            )
