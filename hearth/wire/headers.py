"""The headers that every answer carries, whoever gives it: the application, or what stands before it."""

from http import HTTPStatus

from hearth.wire.addresses import is_loopback_host

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types svelte-trusted-html hearth"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()",
}
STRICT_TRANSPORT = {"Strict-Transport-Security": "max-age=31536000"}
RETRY_SECONDS = 5


def list_headers(*, is_https: bool, host: str) -> dict[str, str]:
    """Return the headers of every answer. `is_https` is about the browser's side, `host` is what it asked.

    HTTPS is never made a must for localhost: the browser would refuse plain HTTP to every other program on
    that machine. Nor for an empty `host`, of a request that broke off before it said one.
    """
    is_strict = is_https and host != "" and not is_loopback_host(host)
    return SECURITY_HEADERS | (STRICT_TRANSPORT if is_strict else {})


def list_refusal_headers(status: HTTPStatus, *, is_https: bool, host: str) -> dict[str, str]:
    """Return the headers of what is refused before the application is asked."""
    fields = list_headers(is_https=is_https, host=host) | {"Cache-Control": "no-store"}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        fields["Retry-After"] = str(RETRY_SECONDS)
    return fields


def encode_refusal(status: HTTPStatus, *, is_https: bool, host: str) -> bytes:
    """Return a whole HTTP/1.1 answer that says its status, nothing of what was asked, and goodbye."""
    body = status.phrase.encode()
    fields = {
        **list_refusal_headers(status, is_https=is_https, host=host),
        "Content-Type": "text/plain",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n{head}\r\n".encode("ascii") + body
