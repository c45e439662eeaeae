"""The HTTP face: registering and signing in, and every command for programs that need no live events."""

import functools
import ssl
import urllib.parse
from typing import Any, TypeVar

import httpx
import msgspec

from hearth.client.problems import Disconnected, Problem, ProtocolBroken, Unreachable, to_error
from hearth.contract import Command

R = TypeVar("R")
ENCODER = msgspec.json.Encoder()
TIMEOUT = 30.0
OWN_ANSWER, OWN_REFUSAL = "application/json", "application/problem+json"


def is_loopback(url: str) -> bool:
    """Tell whether an address names this very machine."""
    host = urllib.parse.urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.") or host.endswith(".localhost")


@functools.cache
def make_tls_context() -> ssl.SSLContext:
    """The context of everybody who verifies as usual: reading the authorities' certificates takes 25 ms."""
    return httpx.create_ssl_context(trust_env=False)


class Http:
    """Typed requests to one server. `token` is sent as bearer token once there is one."""

    def __init__(self, url: str, token: str | None = None, *, verify: Any = True) -> None:
        scheme = urllib.parse.urlsplit(url).scheme
        if scheme != "https" and not (scheme == "http" and is_loopback(url)):
            raise ValueError("any address but this machine's own needs https://")
        self.url = url.rstrip("/")
        self.token = token
        verify = make_tls_context() if verify is True else verify
        self._client = httpx.AsyncClient(base_url=self.url, timeout=TIMEOUT, verify=verify, trust_env=False)

    async def call(self, command: Command, result: type[R]) -> R:
        """Carry out a command over HTTP.

        Raises HearthError; Disconnected, also for an answer that is not Hearth's; Unreachable.
        """
        return await self.send("POST", f"/api/{type(command).wire_name}", result, body=command)

    async def send(
        self,
        method: str,
        path: str,
        result: type[R],
        *,
        body: Any = None,
        params: dict[str, str] | None = None,
        content: bytes | None = None,
        content_type: str = "application/json",
    ) -> R:
        """Send one request; the answer is decoded as `result`. `body` is a struct, `content` raw bytes."""
        headers = {"accept": "application/json"}
        if self.token is not None:
            headers["authorization"] = f"Bearer {self.token}"
        if body is not None:
            content = ENCODER.encode(body)
        if content is not None:
            headers["content-type"] = content_type
        try:
            response = await self._client.request(
                method, path, content=content, params=params, headers=headers
            )
        except httpx.ConnectError as error:
            raise Unreachable(f"nobody answers at {self.url}") from error
        except httpx.TransportError as error:
            raise Disconnected(str(error) or type(error).__name__) from error
        return _read_answer(response, result)

    async def close(self) -> None:
        await self._client.aclose()


def _read_answer(response: httpx.Response, result: type[R]) -> R:
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    if response.is_success:
        _require_own(response, kind == OWN_ANSWER or not response.content)
        try:
            return msgspec.json.decode(response.content or b"{}", type=result)
        except msgspec.MsgspecError as error:
            raise ProtocolBroken(f"unexpected answer from {response.url.path}: {error}") from error
    _require_own(response, kind == OWN_REFUSAL)
    try:
        problem = msgspec.json.decode(response.content, type=Problem)
    except msgspec.MsgspecError as error:
        raise ProtocolBroken(f"unexpected refusal from {response.url.path}: {error}") from error
    if problem.retry_after is None and "retry-after" in response.headers:
        problem = msgspec.structs.replace(problem, retry_after=_read_seconds(response.headers["retry-after"]))
    raise to_error(problem)


def _require_own(response: httpx.Response, is_own: bool) -> None:
    """Raise Disconnected for what somebody in between has answered, such as a proxy without its server."""
    if not is_own:
        raise Disconnected(f"{response.status_code} {response.reason_phrase}, not from Hearth")


def _read_seconds(header: str) -> float | None:
    try:
        return max(0.0, float(header))
    except ValueError:
        return None
