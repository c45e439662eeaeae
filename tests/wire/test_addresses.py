"""Who is at the other end and which origins are ours: each row is an attack (S10, W01, W16)."""

from ipaddress import ip_network

import pytest

from hearth.wire.addresses import find_client_address, is_loopback_host, is_own_origin, network_of

TRUSTED = (ip_network("127.0.0.1/32"), ip_network("10.0.0.0/8"))


@pytest.mark.parametrize(
    ("peer", "header", "found"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", "1.1.1.1, nonsense, 10.1.2.3", "127.0.0.1"),
        ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_forwarded_addresses_count_only_from_trusted_proxies(
    peer: str, header: str | None, found: str
) -> None:
    assert find_client_address(peer, header, TRUSTED) == found


def test_without_trusted_proxies_the_peer_is_the_client() -> None:
    assert find_client_address("127.0.0.1", "198.51.100.1", ()) == "127.0.0.1"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("what", "unknown"),
    ],
)
def test_one_network_is_an_ipv4_address_or_an_ipv6_64(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]", "[::1]:80", "a.localhost"]
)
def test_loopback_hosts(host: str) -> None:
    assert is_loopback_host(host)


@pytest.mark.parametrize(
    "host", ["", "hearth.lan", "localhost.evil.example", "127.0.0.1.evil.example:80", "0x7f.1"]
)
def test_other_hosts(host: str) -> None:
    assert not is_loopback_host(host)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "http://chat.example.org",
        "https://chat.example.org.evil.example",
        "https://evil-chat.example.org",
        "https://chat.example.org:444",
        "https://chat.example.org/",
        "HTTPS://chat.example.org",
    ],
)
def test_no_other_origin_is_ours(origin: str) -> None:
    """W01: foreign, null, downgraded, suffix, prefix, other port."""
    own = {"url": "https://chat.example.org", "scheme": "https", "host": "chat.example.org"}
    assert not is_own_origin(origin, **own)
    assert not is_own_origin(origin, url=None, scheme="https", host="chat.example.org")


def test_our_own_origin_is_ours() -> None:
    assert is_own_origin(
        "https://chat.example.org", url="https://chat.example.org", scheme="http", host="inside:8000"
    )
    assert is_own_origin("https://chat.example.org", url=None, scheme="https", host="chat.example.org")
    assert is_own_origin("http://localhost:8000", url=None, scheme="http", host="localhost:8000")


def test_a_foreign_name_that_points_here_is_not_ours_on_plain_http() -> None:
    """DNS rebinding: the browser believes evil.example is this machine, and Origin equals Host."""
    assert not is_own_origin("http://evil.example:8000", url=None, scheme="http", host="evil.example:8000")
