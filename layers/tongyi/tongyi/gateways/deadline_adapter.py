"""A transport for `requests` that cuts a connection off at a deadline.

`requests` bounds each wait for bytes. A server that sends its status line and headers a few bytes at a time could hold
a call for as long as it likes, before anything is there that could be read against a deadline; and one that stalls in
its body could hold it for one such wait longer.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.response import HTTPResponse

from tongyi.clock import Deadline
from tongyi.gateways.breaking_off import break_off_at


@dataclass(frozen=True, slots=True)
class _Limit:
    deadline: Deadline
    cleanup: ExitStack


_limit: ContextVar[_Limit | None] = ContextVar("limit", default=None)


@contextmanager
def ends_at(deadline: Deadline) -> Iterator[None]:
    """Replies to calls made inside, and what is read of them inside, end at the deadline: they break off there."""
    with ExitStack() as cleanup:
        token = _limit.set(_Limit(deadline, cleanup))
        try:
            yield
        finally:
            _limit.reset(token)


class DeadlineAdapter(HTTPAdapter):
    """Mounted on a session, it makes `ends_at` work."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Makes the pool manager, with connections that can be cut off."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class _Connection(HTTPConnection):
    def connect(self) -> None:
        """Makes the connection, with TLS where it is to have it. Not a byte of a request is sent before it is there.

        So whatever fails here is told as one failure: a name that is not found, a reset or a silence within the TLS
        handshake, a certificate that is not trusted. urllib3 itself tells these as it tells failures of a request.
        """
        try:
            super().connect()
        except ConnectTimeoutError:
            raise
        except (OSError, HTTPError) as error:
            raise NewConnectionError(self, type(error).__name__) from error

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3 itself has it
        limit = _limit.get()
        if limit and self.sock is not None:
            handle = socket.fromfd(self.sock.fileno(), socket.AF_UNSPEC, socket.SOCK_STREAM)
            break_off_at(limit.deadline, handle, limit.cleanup)
        return super().getresponse()


class _TlsConnection(_Connection, HTTPSConnection):
    """Its `connect` is `_Connection`'s, whose `super()` is that of HTTPSConnection."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection
