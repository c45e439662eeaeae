"""Who is at the other end, and which origins are ours. Pure: no request objects, no state."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import urlsplit

Network = IPv4Network | IPv6Network
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


def find_client_address(peer: str, forwarded_for: str | None, trusted: Iterable[Network]) -> str:
    """Return the client's address: the last forwarded one that is not a trusted proxy's, or the peer itself.

    X-Forwarded-For counts only when the peer is a trusted proxy; anybody can write that header.
    """
    networks = tuple(trusted)
    if not networks or forwarded_for is None or not is_inside(peer, networks):
        return peer
    for hop in reversed([part.strip() for part in forwarded_for.split(",")]):
        try:
            ip_address(hop)
        except ValueError:
            return peer
        if not is_inside(hop, networks):
            return hop
    return peer


def is_inside(address: str, networks: tuple[Network, ...]) -> bool:
    """Tell whether an address belongs to one of these networks; what is no address belongs to none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return any((mapped or parsed) in network for network in networks)


def network_of(address: str) -> str:
    """Return what rate limits count as one network: an IPv4 address, or an IPv6 /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed) >> 64 << 64, 64)))


def is_loopback_host(host: str) -> bool:
    """Tell whether a Host header names this very machine (then browsers trust plain HTTP)."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    name = name.lower()
    return name in LOOPBACK_NAMES or name.endswith(".localhost")


def is_own_origin(origin: str, *, url: str | None, scheme: str, host: str) -> bool:
    """Tell whether a browser's Origin is ours.

    With a public `url` only that one; else the origin that the request itself was sent to, and on plain HTTP
    only under a loopback name, so that no foreign name pointing here (DNS rebinding) passes.
    """
    if url is not None:
        parts = urlsplit(url)
        return origin == f"{parts.scheme}://{parts.netloc}"
    return origin == f"{scheme}://{host}" and (scheme == "https" or is_loopback_host(host))
