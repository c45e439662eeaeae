"""The sockets to listen on and the machine's own addresses."""

import socket

import pytest

from hearth.network import CannotListen, list_addresses, list_names, open_sockets


def close(sockets: list[socket.socket]) -> None:
    for sock in sockets:
        sock.close()


def test_localhost_means_both_of_its_addresses_on_one_port() -> None:
    sockets = open_sockets("localhost", 0)
    try:
        assert len({sock.getsockname()[1] for sock in sockets}) == 1
        families = {sock.family for sock in sockets}
        assert socket.AF_INET in families
        assert families == ({socket.AF_INET, socket.AF_INET6} if socket.has_ipv6 else {socket.AF_INET})
    finally:
        close(sockets)


def test_a_port_in_use_is_refused_with_what_to_do() -> None:
    first = open_sockets("127.0.0.1", 0)
    first[0].listen()
    try:
        with pytest.raises(CannotListen, match="--port"):
            open_sockets("127.0.0.1", first[0].getsockname()[1])
    finally:
        close(first)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(CannotListen, match="--host"):
        open_sockets("192.0.2.77", 0)


def test_a_name_that_does_not_exist_is_refused() -> None:
    with pytest.raises(CannotListen, match="--host"):
        open_sockets("no-such-host.invalid", 0)


def test_what_others_can_reach_never_includes_loopback() -> None:
    assert not any(address.is_loopback or address.is_link_local for address in list_addresses())
    assert "localhost" not in list_names()
