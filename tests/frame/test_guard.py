"""The guard of all other tests: nothing leaves this machine."""

import socket
from collections.abc import Callable, Iterator

import pytest

from tests import conftest


@pytest.fixture(autouse=True)
def forgiven(loopback_only: None) -> Iterator[None]:
    yield
    conftest._outside.clear()


@pytest.mark.parametrize("host", ["93.184.216.34", "192.168.1.1", "10.0.0.1"])
def test_an_address_elsewhere_is_refused(host: str) -> None:
    with socket.socket() as caller, pytest.raises(conftest.Outside):
        caller.connect((host, 80))
    assert conftest._outside == [f"socket.connect {host}"]


@pytest.mark.parametrize("look_up", [lambda name: socket.getaddrinfo(name, 80), socket.gethostbyname])
def test_a_name_is_never_looked_up(look_up: Callable[[str], object]) -> None:
    with pytest.raises(conftest.Outside):
        look_up("example.org")


def test_a_datagram_elsewhere_is_refused() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as caller, pytest.raises(conftest.Outside):
        caller.sendto(b"?", ("192.168.1.1", 53))


def test_listening_to_the_whole_world_is_refused() -> None:
    with socket.socket() as server, pytest.raises(conftest.Outside):
        server.bind(("0.0.0.0", 0))


def test_loopback_works(free_port: int) -> None:
    with socket.create_server(("127.0.0.1", free_port)), socket.create_connection(("localhost", free_port)):
        pass
    assert conftest._outside == []
