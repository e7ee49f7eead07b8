"""The suite itself."""

from __future__ import annotations

import socket

import pytest
from pytest_socket import SocketBlockedError


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_sockets_are_closed() -> None:
    with pytest.raises(SocketBlockedError):
        socket.socket(socket.AF_INET)
