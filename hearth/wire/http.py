"""What every HTTP face needs: bodies in, structs out, problems, sessions, limits, headers. Knows no noun."""

import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import msgspec
from quart import Quart, Request, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from hearth.contract import Actor
from hearth.errors import (
    ForeignOrigin,
    HearthError,
    Internal,
    InvalidInput,
    MethodNotAllowed,
    NotFound,
    NotSignedIn,
    TooLarge,
    UnsupportedType,
    out_of_memory,
)
from hearth.services import Services
from hearth.wire.addresses import find_client_address, is_own_origin, network_of
from hearth.wire.dispatch import Dispatcher, decode
from hearth.wire.headers import list_headers

S = TypeVar("S", bound=msgspec.Struct)
ENCODER = msgspec.json.Encoder()
LOG = logging.getLogger("hearth.http")
MAX_BODY = 128 * 1024
MAX_LARGE_BODY = 512 * 1024
"""For what is marked so in the contract: a new generation for fifty devices with its rows."""
REQUESTS_PER_NETWORK = "3000/60s"
"""Of everything below /api/, before anybody is looked up: signed in or not, with whatever tokens."""
REQUESTS_PER_USER = "600/10s"
"""Whatever the single commands allow; a socket has the same."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS = SAFE_METHODS | {"POST", "PUT", "DELETE", "PATCH"}
SESSION_DAYS = 400
BY_STATUS: dict[int, type[HearthError]] = {
    404: NotFound,
    405: MethodNotAllowed,
    413: TooLarge,
    415: UnsupportedType,
}


@dataclass(frozen=True, slots=True)
class Face:
    """What the HTTP faces of one server share."""

    services: Services
    dispatcher: Dispatcher
    find_session: Callable[[str], Awaitable[Actor | None]]


def face() -> Face:
    """The face of the server that answers the current request."""
    return cast(Face, current_app.extensions["hearth"])


def services() -> Services:
    return face().services


def prepare(app: Quart, shared: Face, *, large_paths: Collection[str] = ()) -> None:
    """Give an app the session lookup, origin check, error form and headers that all its routes rely on."""
    app.extensions["hearth"] = shared
    app.request_class = make_request_class(large_paths)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.before_request(_limit_network)
    app.before_request(_refuse_foreign_origin)
    app.after_request(_add_headers)
    app.after_request(_count_request)
    app.register_error_handler(Exception, _to_problem)


def make_request_class(large_paths: Collection[str]) -> type[Request]:
    """Return requests whose bodies are bounded by their path, before a byte of them is kept."""

    class BoundedRequest(Request):
        def __init__(self, method: str, scheme: str, path: str, *rest: Any, **config: Any) -> None:
            if path in large_paths:
                config["max_content_length"] = MAX_LARGE_BODY
            super().__init__(method, scheme, path, *rest, **config)

    return BoundedRequest


async def read_body(shape: type[S]) -> S:
    """Decode the JSON body into `shape`; raises InvalidInput, UnsupportedType or TooLarge."""
    return cast(S, decode(msgspec.json.Decoder(shape), await read_json()))


async def read_json() -> bytes:
    """Return the raw JSON body, bounded; other content types are refused (a form cannot send this one)."""
    if request.mimetype != "application/json":
        raise UnsupportedType("Send application/json.")
    return cast(bytes, await request.get_data())


def reply(result: Any, status: int = 200) -> Response:
    """Return a struct as JSON."""
    return Response(ENCODER.encode(result), status=status, content_type="application/json")


async def find_actor() -> Actor | None:
    """Return who sent the current request: by bearer token if there is one, else by cookie."""
    if not hasattr(g, "actor"):
        token = find_token(request.headers.get("Authorization"), request.cookies.get(cookie_name(request)))
        actor = None if token is None else await face().find_session(token)
        if actor is not None:
            services().limits.take("http.user", actor.user_id, REQUESTS_PER_USER)
        g.actor = actor
    return cast(Actor | None, g.actor)


async def require_actor() -> Actor:
    """Return who sent the current request, or raise NotSignedIn."""
    actor = await find_actor()
    if actor is None:
        raise NotSignedIn
    return actor


def find_token(authorization: str | None, cookie: str | None) -> str | None:
    """Return the session token of a request; a bearer token (programs) wins over a cookie (browsers)."""
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None
    return cookie


def is_secure(current: Request) -> bool:
    """Tell whether the browser's side of the connection is HTTPS."""
    url: str | None = face().services.config.url
    if url is not None:
        return url.startswith("https://")
    return current.scheme == "https"


def cookie_name(current: Request) -> str:
    return "__Host-hearth" if is_secure(current) else "hearth"


def start_session(response: Response, token: str) -> Response:
    """Give the browser its session cookie; scripts cannot read it and other sites cannot send it."""
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=SESSION_DAYS * 86400,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="Strict",
    )
    return response


def end_session(response: Response) -> Response:
    """Take the session cookie away."""
    response.delete_cookie(
        cookie_name(request), path="/", secure=is_secure(request), httponly=True, samesite="Strict"
    )
    return response


def client_address() -> str:
    """The address of whoever sent the current request, through trusted proxies only."""
    config = face().services.config
    return find_client_address(
        request.remote_addr or "", request.headers.get("X-Forwarded-For"), config.trusted_proxy
    )


async def _limit_network() -> None:
    """Hold back who asks without end: even a token that is none costs a look into the database."""
    if request.path.startswith("/api/"):
        services().limits.take("http.network", network_of(client_address()), REQUESTS_PER_NETWORK)


def name_route(current: Request) -> str:
    """Return the rule of the URL map that a request fell under: bounded, and free of what was asked for."""
    return "none" if current.url_rule is None else str(current.url_rule.rule)


async def _count_request(response: Response) -> Response:
    """Count by method, route and status; strangers' methods are one."""
    method = request.method if request.method in METHODS else "other"
    face().dispatcher.figures.requests[method, name_route(request), response.status_code] += 1
    return response


async def _refuse_foreign_origin() -> None:
    """Refuse writes that another site's page makes in the name of somebody signed in here (CSRF)."""
    if request.method in SAFE_METHODS or request.path.startswith("/socket.io/"):
        return
    origin = request.headers.get("Origin")
    if origin is None:
        if "Authorization" not in request.headers and cookie_name(request) in request.cookies:
            raise ForeignOrigin("A request with a session cookie must name its origin.")
        return
    if not is_own_origin(
        origin, url=services().config.url, scheme=request.scheme, host=request.headers.get("Host", "")
    ):
        raise ForeignOrigin


async def _add_headers(response: Response) -> Response:
    for name, value in list_headers(is_https=is_secure(request), host=request.host).items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


async def _to_problem(error: Exception) -> Response:
    """Turn every error, ours or the framework's, into a problem that tells nothing about the inside."""
    if isinstance(error, HTTPException):
        kind = BY_STATUS.get(error.code or 500, InvalidInput if (error.code or 500) < 500 else Internal)
        error = kind()
    elif not isinstance(error, HearthError):
        LOG.error("request failed: %s %s", request.method, name_route(request), exc_info=error)
        error = out_of_memory() if isinstance(error, MemoryError) else Internal()
    response = Response(
        ENCODER.encode(error.to_problem()), status=error.status, content_type="application/problem+json"
    )
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(max(1, round(error.retry_after)))
    return response
