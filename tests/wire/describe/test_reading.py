"""What is read out of contract modules, and how it is written as TypeScript, as a page and as OpenAPI."""

import json

import pytest

from hearth import contract
from hearth.messages import contract as messages
from hearth.wire.describe.openapi import Route, write_openapi
from hearth.wire.describe.protocol import write_protocol
from hearth.wire.describe.reading import Description, describe, get_bounds
from hearth.wire.describe.typescript import write_typescript

RESULTS = {
    "message.send": "Sent",
    "message.history": "Page",
    "message.offer": "Offered",
    "message.aimed": "Aimed",
    "message.states": "States",
    "message.pins": "Pins",
    "receipt.mark": "Nothing",
    "typing.start": "Nothing",
    "typing.stop": "Nothing",
}


@pytest.fixture
def description() -> Description:
    return describe(7, [contract, messages], RESULTS)


def test_what_a_client_may_leave_out_is_optional_and_what_it_gets_is_not(description: Description) -> None:
    text = write_typescript(description)
    assert "  kind?: SealedKind;" in text
    assert "export type SealedKind = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;" in text
    assert "  record: Record;" in text
    assert "  members: Member[];" in text
    assert "export const CONTRACT_VERSION = 7;" in text
    assert "export const KIND_VOID = 0;" in text


def test_names_stay_those_of_the_source(description: Description) -> None:
    text = write_typescript(description)
    assert "  conversation_id: ConversationId;" in text
    assert "  counter: Counter;" in text
    assert "export type Record = Base64;" in text
    assert "Record<" not in text, "a contract may well call something Record"


def test_every_command_has_its_answer_and_its_limit(description: Description) -> None:
    text = write_typescript(description)
    for name, result in RESULTS.items():
        assert f'"{name}": {{ input: ' in text
        assert f"result: {result} }};" in text
    assert '"message.history": { count: 300, seconds: 60 },' in text


def test_a_command_that_nobody_handles_is_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"nobody handles typing\.stop"):
        describe(1, [messages], {name: result for name, result in RESULTS.items() if name != "typing.stop"})


def test_two_structs_of_one_name_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="two structs"):
        describe(1, [messages, messages], RESULTS)


def test_bounds_are_told_in_words() -> None:
    assert get_bounds(messages.ReadHistory, "limit") == "1 to 100"
    assert get_bounds(messages.SendMessage, "record") == "length 1 to 65536"
    assert get_bounds(messages.SendMessage, "counter") == "1 to 2^53 − 1"
    assert get_bounds(messages.Sent, "log_hash") == "length 32"
    assert get_bounds(messages.Sent, "timestamp") == ""


def test_the_page_tells_fields_bounds_defaults_and_whom_an_event_reaches(description: Description) -> None:
    page = write_protocol(description, "# Head\n")
    assert page.startswith("# Head\n")
    assert "| `limit` | `int` | 1 to 100 | `50` |" in page
    assert "To the other members. Live only, never logged." in page
    assert "| `busy` | 503 |" in page
    assert "At most 60 in 10 s per user." in page


def test_openapi_has_a_post_for_every_command_and_the_given_routes(description: Description) -> None:
    routes = [Route("GET", "/api/avatars/{avatar_id}", "A picture.", None, "image/webp", public=True)]
    document = json.loads(write_openapi(description, routes, "1.2.3"))
    send = document["paths"]["/api/message.send"]["post"]
    assert send["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/SendMessage")
    assert send["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/Sent")
    picture = document["paths"]["/api/avatars/{avatar_id}"]["get"]
    assert picture["parameters"][0]["name"] == "avatar_id"
    assert picture["security"] == []
    for reference in find_references(document):
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]


def find_references(part: object) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [found for value in part.values() for found in find_references(value)]
    if isinstance(part, list):
        return [found for value in part for found in find_references(value)]
    return []
