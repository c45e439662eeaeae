"""A certificate authority of one's own, for HTTPS in a home network without a domain name.

The authority may vouch for private addresses and the names given when it was made, and for nothing else
(RFC 5280 section 4.2.1.10), so a phone that trusts it risks little if its key is ever stolen.
"""

import ipaddress
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from hearth.certificates import OwnCertificate
from hearth.config import ConfigError
from hearth.files import write_private

Name = x509.DNSName | x509.IPAddress
PrivateKey = ec.EllipticCurvePrivateKey

LEAF_DAYS = 397
AUTHORITY_DAYS = 3650
PRIVATE_NETWORKS = (
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)
PRIVATE_DOMAINS = ("home.arpa", "internal", "lan", "local", "localhost")
# Clocks of phones and small computers are often a little behind.
CLOCK_SLACK = timedelta(days=1)
LABEL = re.compile("[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


def list_certificate_names(path: Path) -> tuple[list[str], datetime]:
    """Return the names and addresses a certificate (PEM) is good for, and when it ends."""
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    try:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return [], certificate.not_valid_after_utc
    return [str(name.value) for name in alternatives], certificate.not_valid_after_utc


def renew_certificate(data: Path, names: Sequence[str], now: datetime | None = None) -> OwnCertificate:
    """Make or renew the server's certificate for these names and addresses; the authority is made once.

    Raises ConfigError when a name is not one, or not one the existing authority may vouch for.
    """
    files = OwnCertificate.locate(data)
    now = now or datetime.now(UTC)
    general_names = [to_general_name(name) for name in names]
    if not files.authority.is_file() or not files.authority_key.is_file():
        make_authority(files, general_names, now)
    authority, authority_key = load_authority(files)
    if authority.not_valid_after_utc < now + timedelta(days=LEAF_DAYS):
        raise ConfigError(
            f"The authority in {files.authority.parent} ends within a year or so. Delete that directory, run "
            "`hearth cert` again, and let the phones trust the new one."
        )
    refuse_foreign_names(authority, general_names, files)
    make_leaf(files, authority, authority_key, general_names, now)
    return files


def to_general_name(name: str) -> Name:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    labels = name.lower().removesuffix(".").split(".")
    if len(name) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise ConfigError(f"{name!r} is neither a host name nor an address.")
    return x509.DNSName(".".join(labels))


def make_authority(files: OwnCertificate, general_names: Sequence[Name], now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    title = f"Hearth of {next((str(name.value) for name in general_names), 'this machine')}"[:64]
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, title)])
    permitted: list[x509.GeneralName] = [x509.DNSName(domain) for domain in PRIVATE_DOMAINS]
    permitted += [x509.IPAddress(ipaddress.ip_network(network)) for network in PRIVATE_NETWORKS]
    for name in general_names:
        if not is_permitted(name, permitted):
            alone = (
                name if isinstance(name, x509.DNSName) else x509.IPAddress(ipaddress.ip_network(name.value))
            )
            permitted.append(alone)
    certificate = (
        start_builder(key, subject, subject, now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(make_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .sign(key, hashes.SHA256())
    )
    write_private(files.authority_key, encode_key(key))
    write_private(files.authority, encode_certificate(certificate))


def make_leaf(
    files: OwnCertificate,
    authority: x509.Certificate,
    authority_key: PrivateKey,
    general_names: Sequence[Name],
    now: datetime,
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    # Not a host name: some clients hold the subject against the name constraints too.
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Hearth server")])
    issuer_id = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    certificate = (
        start_builder(key, subject, authority.subject, now, LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(make_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(general_names), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )
    write_private(files.key, encode_key(key))
    write_private(files.certificate, encode_certificate(certificate))


def start_builder(
    key: PrivateKey, subject: x509.Name, issuer: x509.Name, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SLACK)
        .not_valid_after(now - CLOCK_SLACK + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def make_key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def is_permitted(name: Name, permitted: Sequence[x509.GeneralName]) -> bool:
    """Tell whether a name lies inside one of the permitted domains or networks."""
    if isinstance(name, x509.DNSName):
        domains = [str(entry.value) for entry in permitted if isinstance(entry, x509.DNSName)]
        return any(name.value == domain or name.value.endswith(f".{domain}") for domain in domains)
    networks = [entry.value for entry in permitted if isinstance(entry, x509.IPAddress)]
    return any(
        isinstance(network, ipaddress.IPv4Network | ipaddress.IPv6Network) and name.value in network
        for network in networks
    )


def refuse_foreign_names(
    authority: x509.Certificate, general_names: Sequence[Name], files: OwnCertificate
) -> None:
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    for name in general_names:
        if not is_permitted(name, constraints.permitted_subtrees or []):
            raise ConfigError(
                f"The authority in {files.authority.parent} was made without {name.value} and may not "
                "vouch for it. Delete that directory, run `hearth cert` again with all names, and "
                "let the phones trust the new one."
            )


def load_authority(files: OwnCertificate) -> tuple[x509.Certificate, PrivateKey]:
    key = load_pem_private_key(files.authority_key.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ConfigError(
            f"{files.authority_key} was not made by `hearth cert`. Move it away and run it again."
        )
    return x509.load_pem_x509_certificate(files.authority.read_bytes()), key


def encode_key(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def encode_certificate(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
