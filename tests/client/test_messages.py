"""A message as a program gets it, of an entry that was judged."""

import pytest

from hearth.client.applied import Stood
from hearth.client.crypto.log.body import Content
from hearth.client.crypto.log.rows import Judgement
from hearth.client.messages import list_stood, read_message
from hearth.client.said import Text
from tests.client.entries import BOB, make_entries


@pytest.mark.parametrize("may_call", [True, False])
def test_everybody_is_called_by_who_may(may_call: bool) -> None:
    (entry,) = make_entries(1)
    content = Content({"type": "text", "text": "@everyone, look", "everyone": True})
    judged = Judgement(None, content=content, may_call=may_call)
    heard = Text("@everyone, look", everyone=may_call)
    assert list_stood([entry], {1: judged}) == [Stood(1, 1, BOB, 0, heard)]
    assert read_message(entry, judged) == (heard, None)
