"""The machine: Python, disk, clock, open files, and whether the web client was built."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from hearth.config import Config
from hearth.doctor.report import Report
from hearth.health import LEAST_DISK, find_free_bytes

CLIENT_PAGE = Path(__file__).resolve().parent.parent / "static" / "index.html"
LITTLE_DISK = 500 * 1024 * 1024
FEW_FILES = 4096
WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
"""This was written later, so it cannot be earlier now."""


def examine_machine(report: Report, config: Config) -> None:
    python = ".".join(map(str, sys.version_info[:3]))
    report.approve(f"Python {python}")
    if CLIENT_PAGE.is_file():
        report.approve("The web client is there")
    else:
        report.object(
            "The web client has not been built: browsers get nothing. Run scripts/setup (needs Node)."
        )
    examine_disk(report, find_free_bytes(find_existing(config.sqlite_directory or config.data)))
    examine_clock(report, datetime.now(UTC))
    examine_open_files(report)


def find_existing(directory: Path) -> Path:
    """Return the directory, or the nearest above it that exists."""
    directory = directory.absolute()
    while not directory.exists() and directory != directory.parent:
        directory = directory.parent
    return directory


def examine_disk(report: Report, free: int | None) -> None:
    """Judge the bytes that are free."""
    if free is None:
        report.warn("How much of the disk is free could not be told.")
    elif free < LEAST_DISK:
        report.object(f"The disk is full ({free >> 20} MiB free): nothing can be saved. Make room.")
    elif free < LITTLE_DISK:
        report.warn(f"Only {free >> 20} MiB of the disk are free.")
    else:
        report.approve(f"{free / 1e9:.1f} GB of the disk are free")


def examine_clock(report: Report, now: datetime) -> None:
    """Judge this machine's clock by what can be known of it without asking anybody."""
    if now < WRITTEN:
        report.object(f"This machine's clock says {now:%d %B %Y}. Set it (timedatectl set-ntp true).")
    else:
        report.approve(f"The clock says {now:%Y-%m-%d %H:%M:%S} UTC")


def examine_open_files(report: Report) -> None:
    """Every socket is an open file."""
    if sys.platform == "win32":
        return
    import resource

    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= allowed < FEW_FILES:
        report.warn(
            f"At most {allowed} files may be open here, sockets included; for more people at once: "
            f"LimitNOFILE={FEW_FILES * 4} in the service file, or ulimit -n."
        )
