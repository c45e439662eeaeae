"""What of the directory is HTTP and no command: becoming signed in by a recovery key or a reset link."""

from quart import Blueprint, Response

from hearth.accounts.routes import begin, run
from hearth.accounts.throttle import allow_reset
from hearth.directory.contract import RecoveryFinish, RecoveryQuestion, ResetFinish, ResetQuestion
from hearth.directory.throttle import allow_recovery
from hearth.wire.addresses import network_of
from hearth.wire.http import client_address, read_body, reply, services

ROUTES = Blueprint("directory", __name__)
LARGE = ("/api/recovery/finish", "/api/reset/finish")


@ROUTES.post("/api/recovery")
async def post_recovery() -> Response:
    from hearth.directory.recover import begin_recovery

    body = await read_body(RecoveryQuestion)
    with allow_recovery(services(), network_of(client_address()), body.username):
        return reply(await run(lambda context: begin_recovery(context, body), mode="read"))


@ROUTES.post("/api/recovery/finish")
async def post_recovery_finish() -> Response:
    from hearth.directory.recover import finish_recovery

    body = await read_body(RecoveryFinish)
    with allow_recovery(services(), network_of(client_address()), body.username):
        return await begin(lambda context: finish_recovery(context, body), body.session)


@ROUTES.post("/api/reset")
async def post_reset() -> Response:
    from hearth.directory.reset import begin_reset

    allow_reset(services(), network_of(client_address()))
    body = await read_body(ResetQuestion)
    return reply(await run(lambda context: begin_reset(context, body), mode="read"))


@ROUTES.post("/api/reset/finish")
async def post_reset_finish() -> Response:
    from hearth.directory.reset import finish_reset

    allow_reset(services(), network_of(client_address()))
    body = await read_body(ResetFinish)
    return await begin(lambda context: finish_reset(context, body), body.session)
