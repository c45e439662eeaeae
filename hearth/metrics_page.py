"""`GET /metrics`, which is nobody's business but the operator's: a bearer token, or this very machine.

This machine counts only where no proxy stands in front: behind one every visitor comes from this machine.
Everybody else gets what any unknown address gets.
"""

import hmac
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from quart import Blueprint, Request, Response, request

from hearth.config import Config, ConfigError, is_loopback_name
from hearth.errors import NotFound
from hearth.metrics import CONTENT_TYPE
from hearth.wire.addresses import is_loopback_host

FORWARDED = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via")
LEAST_TOKEN = 16


def read_metrics_token(path: Path) -> bytes:
    """Return the token in a file. Raises ConfigError for none, a short one, or one that others can read."""
    try:
        token = path.read_bytes().strip()
        mode = path.stat().st_mode
    except OSError as error:
        raise ConfigError(f"--metrics-token-file {path} cannot be read: {error.strerror}.") from error
    if sys.platform != "win32" and mode & 0o007:
        raise ConfigError(f"Everybody can read the token in {path}. Run: chmod 600 {path}")
    if len(token) < LEAST_TOKEN:
        raise ConfigError(f"The token in {path} is too short; at least {LEAST_TOKEN} characters are needed.")
    return token


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
