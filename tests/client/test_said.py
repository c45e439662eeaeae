"""What bodies say: what is read, what is malformed, and that what is written is read again (8.10)."""

import base64
from typing import Any

import pytest

from hearth.client.emoji import is_emoji
from hearth.client.said import Deletion, Pin, Poll, Reaction, Said, State, Text, Vote, read_said
from hearth.sealed.core.verdicts import Rejected, Verdict

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (1, Text("**hi** @bob", (2, 7), everyone=True, is_forwarded=True)),
        (2, Text("x" * 10_000)),
        (1, Poll("Where?", ("here", "there"), several=True, is_closed=True)),
        (3, Reaction("\U0001f1e9\U0001f1ea")),
        (3, Vote((0, 3))),
        (3, Vote(())),
        (4, Deletion()),
        (6, State("Kayaking", "On\nSundays", PNG)),
        (6, State()),
        (7, Pin(True)),
        (7, Pin(False)),
    ],
)
def test_what_is_written_is_read(kind: int, said: Said) -> None:
    assert read_said(kind, {**said.fields(), "later": [1]}) == said


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (1, {"type": "text"}),
        (1, {"type": "text", "text": " \n\ufeff\u00a0"}),
        (1, {"type": "text", "text": "x" * 10_001}),
        (1, {"type": "text", "text": "x", "mentions": [2, 2]}),
        (1, {"type": "text", "text": "x", "mentions": [0]}),
        (1, {"type": "text", "text": "x", "mentions": [True]}),
        (1, {"type": "text", "text": "x", "mentions": [1.5]}),
        (1, {"type": "text", "text": "x", "mentions": list(range(1, 52))}),
        (1, {"type": "text", "text": "x", "everyone": False}),
        (1, {"type": "poll", "question": "?", "options": ["one"]}),
        (1, {"type": "poll", "question": "?", "options": ["one", ""]}),
        (1, {"type": "poll", "question": "", "options": ["one", "two"]}),
        (3, {"type": "reaction", "emoji": "a"}),
        (3, {"type": "vote", "options": [1, 1]}),
        (3, {"type": "vote", "options": [2, 1]}),
        (3, {"type": "vote", "options": [-1]}),
        (6, {"type": "state", "title": ""}),
        *((6, {"type": "state", "title": f"two{end}lines"}) for end in "\n\v\f\r\u0085\u2028\u2029"),
        (6, {"type": "state", "description": "x" * 1001}),
        (6, {"type": "state", "picture": base64.b64encode(b"GIF89a").decode()}),
        (6, {"type": "state", "picture": base64.b64encode(PNG + bytes(45_000)).decode()}),
        (6, {"type": "state", "picture": base64.b64encode(PNG).decode().rstrip("=")}),
    ],
)
def test_a_field_of_another_form_makes_it_malformed(kind: int, fields: dict[str, Any]) -> None:
    with pytest.raises(Rejected) as caught:
        read_said(kind, fields)
    assert caught.value.verdict is Verdict.MALFORMED


@pytest.mark.parametrize(
    ("kind", "type_"), [(1, "reaction"), (3, "text"), (7, "deletion"), (1, "song"), (5, "call")]
)
def test_a_type_that_is_not_of_its_kind_is_unknown(kind: int, type_: str) -> None:
    assert read_said(kind, {"type": type_}) is None


def test_numbers_are_numbers_however_they_are_written() -> None:
    assert read_said(3, {"type": "vote", "options": [0.0, 1]}) == Vote((0, 1))


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("\u2764\ufe0f", True),
        ("\U0001f44d\U0001f3fd", True),
        ("\U0001f469\u200d\U0001f469\u200d\U0001f466", True),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f", True),
        ("1\ufe0f\u20e3", True),
        ("\U0001f1e9\U0001f1ea", True),
        ("\U0001f1e9", False),
        ("\U0001f44d\U0001f44d", False),
        ("1", False),
        ("", False),
        ("\U0001f44dx", False),
        ("\u200d".join(["\U0001f469"] * 10), False),
    ],
)
def test_an_emoji_is_one_cluster_of_64_bytes(text: str, is_one: bool) -> None:
    assert is_emoji(text) is is_one
