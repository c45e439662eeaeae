"""The judge itself: a clean run is clean, and each broken promise is found and named."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.faults.rig.journal import Acked, Failed, Intent, Journal, Line, Received, Refused
from tests.faults.rig.oracle import FIELDS, LABEL, Report, judge
from tests.faults.rig.stored import Head, Row, Stored

KEY, OTHER = "aa" * 16, "bb" * 16
ALICE, BOB, CAROL = 1, 2, 3


@dataclass
class Scene:
    """Three messages from alice to bob, and what both saw; carol is no member."""

    stored: Stored
    lines: dict[str, list[Line]]
    folder: Path

    def judge(self) -> Report:
        journals = []
        for number, (name, lines) in enumerate(self.lines.items(), 1):
            journal = Journal(self.folder / f"{name}.jsonl", name, number)
            journal.path.write_bytes(b"")
            for line in lines:
                journal.note(line)
            journals.append(journal)
        return judge(self.stored, journals)

    def invariants(self) -> set[str]:
        return {violation.invariant for violation in self.judge().violations}


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    stored, lines = Stored(), {"alice": list[Line](), "bob": list[Line](), "carol": list[Line]()}
    log_hash = hashlib.sha256(LABEL + bytes.fromhex(KEY)).digest()
    for seq in (1, 2, 3):
        record = f"message {seq}".encode()
        record_hash = hashlib.sha256(record).digest()
        log_hash = hashlib.sha256(log_hash + FIELDS.pack(seq, 1, ALICE) + record_hash).digest()
        client_id = f"{seq:032x}"
        stored.rows.append(Row(KEY, seq, seq, client_id, ALICE, 1, record, record_hash, log_hash))
        content_hash = hashlib.sha256(f"text {seq}".encode()).digest()
        lines["alice"].append(Intent(seq, client_id, KEY, content_hash))
        lines["alice"].append(Acked(seq + 0.1, client_id, KEY, seq, log_hash))
        for name in ("alice", "bob"):
            what = (KEY, seq, client_id, ALICE, record_hash, log_hash, content_hash)
            lines[name].append(Received(seq + 0.2, *what))
    stored.heads[KEY] = Head(3, 3, log_hash, frozenset({ALICE, BOB}))
    return Scene(stored, lines, tmp_path)


def lose_the_last_row(scene: Scene) -> None:
    scene.stored.rows.pop()


def keep_it_from_bob(scene: Scene) -> None:
    scene.lines["bob"].pop()


def store_elsewhere(scene: Scene) -> None:
    first = scene.stored.rows[0]
    scene.stored.rows[0] = replace(first, client_id=f"{9:032x}")


def store_twice(scene: Scene) -> None:
    scene.stored.rows.append(replace(scene.stored.rows[-1], seq=4, ordinal=4))


def answer_differently(scene: Scene) -> None:
    ack = scene.lines["alice"][1]
    assert isinstance(ack, Acked)
    scene.lines["alice"].append(Acked(9, ack.client_id, KEY, 2, ack.log_hash))


def leave_a_gap(scene: Scene) -> None:
    scene.stored.rows[1] = replace(scene.stored.rows[1], seq=7)


def change_a_record(scene: Scene) -> None:
    scene.stored.rows[1] = replace(scene.stored.rows[1], record=b"something else")


def change_a_hash(scene: Scene) -> None:
    scene.stored.rows[1] = replace(scene.stored.rows[1], log_hash=bytes(32))


def miscount(scene: Scene) -> None:
    scene.stored.rows[1] = replace(scene.stored.rows[1], ordinal=1)


def forget_the_head(scene: Scene) -> None:
    scene.stored.heads[KEY] = replace(scene.stored.heads[KEY], last_seq=2)


def show_bob_something_else(scene: Scene) -> None:
    line = scene.lines["bob"][1]
    assert isinstance(line, Received)
    what = (KEY, 2, line.client_id, ALICE, bytes(32), line.log_hash, line.content_hash)
    scene.lines["bob"][1] = Received(9, *what)


def open_it_as_something_else(scene: Scene) -> None:
    line = scene.lines["bob"][1]
    assert isinstance(line, Received)
    what = (KEY, 2, line.client_id, ALICE, line.record_hash, line.log_hash, bytes(32))
    scene.lines["bob"][1] = Received(9, *what)


def give_up(scene: Scene) -> None:
    scene.lines["bob"].append(Failed(9, "LogBroken"))


def skip_one(scene: Scene) -> None:
    scene.lines["bob"].insert(0, scene.lines["bob"].pop())


def let_carol_see(scene: Scene) -> None:
    scene.lines["carol"].append(scene.lines["bob"][0])


def show_unsent_as_sent(scene: Scene) -> None:
    scene.lines["alice"].append(Acked(9, f"{8:032x}", KEY, 4, bytes(32)))


def refuse_what_is_stored(scene: Scene) -> None:
    scene.lines["alice"].append(Refused(9, f"{1:032x}", "busy"))


def store_unasked(scene: Scene) -> None:
    del scene.lines["alice"][0]


def forge_the_sender(scene: Scene) -> None:
    scene.stored.rows[0] = replace(scene.stored.rows[0], from_user=BOB)


def test_a_clean_run_is_clean(scene: Scene) -> None:
    report = scene.judge()
    report.require_clean()
    assert (report.intents, report.acked, report.rows, report.received) == (3, 3, 3, 6)
    assert report.latencies == pytest.approx([0.1] * 3)


def test_a_run_without_an_answer_proves_nothing(scene: Scene) -> None:
    scene.lines["alice"] = [line for line in scene.lines["alice"] if not isinstance(line, Acked)]
    with pytest.raises(AssertionError, match="proves nothing"):
        scene.judge().require_clean()


@pytest.mark.parametrize(
    ("harm", "invariant"),
    [
        (lose_the_last_row, "I1"),
        (keep_it_from_bob, "I1"),
        (store_elsewhere, "I1"),
        (store_twice, "I2"),
        (answer_differently, "I2"),
        (leave_a_gap, "I3"),
        (change_a_record, "I3"),
        (change_a_hash, "I3"),
        (miscount, "I3"),
        (forget_the_head, "I3"),
        (show_bob_something_else, "I3"),
        (give_up, "I3"),
        (skip_one, "I4"),
        (let_carol_see, "I5"),
        (show_unsent_as_sent, "I6"),
        (refuse_what_is_stored, "I6"),
        (store_unasked, "I6"),
        (forge_the_sender, "I6"),
        (open_it_as_something_else, "I6"),
    ],
)
def test_a_broken_promise_is_found(scene: Scene, harm: Callable[[Scene], None], invariant: str) -> None:
    harm(scene)
    assert invariant in scene.invariants()


def test_who_is_away_at_the_end_need_not_have_everything(scene: Scene) -> None:
    scene.lines["bob"].pop()
    journals = []
    for number, (name, lines) in enumerate(scene.lines.items(), 1):
        journal = Journal(scene.folder / f"{name}.jsonl", name, number, is_settled=name != "bob")
        for line in lines:
            journal.note(line)
        journals.append(journal)
    judge(scene.stored, journals).require_clean()
