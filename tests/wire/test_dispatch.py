"""What a command's failure tells its caller, by either face."""

import msgspec
import pytest
from quart import Quart

from hearth.accounts.contract import Devices, ListDevices
from hearth.app import HANDLERS
from hearth.contract import Context, Handler
from hearth.wire.dispatch import Dispatcher
from hearth.wire.http import Face, prepare
from tests.stage import Stage, acknowledge


def fail_with(error: Exception) -> Handler:
    async def fail(context: Context, command: ListDevices) -> Devices:
        raise error

    return Handler(ListDevices, Devices, fail, "read")


@pytest.mark.parametrize(
    ("error", "code"),
    [(MemoryError(), "busy"), (RuntimeError("the inside"), "internal")],
    ids=["F35", "defect"],
)
async def test_f35_who_meets_a_server_without_memory_is_told_to_come_back(
    stage: Stage, error: Exception, code: str
) -> None:
    """A defect is told as one, and nothing of the inside with it; both are reported here."""
    alice = await stage.user("alice")
    reported: list[Exception] = []
    handlers = {**HANDLERS, "device.list": fail_with(error)}
    dispatcher = Dispatcher.of(stage.services, handlers, lambda name, found: reported.append(found))
    answer = await acknowledge(dispatcher, alice, "device.list", b"{}")
    [problem] = msgspec.json.decode(answer)
    assert problem["error"]["code"] == code and b"inside" not in answer
    assert (problem["error"].get("retry_after") is not None) is (code == "busy")
    assert reported == [error]


@pytest.mark.parametrize(("error", "status"), [(MemoryError(), 503), (RuntimeError("the inside"), 500)])
async def test_f35_the_same_over_http(stage: Stage, error: Exception, status: int) -> None:
    app = Quart("hearth", static_folder=None)
    dispatcher = Dispatcher.of(stage.services, HANDLERS, lambda name, found: None)

    async def find_session(token: str) -> None:
        raise error

    prepare(app, Face(stage.services, dispatcher, find_session))

    @app.get("/api/fails")
    async def fails() -> str:
        raise error

    answer = await app.test_client().get("/api/fails")
    assert answer.status_code == status
    assert ("Retry-After" in answer.headers) is (status == 503)
    assert b"inside" not in await answer.get_data()
