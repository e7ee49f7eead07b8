"""What the HTTP side does with requests that are not well-behaved."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest
import requests

from local.standin import StandIn

pytestmark = pytest.mark.enable_socket


def _raw(standin: StandIn, text: bytes, *, pictures: bool = False) -> bytes:
    parts = urlsplit(standin.picture_url if pictures else standin.url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=300) as connection:
        connection.sendall(text)
        return connection.makefile("rb").readline()


@pytest.mark.parametrize("length", [b"99999999999", b"-1", b"x", b"9" * 5000])
def test_a_body_of_no_usable_length_is_refused(standin: StandIn, length: bytes) -> None:
    answer = _raw(standin, b"POST / HTTP/1.1\r\nContent-Length: " + length + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(("pictures", "most"), [(False, 16 * 1024 * 1024), (True, 101 * 1024 * 1024)])
def test_a_body_beyond_the_limit_of_its_port_is_refused(standin: StandIn, pictures: bool, most: int) -> None:
    head = f"POST / HTTP/1.1\r\nContent-Length: {most + 1}\r\n\r\n".encode()
    assert _raw(standin, head, pictures=pictures).startswith(b"HTTP/1.1 413")


def test_a_body_in_chunks_is_refused(standin: StandIn) -> None:
    answer = _raw(standin, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("path", [b"//[", b"/%ff", b"/api/v1/tasks/%00?x=%zz", b"/?a=b=c&&"])
def test_an_odd_address_is_answered(standin: StandIn, path: bytes) -> None:
    assert _raw(standin, b"GET " + path + b" HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 4")


def test_a_connection_is_kept_for_the_next_call(standin: StandIn) -> None:
    with requests.Session() as session:
        replies = [session.get(standin.url + "/_standin/health", timeout=300) for _ in range(2)]
    assert "Connection" not in replies[0].headers


def test_a_picture_port_in_use_frees_the_other_one(standin: StandIn) -> None:
    taken = int(standin.picture_url.rpartition(":")[2])
    with socket.socket() as reserved:
        # Nobody listens there, and nobody else is given it.
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        port = int(reserved.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            StandIn(port=port, picture_port=taken)
        with StandIn(port=port) as second:
            assert second.url.endswith(f":{port}")
