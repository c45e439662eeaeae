"""What of the directory is HTTP and no command: becoming signed in by a recovery key or a reset link.

Networks are counted before anything is read; verbs are imported by the first to need them (decision 6).
"""

from quart import Blueprint, Response

from hearth.accounts.routes import begin, run
from hearth.accounts.throttle import allow_reset
from hearth.directory.contract import RecoveryFinish, RecoveryQuestion, ResetFinish, ResetQuestion
from hearth.directory.throttle import allow_recoveries, allow_recovery
from hearth.wire.addresses import network_of
from hearth.wire.http import client_address, read_body, reply, services

ROUTES = Blueprint("directory", __name__)
LARGE = ("/api/recovery/finish", "/api/reset/finish")


@ROUTES.post("/api/recovery")
async def post_recovery() -> Response:
    from hearth.directory import recover

    network = network_of(client_address())
    allow_recoveries(services(), network)
    body = await read_body(RecoveryQuestion)
    with allow_recovery(services(), network, body.username):
        return reply(await run(lambda context: recover.begin_recovery(context, body), mode="read"))


@ROUTES.post("/api/recovery/finish")
async def post_recovery_finish() -> Response:
    from hearth.directory import recover

    network = network_of(client_address())
    allow_recoveries(services(), network)
    body = await read_body(RecoveryFinish)
    with allow_recovery(services(), network, body.username):
        return await begin(lambda context: recover.finish_recovery(context, body), body.session)


@ROUTES.post("/api/reset")
async def post_reset() -> Response:
    from hearth.directory import reset

    allow_reset(services(), network_of(client_address()))
    body = await read_body(ResetQuestion)
    return reply(await run(lambda context: reset.begin_reset(context, body), mode="read"))


@ROUTES.post("/api/reset/finish")
async def post_reset_finish() -> Response:
    from hearth.directory import reset

    allow_reset(services(), network_of(client_address()))
    body = await read_body(ResetFinish)
    return await begin(lambda context: reset.finish_reset(context, body), body.session)
