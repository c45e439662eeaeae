"""Random histories of a conversation, with lies in them: both clients come to the same verdict on everything.

The web client's code makes them and judges; the Python client, written from the specification alone, judges
the same bytes. HEARTH_HISTORIES says how many in each test.
"""

import os
from typing import Any

import pytest

from hearth.client.crypto.conversation import Conversation
from hearth.client.crypto.log.rows import Row
from hearth.sealed.core.verdicts import Rejected
from hearth.sealed.group.check import Where
from hearth.sealed.person.people import People
from tests.clients.node import run_node

COUNT = int(os.environ.get("HEARTH_HISTORIES", "3"))
LENGTH = 160
"""Above 100 entries a record may be too late for its epoch, and a gap in the counters shows."""


def read_row(given: dict[str, Any]) -> Row:
    return Row(
        given["seq"],
        given["kind"],
        given["user"],
        bytes.fromhex(given["device"]),
        bytes.fromhex(given["clientId"]),
        given["counter"],
        given["epoch"],
        given["targetSeq"],
        given["time"],
        bytes.fromhex(given["record"]),
        bytes.fromhex(given["recordHash"]),
    )


class Reader:
    """The Python client's device that is shown a history."""

    def __init__(self, history: dict[str, Any]) -> None:
        self.history = history
        self.rows = [read_row(row) for row in history["rows"]]
        self.hashes = [bytes.fromhex(one) for one in history["hashes"]]
        server = bytes.fromhex(history["server"])
        people = People(server)
        for person in history["people"]:
            chain = people.chain(person["user"])
            chain.finish(bytes.fromhex(one) for one in person["statements"])
            for statement in person["receives"]:
                chain.take_receive(bytes.fromhex(statement))
        where = Where(server, bytes.fromhex(history["conversation"]), history["self"])
        self.conversation = Conversation(where, people)
        self.conversation.generations = frozenset({bytes.fromhex(history["database"])})
        self.shown = 0

    def show(self, up_to: int) -> None:
        if up_to > self.shown:
            rows = self.rows[self.shown : up_to]
            self.conversation.take_page(self.hashes[self.shown], rows, self.history["now"])
            self.shown = up_to

    def take(self, epoch: dict[str, Any]) -> str | None:
        """Show the entries below an epoch, then the epoch. Returns the verdict."""
        self.show(epoch["seq"] - 1)
        roster = None if epoch["roster"] is None else bytes.fromhex(epoch["roster"])
        try:
            self.conversation.epochs.take(bytes.fromhex(epoch["record"]), roster)
        except Rejected as rejected:
            return str(rejected.verdict)
        if epoch.get("seed"):
            self.conversation.epochs.take_seed(epoch["n"], bytes.fromhex(epoch["seed"]))
        return None

    def take_all(self) -> list[str | None]:
        """Take epochs and attempts in the order of their places, attempts first. Returns what they met."""
        steps = [(epoch["seq"], 1, epoch) for epoch in self.history["epochs"]]
        steps += [(attempt["seq"], 0, attempt) for attempt in self.history["attempts"]]
        met = []
        for _, is_epoch, epoch in sorted(steps, key=lambda step: step[:2]):
            verdict = self.take(epoch)
            if is_epoch:
                assert verdict is None
            else:
                met.append(verdict)
        self.show(len(self.rows))
        return met


def judge(history: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Return what both make of a history: attempts, then entries."""
    reader = Reader(history)
    attempts = sorted(history["attempts"], key=lambda attempt: attempt["seq"])
    expected: list[Any] = [attempt["refused"] for attempt in attempts]
    found: list[Any] = list(reader.take_all())
    findings = reader.conversation.judge(history["now"])
    for one in history["findings"]:
        seq = one["seq"]
        judgement = findings.judgements[seq]
        content = judgement.content.fields if judgement.content else None
        is_withheld = seq in findings.withheld
        stands = judgement.verdict is None
        found.append((seq, str(judgement.verdict) if judgement.verdict else None, content, is_withheld))
        theirs = one["verdict"] if one["verdict"] != "withheld" else None
        theirs_withheld = one["isWithheld"] or one["verdict"] == "withheld"
        expected.append((seq, theirs, one["content"] if stands else content, theirs_withheld))
    return expected, found


@pytest.mark.parametrize("first", [1, 1001])
async def test_both_clients_judge_alike(first: int) -> None:
    question = {"first": first, "count": COUNT, "length": LENGTH}
    report = await run_node("histories.mjs", question)
    kinds: dict[str, int] = {}
    for history in report["histories"]:
        expected, found = judge(history)
        different = [(a, b) for a, b in zip(expected, found, strict=True) if a != b]
        assert not different, (history["seed"], different[:5])
        for one in history["findings"]:
            kinds[str(one["verdict"])] = kinds.get(str(one["verdict"]), 0) + 1
    assert len(kinds) > 6, kinds
