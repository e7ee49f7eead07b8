"""A transport for `requests` that ends the wait for a reply's head at a deadline.

`requests` bounds each wait for bytes. A server that sends its status line and headers a few bytes at a time could hold
a call for as long as it likes, before anything is there that could be read against a deadline.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import HTTPResponse

from tongyi.clock import Deadline

_deadline: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def ends_at(deadline: Deadline) -> Iterator[None]:
    """Calls made inside have the heads of their replies by the deadline, or fail with requests.ConnectionError."""
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


class DeadlineAdapter(HTTPAdapter):
    """Mounted on a session, it makes `ends_at` work."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Makes the pool manager, with connections that can be cut off."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class _Connection(HTTPConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3 itself has it
        deadline = _deadline.get()
        timer = threading.Timer(deadline.left, self._cut) if deadline else None
        if timer:
            timer.start()
        try:
            return super().getresponse()
        finally:
            if timer:
                timer.cancel()

    def _cut(self) -> None:
        """Wakes the thread that waits for bytes: it finds the connection at its end."""
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection
