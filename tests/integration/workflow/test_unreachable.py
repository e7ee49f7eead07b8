"""What never reached DashScope, and what may have: told apart by real connections, for only the one is sent again."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.integration.certificates import Authority
from tests.integration.workflow.test_kept_connections import KnownKey
from tests.support.fakes.gateways import FakeClock
from tongyi.config import DashScopeSettings
from tongyi.errors import UpstreamAmbiguous, UpstreamUnreachable
from tongyi.gateways import http_client
from tongyi.gateways.dashscope.connection import DashScopeConnection

# Reached only when something hangs.
SECONDS = 20.0
GRACE_SECONDS = 30
RESET = struct.pack("ii", 1, 0)
HOST = "localhost"
Doing = Callable[[socket.socket, ssl.SSLContext], object]


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.close()


def _reset_within_the_handshake(connection: socket.socket, _: ssl.SSLContext) -> None:
    connection.recv(1)
    _reset(connection)


def _say_nothing(connection: socket.socket, _: ssl.SSLContext) -> None:
    while connection.recv(65536):
        pass


def _speak_no_tls(connection: socket.socket, _: ssl.SSLContext) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def _shake_hands(connection: socket.socket, context: ssl.SSLContext) -> None:
    context.wrap_socket(connection, server_side=True).recv(1)


def _read_and_reset(connection: socket.socket, context: ssl.SSLContext) -> None:
    served = context.wrap_socket(connection, server_side=True)
    served.recv(65536)
    _reset(served)


@contextmanager
def tls_server(doing: Doing, context: ssl.SSLContext) -> Iterator[str]:
    """The origin of a server that does just that with the one connection it takes."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(GRACE_SECONDS)
                doing(connection, context)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"https://{HOST}:{listener.getsockname()[1]}"
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(GRACE_SECONDS)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that is trusted."""
    made = Authority(tmp_path)
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(made.bundle))
    return made


def _post(origin: str) -> None:
    connection = DashScopeConnection(DashScopeSettings(origin, "arn", ""), KnownKey(), FakeClock())
    connection.once("/path", SECONDS, {"prompt": "a cat"}, lambda said: said)


@pytest.mark.parametrize("doing", [_reset_within_the_handshake, _speak_no_tls])
def test_request_whose_handshake_failed_was_never_sent(authority: Authority, doing: Doing) -> None:
    with tls_server(doing, authority.server(HOST)) as origin, pytest.raises(UpstreamUnreachable):
        _post(origin)


def test_request_whose_handshake_took_too_long_was_never_sent(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "CONNECT_SECONDS", 0.2)
    with tls_server(_say_nothing, authority.server(HOST)) as origin, pytest.raises(UpstreamUnreachable):
        _post(origin)


def test_request_to_a_server_that_is_not_trusted_was_never_sent(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "others").mkdir()
    other = Authority(tmp_path / "others").server(HOST)
    with tls_server(_shake_hands, other) as origin, pytest.raises(UpstreamUnreachable):
        _post(origin)


def test_request_to_a_name_that_is_not_there_was_never_sent() -> None:
    with pytest.raises(UpstreamUnreachable):
        _post("https://nowhere.invalid")


def test_request_to_a_port_that_is_closed_was_never_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(UpstreamUnreachable):
        _post(f"https://127.0.0.1:{port}")


def test_request_that_was_read_before_the_reset_may_have_been_carried_out(authority: Authority) -> None:
    with tls_server(_read_and_reset, authority.server(HOST)) as origin, pytest.raises(UpstreamAmbiguous):
        _post(origin)
