"""The HTTP side: sockets, and replies sent whole, slowly, or not to their end."""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote

from local.standin.exchange import Reply, Request

_MOST_BODY = 16 * 1024 * 1024
_IDLE_SECONDS = 300
_LENGTH = re.compile(r"[0-9]{1,12}")

Answer = Callable[[Request], Reply | None]
Pause = Callable[[float], None]


class HttpHost(ThreadingHTTPServer):
    """A server on 127.0.0.1 with one thread per connection, run by a thread of its own."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, answer: Answer, pause: Pause, most_body: int = _MOST_BODY) -> None:
        self.answer = answer
        self.most_body = most_body
        self.pause = pause
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def origin(self) -> str:
        """The address to call, for instance http://127.0.0.1:8123."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and close every connection, kept-alive ones too."""
        self.shutdown()
        self._thread.join(timeout=5)
        self.server_close()
        with self._open_lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def server_bind(self) -> None:
        """Bind without HTTPServer's look-up of the host's name, which can hang without a resolver."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that `stop` can close it."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that is closed."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news; anything else is."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS
    server: HttpHost

    def do_GET(self) -> None:
        """Answer any method alike: what it means is for the host to say."""
        length, most = self.headers.get("Content-Length", "0"), self.server.most_body
        if "Transfer-Encoding" in self.headers or not _LENGTH.fullmatch(length) or int(length) > most:
            self.close_connection = True
            self._send(Reply(413, f"a body needs a Content-Length of at most {most} bytes\n".encode()))
            return
        body = self.rfile.read(int(length))
        reply = self.server.answer(self._request(body))
        if reply is None:
            self._hang_up()
        else:
            self._send(reply)

    do_POST = do_HEAD = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: the ledger has it all."""

    def _request(self, body: bytes) -> Request:
        path, _, query_text = self.path.partition("?")
        query = dict(parse_qsl(query_text, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, unquote(path), query, headers, body)

    def _send(self, reply: Reply) -> None:
        head, body = self._head(reply), b"" if self.command == "HEAD" else reply.body
        if reply.cut:
            self.wfile.write(head + body[: len(body) // 2])
            self._hang_up()
        elif reply.pace is None:
            self.wfile.write(head + body)
        else:
            self.wfile.write(head)
            for start in range(0, len(body), reply.pace.chunk):
                self.wfile.write(body[start : start + reply.pace.chunk])
                self.server.pause(reply.pace.interval)

    def _head(self, reply: Reply) -> bytes:
        known = {status.value: status.phrase for status in HTTPStatus}
        headers = {"Date": formatdate(usegmt=True), **reply.headers, "Content-Length": str(len(reply.body))}
        if self.close_connection:
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {reply.status} {known.get(reply.status, 'Status')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
