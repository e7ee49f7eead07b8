"""A server that answers with whatever bytes it is told to, at whatever pace."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

GRACE_SECONDS = 30


@contextmanager
def rogue(pieces: Iterable[bytes], *, interval: float = 0) -> Iterator[str]:
    """The origin of a server on 127.0.0.1 that sends the pieces, that many seconds apart, and hangs up."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        served = threading.Thread(target=_serve, args=(listener, list(pieces), interval, ended))
        served.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            ended.set()
            # Wakes accept(), should nobody have come.
            with contextlib.suppress(OSError):
                socket.create_connection(listener.getsockname(), timeout=1).close()
            served.join(GRACE_SECONDS)


def _serve(listener: socket.socket, pieces: list[bytes], interval: float, ended: threading.Event) -> None:
    while not ended.is_set():
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.settimeout(GRACE_SECONDS)
            connection.recv(65536)
            for piece in pieces:
                connection.sendall(piece)
                if interval and ended.wait(interval):
                    break
