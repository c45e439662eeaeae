"""The HTTP request that opens or continues a session, read the same way for both transports. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs


@dataclass(frozen=True, slots=True)
class Credentials:
    """Whose session it is: `value` belongs to the application, `key` binds every request of a
    session to them."""

    value: Any
    key: bytes


@dataclass(slots=True)
class Handshake:
    """The HTTP request that opens or continues a session. Header names are lower-case, `peer` is
    the TCP peer."""

    method: str
    transport: str
    sid: str | None
    headers: Mapping[str, str]
    scheme: str
    peer: str
    address: str = ""


def read_query(query_string: str) -> dict[str, str]:
    """The first value of each parameter; a query with more of them than we know is empty."""
    try:
        return {key: values[0] for key, values in parse_qs(query_string, max_num_fields=16).items()}
    except ValueError:
        return {}


def read_headers(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Lower-case names. Repeated headers are joined, so that a second Origin cannot hide behind the
    first; what is not ASCII means nothing to us and equals nothing."""
    headers: dict[str, str] = {}
    for name, value in items:
        key, text = name.lower(), value if value.isascii() else "\ufffd"
        separator = "; " if key == "cookie" else ", "
        headers[key] = f"{headers[key]}{separator}{text}" if key in headers else text
    return headers
