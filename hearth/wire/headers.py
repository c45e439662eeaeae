"""The headers that every answer carries, whoever gives it: the application, or what stands before it."""

from http import HTTPStatus

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
REFUSAL_HEADERS = {**SECURITY_HEADERS, "Cache-Control": "no-store"}
"""Of what is refused before the application is asked."""


def encode_refusal(status: HTTPStatus) -> bytes:
    """Return a whole HTTP/1.1 answer that says its status, nothing of what was asked, and goodbye."""
    body = status.phrase.encode()
    fields = {
        **REFUSAL_HEADERS,
        "Content-Type": "text/plain",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n{head}\r\n".encode("ascii") + body
