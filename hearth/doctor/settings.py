"""Settings, the data directory's file modes, and the certificate."""

import os
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hearth.config import Config, ConfigError
from hearth.doctor.report import Report
from hearth.lock import find_running_server
from hearth.safety import (
    check_reach,
    check_tls,
    list_warnings,
    read_metrics_token,
    take_own_certificate,
)

RENEW_WITHIN = timedelta(days=14)
SHARED = {"server.crt", "authority.crt"}
"""Certificates are public."""


def examine_settings(report: Report, config: Config) -> Config:
    """Judge the settings as `serve` would; return them with our own certificate taken up."""
    if not config.data.is_dir():
        report.warn(f"The data directory {config.data} is not there yet; the first start makes it.")
    else:
        examine_modes(report, config.data)
    config = take_own_certificate(config)
    before = report.problems
    for check in (check_tls, check_reach, check_metrics_token):
        try:
            check(config)
        except ConfigError as error:
            report.object(str(error))
    for warning in list_warnings(config):
        report.warn(warning)
    if report.problems == before:
        report.approve(f"The settings fit together; {describe_reach(config)}")
    if config.tls_cert is not None and config.tls_cert.is_file():
        examine_certificate(report, config.tls_cert)
    return config


def describe_reach(config: Config) -> str:
    """Return where people find the server: the one that runs, which may have been started with other
    settings than these, else the one that the next start with these makes."""
    running = find_running_server(config.sqlite_directory) if config.sqlite_directory else None
    if running is not None:
        return f"people reach the server that runs at {running}"
    if config.port == 0 and config.url is None:
        return "a start with them takes any free port and says which"
    return f"a start with them answers at {config.public_url}"


def check_metrics_token(config: Config) -> None:
    """Raise ConfigError for a token file that `serve` would refuse."""
    if config.metrics_token_file is not None:
        read_metrics_token(config.metrics_token_file)


def examine_modes(report: Report, data: Path) -> None:
    """Whatever lies in the data directory is its owner's alone."""
    if sys.platform == "win32":
        return
    if data.stat().st_uid != os.geteuid():
        report.object(f"{data} belongs to another user. Run this as the user that Hearth runs as.")
    if data.stat().st_mode & stat.S_IWOTH:
        report.object(f"Everybody may write to {data}. Run: chmod 700 {data}")
    opened = [
        path
        for path in sorted(data.rglob("*"))
        if path.is_file() and path.name not in SHARED and path.stat().st_mode & 0o077
    ]
    for path in opened:
        report.object(f"Others can read {path}. Run: chmod 600 {path}")
    if not opened:
        report.approve(f"Only its owner can read what lies in {data}")


def examine_certificate(report: Report, path: Path, *, now: datetime | None = None) -> None:
    """Say for how long a certificate is good. It is looked at as it lies on the disk."""
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificates(path.read_bytes())[0]
    except (OSError, ValueError, IndexError):
        report.object(f"{path} is no certificate in PEM form.")
        return
    now = now or datetime.now(UTC)
    ends = certificate.not_valid_after_utc
    renew = "Renew it (for one of your own: `hearth cert`) and start the server again."
    if ends <= now:
        report.object(f"The certificate {path} ended on {ends:%d %B %Y}. {renew}")
    elif certificate.not_valid_before_utc > now:
        report.object(f"The certificate {path} is not valid yet. Check this machine's clock.")
    elif ends - now < RENEW_WITHIN:
        report.warn(f"The certificate {path} ends on {ends:%d %B %Y}. {renew}")
    else:
        report.approve(f"The certificate is good until {ends:%d %B %Y}")
