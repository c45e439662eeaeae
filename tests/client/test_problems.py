"""Refusals become the exceptions that the server raised; unknown ones keep their code."""

import pytest

from hearth.client.problems import Problem, Refused, to_error
from hearth.client.wire.http import Http
from hearth.client.wire.socket import RawJson
from hearth.errors import NotFound, TooManyRequests


def test_a_known_code_becomes_its_class() -> None:
    error = to_error(Problem(code="too_many_requests", status=429, retry_after=2.5))
    assert isinstance(error, TooManyRequests)
    assert error.retry_after == 2.5
    assert isinstance(to_error(Problem(code="not_found")), NotFound)


def test_a_rule_of_one_noun_keeps_its_code_and_sentence() -> None:
    error = to_error(
        Problem(code="conversation_closed", status=409, title="Closed", detail="You are no friends")
    )
    assert isinstance(error, Refused)
    assert (error.code, error.status, str(error)) == ("conversation_closed", 409, "You are no friends")


@pytest.mark.parametrize(
    "url", ["http://hearth.example", "http://localhost.evil.example", "ftp://localhost", "hearth"]
)
def test_a_password_never_goes_over_an_open_line(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        Http(url)


def test_arguments_stay_raw_until_they_are_needed() -> None:
    name, argument = RawJson.loads('["message.sent",{"seq":1}]')
    assert (name, bytes(argument)) == ("message.sent", b'{"seq":1}')
    assert RawJson.loads('{"sid":"x"}') == {"sid": "x"}
    assert RawJson.dumps(["x", argument]) == '["x",{"seq":1}]'
