"""What a server refuses to start with, and what it warns of. Every refusal says what to do."""

import os
import re
import ssl
import stat
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from hearth.certificates import find_own_certificate
from hearth.config import Config, ConfigError, is_loopback_name

LEAST_TOKEN = 16
SHOWN_IN_PROCESS_LIST = (
    "The database password stands in the process list, where everybody on this machine can read it. Change "
    "it, and put the new one into the variable HEARTH_DATABASE or into hearth.toml instead."
)


def prepare(config: Config) -> Config:
    """Make the data directory, take up our own certificate where one is needed, and refuse what is unsafe.

    Returns the settings to serve with. Raises ConfigError.
    """
    prepare_data(config.data)
    config = take_own_certificate(config)
    check_tls(config)
    check_reach(config)
    if config.metrics_token_file is not None:
        read_metrics_token(config.metrics_token_file)
    return config


def take_own_certificate(config: Config) -> Config:
    """Return the settings with the certificate of `hearth cert` where nothing else gives HTTPS."""
    own = find_own_certificate(config.data)
    is_alone = not config.is_loopback and not config.trusted_proxy
    if own is None or not is_alone or config.tls_cert is not None or config.tls_key is not None:
        return config
    return replace(config, tls_cert=own.certificate, tls_key=own.key)


def prepare_data(directory: Path) -> None:
    """Make the data directory, readable by its owner only; refuse one that others own or can write to."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"The data directory {directory} cannot be made: {error.strerror}. Choose another with "
            "--data DIR."
        ) from error
    if sys.platform != "win32":
        status = directory.stat()
        if status.st_uid != os.geteuid():
            raise ConfigError(
                f"The data directory {directory} belongs to another user (id {status.st_uid}). "
                "Start Hearth as that user, or choose another directory with --data DIR."
            )
        if status.st_mode & stat.S_IWOTH:
            raise ConfigError(
                f"Everybody may write to the data directory {directory}. Run: chmod 700 {directory}"
            )
    if not os.access(directory, os.W_OK | os.X_OK):
        raise ConfigError(
            f"The data directory {directory} cannot be written to. Change its mode, or choose another "
            "with --data DIR."
        )


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


def check_tls(config: Config) -> None:
    """Refuse a certificate without its key, files that do not fit, and a key that others can read."""
    if (config.tls_cert is None) != (config.tls_key is None):
        raise ConfigError("HTTPS needs both --tls-cert and --tls-key.")
    if config.tls_cert is None or config.tls_key is None:
        return
    for flag, path in (("--tls-cert", config.tls_cert), ("--tls-key", config.tls_key)):
        if not os.access(path, os.R_OK) or not path.is_file():
            raise ConfigError(f"The file {path} ({flag}) is not there or cannot be read.")
    if sys.platform != "win32" and config.tls_key.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        raise ConfigError(
            f"Everybody can read the private key {config.tls_key}. Run: chmod 600 {config.tls_key}"
        )
    try:
        # The empty password keeps OpenSSL from asking for one on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(config.tls_cert, config.tls_key, password="")
    except (ssl.SSLError, OSError) as error:
        raise ConfigError(
            f"{config.tls_cert} and {config.tls_key} cannot be used together ({error}). "
            "Give a PEM certificate with its chain, and its own PEM key without a password."
        ) from error


def check_reach(config: Config) -> None:
    """Refuse to be reachable from other machines without HTTPS, and test settings there altogether."""
    host = urlsplit(config.url).hostname or "" if config.url else ""
    if config.url and config.url.startswith("http://") and not is_loopback_name(host):
        raise ConfigError(
            f"--url {config.url} is not HTTPS. Browsers give such a page no cryptography, so Hearth "
            "does not work there. Put a proxy with HTTPS in front, or run `hearth cert`, and name "
            "the https:// address."
        )
    if config.url and config.url.startswith("http://") and config.is_tls:
        raise ConfigError(f"The server speaks HTTPS, but --url is {config.url}. Write https:// there.")
    if not config.is_loopback and not config.is_https:
        raise ConfigError(
            f"Listening on {config.host} lets other machines in, and that needs HTTPS. Run `hearth "
            "cert` once to make a certificate of your own, or give --tls-cert and --tls-key, or put "
            "a proxy with HTTPS in front of --host localhost and name its address with --url https://…"
        )
    if config.insecure_test_kdf and not config.is_private:
        raise ConfigError(
            "--insecure-test-kdf makes passwords easy to guess. Leave it out, or use --host localhost."
        )


def list_warnings(config: Config) -> list[str]:
    """Return sentences about settings that work but deserve a second look."""
    warnings = []
    if config.url is not None and not config.is_tls and not config.is_private and not config.trusted_proxy:
        warnings.append(
            "No --trusted-proxy is set: if a proxy passes visitors on, they all count as one address "
            "in the limits. For a proxy on this machine: --trusted-proxy 127.0.0.1/32,::1/128"
        )
    if config.limit_scale > 1 and not config.is_private:
        warnings.append(
            f"Rate limits are lifted {config.limit_scale:g} times: guessing passwords gets easier."
        )
    if config.insecure_test_kdf:
        warnings.append(
            "Weak password hashing is allowed (--insecure-test-kdf): use this server for tests only."
        )
    return warnings


def has_password(database: str) -> bool:
    """Tell whether a database's address holds a password, also when it is no valid address otherwise."""
    scheme, _, rest = database.partition("://")
    who, at, _ = rest.rpartition("@")
    is_named = re.search(r"[?&](password|passwd)=[^&]", rest) is not None
    return not scheme.startswith("sqlite") and (is_named or bool(at and who.partition(":")[2]))
