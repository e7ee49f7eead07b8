"""A receiver of webhooks: a real HTTP server on 127.0.0.1 that answers as a test has it, and keeps what came."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any

from tests.support.patience import PATIENCE


@dataclass(frozen=True)
class Webhook:
    """A webhook that came; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def told(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Answer:
    """An answer: a status and headers, or whatever `act` does with the connection instead."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    act: Callable[[BaseHTTPRequestHandler], None] | None = None


class Receiver:
    """Answers with each of `answers` once, and with `otherwise` from then on."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.otherwise = Answer()
        self.came: list[Webhook] = []
        self.over = Event()
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/hooks"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def expect(self, *answers: Answer | int) -> None:
        """What to answer next, in order; a number stands for that status."""
        self.answers += [answer if isinstance(answer, Answer) else Answer(answer) for answer in answers]

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Speaks TLS from here on; a caller that it cannot agree with just goes away."""
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]

    def to(self, path: str) -> list[Webhook]:
        """What came to a path, in order."""
        return [webhook for webhook in list(self.came) if webhook.path == path]

    def await_webhooks(self, path: str, number: int, patience: float = PATIENCE) -> list[Webhook]:
        """The webhooks to a path, once there are so many."""
        until = time.monotonic() + patience
        while len(found := self.to(path)) < number:
            assert time.monotonic() < until, f"only {len(found)} webhooks came to {path}"
            time.sleep(0.02)
        return found

    def close(self) -> None:
        """Ends everything."""
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(PATIENCE)

    def _next(self, webhook: Webhook) -> Answer:
        with self._lock:
            self.came.append(webhook)
            return self.answers.pop(0) if self.answers else self.otherwise

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            # One that is left alone in the middle of a request is given up.
            timeout = PATIENCE

            def _any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = receiver._next(Webhook(self.command, self.path, headers, self.rfile.read(length)))
                with suppress(OSError):
                    _answer(self, answer)

            do_POST = do_GET = do_PUT = do_HEAD = _any

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        return Handler


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver, for as long as it is used."""
    made = Receiver()
    try:
        yield made
    finally:
        made.close()


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """Closes the connection without a word."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def drip(
    over: Event, first: bytes = b"HTTP/1.1 200 OK\r\nX-Slow: "
) -> Callable[[BaseHTTPRequestHandler], None]:
    """Sends its head byte by byte, and never comes to its end."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.connection.sendall(first)
        while not over.wait(0.02):
            handler.connection.sendall(b"a")

    return act


def stay_silent(over: Event) -> Callable[[BaseHTTPRequestHandler], None]:
    """Takes a request, and never says anything to it."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        over.wait()

    return act


def flood(head: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    """Sends a head and then a body without an end, until nobody reads it."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.connection.sendall(head)
        while True:
            handler.connection.sendall(b"a" * 65536)

    return act


def _answer(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    if answer.act:
        answer.act(handler)
        return
    handler.send_response(answer.status)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    if answer.status != 204:
        handler.send_header("Content-Length", str(len(answer.body)))
    handler.end_headers()
    handler.wfile.write(answer.body)
