"""`hearth cert`: what it makes is accepted by a TLS client that trusts the authority, and by nobody else."""

import ssl
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from hearth.authority import LEAF_DAYS, list_certificate_names, renew_certificate
from hearth.certificates import OwnCertificate, find_own_certificate, read_authority
from hearth.config import Config, ConfigError
from hearth.safety import prepare

NAMES = ["chat.example.org", "box.local", "192.168.1.7", "fd00::7", "localhost"]


def shake_hands(files: OwnCertificate, name: str, trusted: bytes | None) -> None:
    """Run a TLS handshake in memory; raises ssl.SSLError when the client does not trust the server."""
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(files.certificate, files.key)
    client_context = ssl.create_default_context(cadata=trusted.decode() if trusted else None)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert client.version() == "TLSv1.3"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.mark.parametrize("name", NAMES)
def test_a_client_that_trusts_the_authority_accepts_every_name(data: Path, name: str) -> None:
    files = renew_certificate(data, NAMES)
    shake_hands(files, name, read_authority(data))


def test_other_names_and_other_clients_do_not_accept_it(data: Path) -> None:
    files = renew_certificate(data, NAMES)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(files, "other.example.org", read_authority(data))
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(files, "localhost", None)


def test_renewal_keeps_the_authority_that_phones_trust(data: Path) -> None:
    files = renew_certificate(data, NAMES)
    authority, first = read_authority(data), files.certificate.read_bytes()
    files = renew_certificate(data, ["192.168.1.8"])
    assert read_authority(data) == authority
    assert files.certificate.read_bytes() != first
    shake_hands(files, "192.168.1.8", authority)


def test_the_authority_cannot_vouch_for_the_rest_of_the_world(data: Path) -> None:
    renew_certificate(data, NAMES)
    with pytest.raises(ConfigError, match=r"bank\.example"):
        renew_certificate(data, ["bank.example"])


def test_even_a_stolen_authority_key_makes_nothing_that_clients_accept(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renew_certificate(data, NAMES)
    monkeypatch.setattr("hearth.authority.refuse_foreign_names", lambda *_: None)
    files = renew_certificate(data, ["bank.example"])
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        shake_hands(files, "bank.example", read_authority(data))


def test_the_certificate_is_not_longer_valid_than_browsers_allow(data: Path) -> None:
    files = renew_certificate(data, NAMES)
    leaf = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=397)
    names, ends = list_certificate_names(files.certificate)
    assert names == NAMES
    assert ends == leaf.not_valid_after_utc


def test_an_authority_about_to_end_is_not_used_for_a_certificate_that_outlives_it(data: Path) -> None:
    renew_certificate(data, NAMES)
    late = datetime.now(UTC) + timedelta(days=3650 - LEAF_DAYS + 2)
    with pytest.raises(ConfigError, match="ends"):
        renew_certificate(data, NAMES, late)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_keys_are_for_their_owner_alone(data: Path) -> None:
    files = renew_certificate(data, NAMES)
    for path in (files.key, files.authority_key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(files.key.parent.stat().st_mode) == 0o700
    assert list(files.key.parent.glob(".*")) == [], "no draft is left behind"


@pytest.mark.parametrize(
    "name", ["", "a b", "https://x", "*.local", "exa mple", "ä.local", "x" * 64 + ".local"]
)
def test_what_is_no_name_is_refused(data: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="neither a host name"):
        renew_certificate(data, [name])


def test_serve_takes_up_our_own_certificate_only_beyond_this_machine(data: Path) -> None:
    assert find_own_certificate(data) is None
    files = renew_certificate(data, NAMES)
    served = prepare(Config(data=data, host="0.0.0.0"))
    assert (served.tls_cert, served.tls_key) == (files.certificate, files.key)
    assert prepare(Config(data=data)).tls_cert is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_a_key_that_everybody_can_read_is_refused(data: Path) -> None:
    files = renew_certificate(data, NAMES)
    files.key.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        prepare(Config(data=data, host="0.0.0.0"))


def test_a_key_of_another_certificate_is_refused(data: Path) -> None:
    files = renew_certificate(data, NAMES)
    with pytest.raises(ConfigError, match="cannot be used together"):
        prepare(Config(data=data, tls_cert=files.certificate, tls_key=files.authority_key))
