"""What of accounts is HTTP and no command: becoming signed in or out, and pictures."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

from msgspec.structs import replace
from quart import Blueprint, Response, request

from hearth.accounts import avatar, devices, links, register, reset_sign_in, sign_in, throttle
from hearth.accounts.contract import LinkQuestion, Registration, SignedIn, SignIn, SignInReset
from hearth.accounts.pictures import KINDS, MAX_BYTES
from hearth.accounts.sessions import NOBODY
from hearth.contract import Actor, Context, Mode
from hearth.errors import InvalidInput, NotFound, TooLarge, UnsupportedType
from hearth.wire.addresses import network_of
from hearth.wire.http import (
    client_address,
    end_session,
    find_actor,
    read_body,
    reply,
    require_actor,
    services,
    start_session,
)
from hearth.work import perform

R = TypeVar("R")
ROUTES = Blueprint("accounts", __name__)
AVATAR_HEADERS = {
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


@ROUTES.get("/api/registration")
async def get_registration() -> Response:
    return reply(await run(register.get_registration_info, mode="read"))


@ROUTES.post("/api/links")
async def post_link() -> Response:
    throttle.allow_link(services(), network_of(client_address()))
    body = await read_body(LinkQuestion)
    return reply(await run(lambda context: links.get_link_info(context, body.token), mode="read"))


@ROUTES.post("/api/register")
async def post_registration() -> Response:
    throttle.allow_registration(services(), network_of(client_address()))
    body = await read_body(Registration)
    return await begin(lambda context: register.register(context, body), body.session)


@ROUTES.get("/api/sign-in/parameters")
async def get_parameters() -> Response:
    throttle.allow_parameters(services(), network_of(client_address()))
    username = request.args.get("username", "")
    if not 1 <= len(username) <= 64:
        raise InvalidInput("Name a user.", fields={"username": "characters"})
    return reply(await run(lambda context: sign_in.get_sign_in_parameters(context, username), mode="read"))


@ROUTES.post("/api/sign-in")
async def post_sign_in() -> Response:
    body = await read_body(SignIn)
    with throttle.allow_sign_in(services(), network_of(client_address()), body.username):
        return await begin(lambda context: sign_in.sign_in(context, body), body.session)


@ROUTES.post("/api/sign-in/reset")
async def post_reset() -> Response:
    throttle.allow_reset(services(), network_of(client_address()))
    body = await read_body(SignInReset)
    return await begin(lambda context: reset_sign_in.finish_reset(context, body), body.session)


@ROUTES.post("/api/sign-out")
async def post_sign_out() -> Response:
    return end_session(reply(await run(devices.sign_out, await require_actor())))


@ROUTES.get("/api/session")
async def get_session() -> Response:
    return reply(await run(devices.get_session, await require_actor(), mode="read"))


@ROUTES.put("/api/avatar")
async def put_avatar() -> Response:
    actor = await require_actor()
    throttle.allow_avatar_change(services(), actor.user_id)
    content_type, content = await read_picture()
    return reply(await run(lambda context: avatar.set_avatar(context, content_type, content), actor))


@ROUTES.delete("/api/avatar")
async def delete_avatar() -> Response:
    actor = await require_actor()
    throttle.allow_avatar_change(services(), actor.user_id)
    return reply(await run(avatar.remove_avatar, actor))


@ROUTES.get("/api/avatars/<string:avatar_id>")
async def get_avatar(avatar_id: str) -> Response:
    actor = await require_actor()
    throttle.allow_avatar_view(services(), actor.user_id)
    if len(avatar_id) != 64 or not set(avatar_id) <= set("0123456789abcdef"):
        raise NotFound
    picture = await run(
        lambda context: avatar.get_avatar(context, bytes.fromhex(avatar_id)), actor, mode="read"
    )
    return Response(picture.content, content_type=picture.content_type, headers=AVATAR_HEADERS)


async def run(verb: Callable[[Context], Awaitable[R]], actor: Actor = NOBODY, *, mode: Mode = "write") -> R:
    return await perform(services(), actor, verb, mode=mode)


async def begin(verb: Callable[[Context], Awaitable[SignedIn]], session: str) -> Response:
    """Reply with a new session: a cookie for browsers, a token for programs. The one it replaces ends."""
    signed_in = await run(verb)
    if session == "bearer":
        return reply(signed_in)
    previous = await find_actor()
    if previous is not None:
        with suppress(NotFound):  # it ended by itself meanwhile
            await run(devices.sign_out, previous)
    token: Any = signed_in.token
    return start_session(reply(replace(signed_in, token=None)), token)


async def read_picture() -> tuple[str, bytes]:
    """Return type and bytes of a body that is a picture by its own account."""
    if request.mimetype not in KINDS:
        raise UnsupportedType("A picture is image/webp, image/jpeg or image/png.")
    if (request.content_length or 0) > MAX_BYTES:
        raise TooLarge(f"A picture has at most {MAX_BYTES} bytes.")
    return request.mimetype, cast(bytes, await request.get_data())
