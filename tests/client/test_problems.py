"""Refusals become the exceptions that the server raised; unknown ones keep their code."""

import httpx
import pytest

from hearth.client.problems import Disconnected, Problem, Refused, to_error
from hearth.client.wire.http import Http
from hearth.client.wire.socket import RawJson
from hearth.contract import Nothing
from hearth.errors import HearthError, NotFound, TooManyRequests


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


def answering(status: int, content: bytes, content_type: str) -> Http:
    http = Http("http://localhost")
    answer = httpx.Response(status, content=content, headers={"content-type": content_type})
    http._client = httpx.AsyncClient(
        base_url=http.url, transport=httpx.MockTransport(lambda _request: answer)
    )
    return http


@pytest.mark.parametrize(
    ("status", "content", "content_type"),
    [
        (502, b"<h1>Bad Gateway</h1>", "text/html; charset=utf-8"),
        (503, b"", "text/plain"),
        (504, b'{"message": "no route"}', "application/json"),
        (404, b"<h1>Not Found</h1>", "text/html"),
        (200, b"<h1>Sign in to the network</h1>", "text/html"),
    ],
)
async def test_what_somebody_in_between_answers_is_no_answer(
    status: int, content: bytes, content_type: str
) -> None:
    http = answering(status, content, content_type)
    with pytest.raises(Disconnected):
        await http.send("POST", "/api/epoch.make", Nothing)
    await http.close()


async def test_control_what_hearth_answers_is_one() -> None:
    http = answering(404, b'{"code": "not_found"}', "application/problem+json; charset=utf-8")
    with pytest.raises(NotFound):
        await http.send("POST", "/api/epoch.make", Nothing)
    await http.close()
    http = answering(503, b'{"code": "a_new_one", "status": 503}', "application/problem+json")
    with pytest.raises(HearthError) as told:
        await http.send("POST", "/api/epoch.make", Nothing)
    assert told.value.code == "a_new_one"
    await http.close()
