"""Where our own certificate lies in a data directory, if `hearth cert` (hearth.authority) has made one."""

import hashlib
import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """Where our own certificate lies in a data directory."""

    authority_key: Path
    authority: Path
    key: Path
    certificate: Path

    @classmethod
    def locate(cls, data: Path) -> "OwnCertificate":
        tls = data / "tls"
        return cls(tls / "authority.key", tls / "authority.crt", tls / "server.key", tls / "server.crt")


def find_own_certificate(data: Path) -> OwnCertificate | None:
    """Return our own certificate if `hearth cert` has made one here."""
    files = OwnCertificate.locate(data)
    return files if files.certificate.is_file() and files.key.is_file() else None


def read_authority(data: Path) -> bytes | None:
    """Return the authority's certificate (PEM, public), or None without one: what a phone has to trust."""
    path = OwnCertificate.locate(data).authority
    return path.read_bytes() if path.is_file() else None


def format_fingerprint(certificate: bytes) -> str:
    """Return the SHA-256 fingerprint of a certificate (PEM) as phones show it: pairs of hex digits."""
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.decode("ascii"))).hexdigest().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))
