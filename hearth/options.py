"""Where settings come from, low to high: defaults, a TOML file, HEARTH_* variables, flags.

One table describes them all.
"""

import argparse
import difflib
import ipaddress
import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hearth.config import DRIVERS, Config, ConfigError, Network, find_default_data

FILE_NAME = "hearth.toml"
FOREIGN_PREFIXES = ("HEARTH_TEST_", "HEARTH_BENCH_")
"""Variables of the test and bench scripts, which are not settings of a server."""


@dataclass(frozen=True, slots=True)
class Option:
    """One setting. `read` turns text into the value and raises ValueError with what is expected instead."""

    name: str
    read: Callable[[str], Any]
    help: str
    metavar: str = ""
    toml_types: tuple[type, ...] = (str,)

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        return "HEARTH_" + self.name.upper()


def read_text(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text.strip()


def read_path(text: str) -> Path:
    return Path(read_text(text)).expanduser()


def read_port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise ValueError("must be a number from 0 (any free port) to 65535")
    return int(text)


def read_switch(text: str) -> bool:
    if text.lower() not in ("1", "true", "yes", "on", "0", "false", "no", "off"):
        raise ValueError("must be true or false")
    return text.lower() in ("1", "true", "yes", "on")


def read_scale(text: str) -> float:
    number = float(text) if text.replace(".", "", 1).isdigit() else math.nan
    if not 1 <= number <= 1_000_000:
        raise ValueError("must be a number from 1 to 1000000")
    return number


def read_url(text: str) -> str:
    """Return an origin (scheme://host[:port]) in the form browsers send it."""
    parts = urlsplit(text.strip())
    try:
        port, host = parts.port, parts.hostname
    except ValueError:
        host = port = None
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise ValueError("must look like https://chat.example.org")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("must be only https://name or https://name:port; Hearth needs a name of its own")
    name = f"[{host}]" if ":" in host else host
    is_default = port is None or port == {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{name}" + ("" if is_default else f":{port}")


def read_database(text: str) -> str:
    scheme, separator, rest = text.strip().partition("://")
    if not separator or scheme not in DRIVERS or not rest.strip("/"):
        raise ValueError("must look like sqlite:////path/hearth.db or mysql://user:password@host/name")
    return text.strip()


def read_networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError("must be networks like 127.0.0.1/32 or 10.0.0.0/8, separated by commas") from None


def read_choice(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of: {', '.join(choices)}")
        return text

    return read


OPTIONS = (
    Option(
        "host",
        read_text,
        "Address to listen on: localhost (default) for this machine only, 0.0.0.0 for every network "
        "(needs HTTPS).",
        "ADDRESS",
    ),
    Option("port", read_port, "Port to listen on; 0 takes a free one. Default: 8000.", "PORT", (int,)),
    Option(
        "data",
        read_path,
        f"Directory for the database, secrets and certificates. Default here: {find_default_data()}".replace(
            "%", "%%"
        ),
        "DIR",
    ),
    Option(
        "database",
        read_database,
        "Database, e.g. mysql://user:password@host/name. Default: SQLite in the data directory. "
        "With a password, use the variable or the file: flags can be read by everyone on the machine.",
        "URL",
    ),
    Option(
        "url",
        read_url,
        "Address people type, e.g. https://chat.example.org, when it is not this machine's own "
        "(behind a proxy).",
        "URL",
    ),
    Option(
        "tls_cert",
        read_path,
        "Certificate (PEM, with chain) to serve HTTPS with. See also `hearth cert`.",
        "FILE",
    ),
    Option(
        "tls_key",
        read_path,
        "Private key (PEM) of that certificate; nobody else may be able to read it.",
        "FILE",
    ),
    Option(
        "trusted_proxy",
        read_networks,
        "Networks of your reverse proxies, separated by commas; forwarded headers are believed from "
        "there only.",
        "CIDR",
        (str, list),
    ),
    Option(
        "registration",
        read_choice("open", "invite", "closed"),
        "Who may register: open, invite or closed. Default: open on localhost, invite elsewhere.",
        "MODE",
    ),
    Option(
        "limit_scale",
        read_scale,
        "Multiplies the rate limits, for benchmarks and bots. Default: 1.",
        "NUMBER",
        (int, float),
    ),
    Option("log_format", read_choice("console", "json"), "How to log: console (default) or json.", "FORMAT"),
    Option(
        "metrics_token_file",
        read_path,
        "File with a token that lets a monitoring system read /metrics from elsewhere. Without it: this "
        "machine only, and not behind a proxy.",
        "FILE",
    ),
    Option("loop", read_choice("auto", "asyncio"), "Event loop: auto (uvloop if there) or asyncio.", "LOOP"),
    Option(
        "insecure_test_kdf",
        read_switch,
        "Accept weak password hashing from clients. For tests; refused unless only this machine can connect.",
        toml_types=(bool,),
    ),
)
BY_NAME = {option.name: option for option in OPTIONS}


def add_flags(parser: argparse._ActionsContainer) -> None:
    """Add a flag for every option, and --config."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        help=f"Settings file (TOML; keys as the flags, e.g. trusted_proxy). Default: {FILE_NAME} in the data "
        "directory, if there. [HEARTH_CONFIG]",
    )
    for option in OPTIONS:
        text = f"{option.help} [{option.variable}]"
        if option.read is read_switch:
            parser.add_argument(option.flag, dest=option.name, action="store_const", const="true", help=text)
        else:
            parser.add_argument(option.flag, dest=option.name, metavar=option.metavar, help=text)


def load_config(flags: Mapping[str, Any], environment: Mapping[str, str]) -> Config:
    """Return the settings from all sources. Raises ConfigError for what is unknown or has the wrong form."""
    from_flags = {
        name: read_value(BY_NAME[name], text, BY_NAME[name].flag)
        for name, text in flags.items()
        if name in BY_NAME and text is not None
    }
    above_file = read_environment(environment) | from_flags
    named = flags.get("config") or environment.get("HEARTH_CONFIG")
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise ConfigError(f"There is no settings file {path}.")
    else:
        path = above_file.get("data", find_default_data()) / FILE_NAME
    from_file = read_file(path) if path.is_file() else {}
    values = from_file | above_file
    return Config(**values)


def read_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the HEARTH_* settings; an unknown one is an error, since it was meant to do something."""
    names = {option.variable: option.name for option in OPTIONS}
    values = {}
    for variable, text in environment.items():
        if variable in names:
            option = BY_NAME[names[variable]]
            values[option.name] = read_value(option, text, variable)
        elif variable.startswith("HEARTH_") and variable != "HEARTH_CONFIG":
            if not variable.startswith(FOREIGN_PREFIXES):
                raise ConfigError(
                    f"There is no setting {variable}{suggest(variable, names)} Unset it or correct it."
                )
    return values


def read_file(path: Path) -> dict[str, Any]:
    """Return the settings in a TOML file; unknown keys and values of the wrong type are errors."""
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not correct TOML: {error}.") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    values = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in BY_NAME:
            raise ConfigError(f"{path}: there is no setting {key!r}{suggest(name, BY_NAME)}")
        values[name] = read_value(BY_NAME[name], to_text(BY_NAME[name], value, path), f"{path}: {key}")
    return values


def to_text(option: Option, value: Any, path: Path) -> str:
    """Return a TOML value in the form the variable would have, after checking its type."""
    if type(value) not in option.toml_types:
        expected = " or ".join(type_.__name__ for type_ in option.toml_types)
        raise ConfigError(f"{path}: {option.name} must be of type {expected}, not {type(value).__name__}.")
    if isinstance(value, list):
        return ",".join(str(part) for part in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_value(option: Option, text: str, source: str) -> Any:
    """Return the value of one option. The error does not repeat the text: it may hold a password."""
    try:
        return option.read(text)
    except ValueError as error:
        raise ConfigError(f"{source} {error}.") from None


def suggest(name: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {close[0]}?" if close else "."
