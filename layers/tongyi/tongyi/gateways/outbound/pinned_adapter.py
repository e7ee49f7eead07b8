"""A transport for `requests` that connects to addresses which were looked at before, and ends at a deadline.

The name is not resolved a second time, so it cannot lead elsewhere in between; TLS still proves that the host is the
one named. The deadline holds for the whole call, TLS and body included: `requests` bounds each wait for bytes.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from tongyi.clock import Deadline
from tongyi.gateways.breaking_off import break_off_at

# Of the addresses of a name, so many are tried.
MOST_ADDRESSES = 4


@dataclass(frozen=True, slots=True)
class _Pin:
    addresses: Sequence[str]
    deadline: Deadline
    cleanup: ExitStack


_pin: ContextVar[_Pin] = ContextVar("pin")


@contextmanager
def pinned(addresses: Sequence[str], deadline: Deadline) -> Iterator[None]:
    """Calls made inside go to the first of the addresses that can be connected to, and break at the deadline."""
    with ExitStack() as cleanup:
        token = _pin.set(_Pin(addresses[:MOST_ADDRESSES], deadline, cleanup))
        try:
            yield
        finally:
            _pin.reset(token)


class PinnedAdapter(HTTPAdapter):
    """Mounted on a session, it makes `pinned` work; without it, nothing is connected to."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Makes the pool manager, with such connections."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def send(self, *args: Any, **options: Any) -> requests.Response:
        """Sends a request, and forgets where a redirect leads: `requests` would read its whole body to look there."""
        response = super().send(*args, **options)
        response.headers.pop("Location", None)
        return response


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        """A socket to a pinned address; the host keeps its name, for TLS and for the header Host."""
        pin = _pin.get()
        named = self._dns_host
        failure: Exception = NewConnectionError(self, "no address to connect to")
        try:
            for address in pin.addresses:
                if pin.deadline.passed:
                    break
                self._dns_host = address
                try:
                    made = super()._new_conn()
                except (NewConnectionError, ConnectTimeoutError) as error:
                    failure = error
                else:
                    break_off_at(pin.deadline, made.dup(), pin.cleanup)
                    return made
            raise failure
        finally:
            self._dns_host = named


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection
