"""What `hearth serve` prints once it answers: where to go, how a phone gets in, what still has to be done."""

import io
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TextIO

from hearth.certificates import OwnCertificate, find_own_certificate
from hearth.config import Config, format_origin
from hearth.network import list_addresses

RENEW_WITHIN = timedelta(days=30)


def say(text: str, stream: TextIO) -> None:
    """Print at once. A full disk or a pipe nobody reads behind the stream is no reason not to serve."""
    with suppress(OSError):
        print(text, file=stream, flush=True)


def describe_server(config: Config, lines: list[str]) -> list[str]:
    """Return the lines to print; `lines` are the application's own, e.g. the link for the first account."""
    own = find_own_certificate(config.data)
    is_own = own is not None and config.tls_cert == own.certificate
    text = ["", "Hearth is running. Stop it with Ctrl+C.", ""]
    if config.is_loopback or config.url is None:
        scheme = "https" if config.is_tls else "http"
        text.append(f"  On this machine:   {format_origin(scheme, 'localhost', config.port)}")
    if config.url is not None and not config.is_private:
        text.append(f"  Public address:    {config.url}")
    if not config.is_loopback and config.url is None:
        text += describe_network(config, own if is_own else None)
    text.append(f"  Data directory:    {config.data.absolute()}")
    if not config.is_loopback:
        text += draw_code(config.public_url)
    if lines:
        text += ["", *(f"  {line}" for line in lines)]
    return [*text, ""]


def describe_network(config: Config, own: OwnCertificate | None) -> list[str]:
    """Return the addresses for other machines, and how they come to trust our own certificate."""
    wildcards = ("0.0.0.0", "::")  # noqa: S104 - a comparison, nothing is bound here
    hosts = [config.host]
    if config.host in wildcards:
        hosts = [str(address) for address in list_addresses() if config.host == "::" or address.version == 4]
    if own is None:
        return [f"  In your network:   {format_origin('https', host, config.port)}" for host in hosts]
    from hearth.authority import list_certificate_names

    covered, ends = list_certificate_names(own.certificate)
    text = [
        f"  In your network:   {format_origin('https', host, config.port)}"
        for host in hosts
        if host in covered
    ]
    text.append(f"  Phones, once:      {config.public_url}/trust  (says how a phone trusts this server)")
    if missing := [host for host in hosts if host not in covered]:
        text.append(
            f"  The certificate does not cover {', '.join(missing)}: run `hearth cert` and start again."
        )
    if ends - datetime.now(UTC) < RENEW_WITHIN:
        text.append(f"  The certificate ends on {ends:%d %B %Y}: run `hearth cert` and start again.")
    return text


def draw_code(url: str) -> list[str]:
    """Return a QR code of the address for a terminal; nothing when the output goes elsewhere."""
    if not sys.stdout.isatty() or not (sys.stdout.encoding or "").lower().startswith("utf"):
        return []
    import segno

    drawing = io.StringIO()
    segno.make(url, micro=False).terminal(drawing, compact=True, border=2)
    return ["", *drawing.getvalue().splitlines()]
