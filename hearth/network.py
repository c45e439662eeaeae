"""This machine's names and addresses, and the sockets to listen on."""

import errno
import ipaddress
import socket

from hearth.refusal import Refusal

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Documentation networks (RFC 5737, RFC 3849): asking for a route there sends no packet.
PROBES = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


class CannotListen(Refusal):
    """An address or port cannot be had; the text says what to do."""


def list_names() -> list[str]:
    """Return the names this machine may be known by in its own network, lower case, shortest first."""
    name = socket.gethostname().lower().removesuffix(".")
    names = {name, f"{name.split('.')[0]}.local"} - {"", ".local", "localhost", "localhost.local"}
    return sorted(names, key=lambda entry: (len(entry), entry))


def list_addresses() -> list[Address]:
    """Return this machine's addresses that others in its networks can reach: no loopback, no link-local."""
    found: dict[Address, None] = {}
    for family, probe in PROBES:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as sock:
                sock.connect((probe, 9))
                found[ipaddress.ip_address(sock.getsockname()[0])] = None
        except OSError:
            continue
    try:
        entries = socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)
    except OSError:
        entries = []
    for entry in entries:
        found[ipaddress.ip_address(str(entry[4][0]).partition("%")[0])] = None
    return [address for address in found if not (address.is_loopback or address.is_link_local)]


def find_own_address() -> str | None:
    """Return the address others in the network reach this machine by, or None without a network."""
    return next((str(address) for address in list_addresses()), None)


def open_sockets(host: str, port: int) -> list[socket.socket]:
    """Bind the listening sockets: for localhost both of its addresses, on one port. Raises CannotListen."""
    addresses = ["127.0.0.1", "::1"] if host == "localhost" else [host]
    sockets: list[socket.socket] = []
    wanted = port
    for address in addresses:
        try:
            sock = bind_socket(address, port)
        except OSError as error:
            if sockets and error.errno != errno.EADDRINUSE:
                continue  # a machine without IPv6 still has 127.0.0.1
            for opened in sockets:
                opened.close()
            if sockets and wanted == 0:
                return open_sockets(host, wanted)
            raise CannotListen(explain(error, address, port)) from error
        sockets.append(sock)
        port = sock.getsockname()[1]
    return sockets


def bind_socket(host: str, port: int) -> socket.socket:
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        # On Windows this option would let two servers share the port.
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        sock.bind(address)
    except OSError:
        sock.close()
        raise
    return sock


def explain(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use, perhaps by another Hearth. Choose another with --port, or 0 for any."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"This user may not listen on port {port}. Choose one above 1023 with --port, or use a proxy."
    return f"{host} is not an address of this machine ({error.strerror}). Choose another with --host."
