"""Both implementations side by side: each step goes to both, and what comes of it must be the same."""

import json
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any, Self

from tests.histories.view import Told, View
from tests.unavailable import give_up

HERE = Path(__file__).parent
PACKAGES = HERE.parent.parent / "web" / "node_modules" / "rolldown"
MAKES = frozenset({"make", "begin", "leave", "seal", "ask", "answer"})


Answer = dict[str, Any]


class Differ(AssertionError):
    """The two implementations do not say the same."""


class NodeViews:
    """A process of Node with the web client's views, by name."""

    def __init__(self) -> None:
        node = shutil.which("node")
        if node is None or not PACKAGES.is_dir():
            give_up("needs Node and web/node_modules (scripts/setup)")
        assert node is not None
        self.process = subprocess.Popen(
            [node, str(HERE / "views.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.answers: Queue[str] = Queue()
        self.waiting: deque[Callable[[list[Answer]], None]] = deque()
        self.reader = Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.answers.put(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.reader.join()
        self.process.stdout.close()

    def send(self, judge: Callable[[list[Answer]], None], **question: Any) -> None:
        """Ask without waiting: `judge` gets the answers before those to any later question."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        self.waiting.append(judge)

    def settle(self) -> None:
        """Wait for all answers. Raises Differ, also for one that a difference left behind."""
        while self.waiting:
            said = json.loads(self.answers.get(timeout=120))
            judge = self.waiting.popleft()
            if "failed" in said:
                raise Differ(f"the web client broke: {said['failed']}")
            judge(said["answers"])

    def forget(self) -> None:
        """Let go of what was asked and not judged, after a difference."""
        while self.waiting:
            self.answers.get(timeout=120)
            self.waiting.popleft()

    def ask(self, **question: Any) -> list[Answer]:
        """Ask and wait. Raises Differ."""
        found: list[Answer] = []
        self.send(found.extend, **question)
        self.settle()
        return found


class Pair:
    """One device's view in both. `script` is what it was told, for who looks into a difference."""

    def __init__(self, nodes: NodeViews, name: str, told: Told) -> None:
        self.nodes, self.name, self.told = nodes, name, told
        self.python = View(told)
        self.script: list[tuple[str, str | None]] = []
        nodes.send(lambda _answers: None, view=name, open=told)

    def close(self) -> None:
        self.nodes.send(lambda _answers: None, view=self.name, close=True)

    def take(self, *steps: Told) -> list[str | None]:
        """Tell both, and return the verdict on each step. Raises Differ."""
        ours: list[Answer] = []
        begin = len(self.script)
        self.nodes.send(lambda web: self._compare(steps, ours, web, begin), view=self.name, steps=steps)
        for step in steps:
            ours.append(self.python.take(step))
            self.script.append((describe(step), ours[-1]["verdict"]))
        return [answer["verdict"] for answer in ours]

    def _compare(self, steps: Sequence[Told], ours: list[Answer], web: list[Answer], begin: int) -> None:
        for at, step in enumerate(steps):
            if ours[at] != web[at] and not is_open(step, ours[at], web[at]):
                told = self.tell(begin + at)
                raise Differ(f"{self.name}: {describe(step)}{told}\n{find_differences(ours[at], web[at])}")

    def show(self) -> None:
        """Compare what both make of everything that they were told. Raises Differ."""
        self.take({"op": "show"})
        self.nodes.settle()

    def make(self, step: Told, *, by_web: bool) -> dict[str, Any]:
        """Let one of the two make something. Its answer has no equal: seeds and salts are random."""
        assert step["op"] in MAKES
        self.script.append((f"{'web' if by_web else 'python'} {describe(step)}", None))
        return self.nodes.ask(view=self.name, steps=[step])[0] if by_web else self.python.take(step)

    def may_make(self, step: Told) -> bool:
        """Ask both whether they would make it. Raises Differ unless they agree."""
        ours = self.python.take(step)["verdict"]
        web = self.nodes.ask(view=self.name, steps=[step])[0]["verdict"]
        if (ours is None) != (web is None):  # why one may not is for who is asked to take it
            raise Differ(f"{self.name} {describe(step)}: python {ours}, web {web}{self.tell()}")
        return ours is None

    def tell(self, until: int | None = None) -> str:
        """Return the last of what this device was told."""
        told = self.script[:until][-12:]
        return "\n" + "\n".join(f"    {said} -> {verdict}" for said, verdict in told)


def is_open(step: Told, ours: Answer, web: Answer) -> bool:
    """Tell whether the page leaves the choice: of an epoch that breaks a rule of 7.4 and cannot be proven."""
    is_epoch = step["op"] in ("epoch", "join")
    return is_epoch and {ours["verdict"], web["verdict"]} == {"unproven", "not_allowed"}


def describe(step: Told) -> str:
    """Return a step in a line, without its long bytes."""

    def short(value: Any) -> Any:
        if isinstance(value, str) and len(value) > 24:
            return value[:12] + "…"
        if isinstance(value, list):
            is_page = bool(value) and isinstance(value[0], dict) and "seq" in value[0]
            return f"{value[0]['seq']} to {value[-1]['seq']}" if is_page else [short(one) for one in value]
        if isinstance(value, dict):
            return {key: short(one) for key, one in value.items() if key not in ("record_hash", "client_id")}
        return value

    return f"{step['op']} " + " ".join(f"{key}={short(value)}" for key, value in step.items() if key != "op")


def find_differences(ours: Any, web: Any, path: str = "") -> str:
    """Return where two answers differ, a line each."""
    if isinstance(ours, dict) and isinstance(web, dict) and ours.keys() == web.keys():
        return "".join(find_differences(ours[key], web[key], f"{path}.{key}") for key in ours)
    if isinstance(ours, list) and isinstance(web, list) and len(ours) == len(web):
        pairs = enumerate(zip(ours, web, strict=True))
        return "".join(find_differences(a, b, f"{path}[{at}]") for at, (a, b) in pairs)
    return "" if ours == web else f"  {path}: python {ours!r}, web {web!r}\n"
