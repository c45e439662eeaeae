"""`GET /metrics`, which is nobody's business but the operator's: a bearer token, or this very machine.

This machine counts only where no proxy stands in front: behind one every visitor comes from this machine.
Everybody else gets what any unknown address gets.
"""

import hmac
from collections.abc import Awaitable, Callable

from quart import Blueprint, Request, Response, request

from hearth.config import Config, is_loopback_name
from hearth.errors import NotFound
from hearth.metrics import CONTENT_TYPE
from hearth.safety import read_metrics_token
from hearth.wire.addresses import is_loopback_host

FORWARDED = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via")


def make_metrics_page(config: Config, write: Callable[[], Awaitable[bytes]]) -> Blueprint:
    """Return the route. `write` makes the text."""
    pages = Blueprint("metrics", __name__)
    token = None if config.metrics_token_file is None else read_metrics_token(config.metrics_token_file)

    @pages.get("/metrics")
    async def show() -> Response:
        if not (has_token(request, token) or is_local(request, config)):
            raise NotFound
        return Response(await write(), content_type=CONTENT_TYPE)

    return pages


def has_token(asked: Request, token: bytes | None) -> bool:
    """Tell whether the request carries the token, if there is one."""
    scheme, _, given = asked.headers.get("Authorization", "").partition(" ")
    if token is None or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.strip().encode(), token)


def is_local(asked: Request, config: Config) -> bool:
    """Tell whether the request was made on this machine itself, and not by a proxy for somebody else."""
    return (
        not config.trusted_proxy
        and (config.url is None or config.is_private)
        and is_loopback_name(asked.remote_addr or "")
        and is_loopback_host(asked.host)
        and not any(name in asked.headers for name in FORWARDED)
    )
