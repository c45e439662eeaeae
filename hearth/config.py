"""What a server can be told: one frozen record.

Where the values come from (defaults, file, environment, flags) is hearth.options; what is refused as unsafe
is hearth.safety.
"""

import ipaddress
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit

from hearth.network import find_own_address
from hearth.refusal import Refusal

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Registration = Literal["open", "invite", "closed"]
LogFormat = Literal["console", "json"]
EventLoop = Literal["auto", "asyncio"]


class ConfigError(Refusal):
    """A setting is wrong or unsafe; the text is one or two sentences that say what to do."""


def find_default_data() -> Path:
    """Return `data` in a checkout, else the directory where this kind of machine keeps application data."""
    checkout = Path(__file__).resolve().parent.parent
    if (checkout / "scripts" / "serve").is_file():
        return checkout / "data"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "Hearth"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Hearth"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "hearth"


def is_loopback_name(host: str) -> bool:
    """Tell whether a host name or address (without brackets) can only mean this machine."""
    name = host.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every setting of one server. `database` may hold a password, so it is kept out of the printed form."""

    host: str = "localhost"
    port: int = 8000
    data: Path = field(default_factory=find_default_data)
    database: str | None = field(default=None, repr=False)
    url: str | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    trusted_proxy: tuple[Network, ...] = ()
    registration: Registration = field(default=cast(Registration, ""))
    insecure_test_kdf: bool = False
    limit_scale: float = 1.0
    log_format: LogFormat = "console"
    loop: EventLoop = "auto"
    metrics_token_file: Path | None = None

    def __post_init__(self) -> None:
        """Where nothing was said, let anybody register on a private server and invited people elsewhere."""
        if cast(str, self.registration) == "":
            object.__setattr__(self, "registration", "open" if self.is_private else "invite")

    @property
    def is_loopback(self) -> bool:
        """True when the server listens to this machine only."""
        return is_loopback_name(self.host)

    @property
    def is_private(self) -> bool:
        """True when nobody but this machine's own users can reach the server, not even through a proxy."""
        return self.is_loopback and (self.url is None or is_loopback_name(urlsplit(self.url).hostname or ""))

    @property
    def is_tls(self) -> bool:
        """True when this process itself speaks HTTPS."""
        return self.tls_cert is not None

    @property
    def is_https(self) -> bool:
        """True when browsers reach the server by HTTPS, directly or through a proxy."""
        return self.is_tls or (self.url is not None and self.url.startswith("https://"))

    @property
    def public_url(self) -> str:
        """The address links are made with, without a slash at the end."""
        if self.url is not None:
            return self.url
        host = "localhost" if self.is_loopback else self.host
        if host in ("0.0.0.0", "::"):  # noqa: S104 - a comparison, nothing is bound here
            host = find_own_address() or "localhost"
        return format_origin("https" if self.is_tls else "http", host, self.port)

    @property
    def database_url(self) -> str:
        """The SQLAlchemy address of the database, with the asynchronous driver named."""
        if self.database is None:
            return "sqlite+aiosqlite:///" + (self.data.absolute() / "hearth.db").as_posix()
        scheme, _, rest = self.database.partition("://")
        return f"{DRIVERS.get(scheme, scheme)}://{rest}"

    @property
    def sqlite_directory(self) -> Path | None:
        """The directory of the SQLite file, or None with another database."""
        prefix = "sqlite+aiosqlite:///"
        return (
            Path(self.database_url.removeprefix(prefix)).parent
            if self.database_url.startswith(prefix)
            else None
        )


DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "mysql": "mysql+asyncmy",
    "mariadb": "mysql+asyncmy",
    "mysql+asyncmy": "mysql+asyncmy",
    "mariadb+asyncmy": "mysql+asyncmy",
}
"""What people write before `://` → the driver that is used."""


def format_origin(scheme: str, host: str, port: int) -> str:
    """Return scheme://host:port as browsers write an origin: IPv6 in brackets, no default port."""
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}" if port == {"http": 80, "https": 443}[scheme] else f"{scheme}://{name}:{port}"
