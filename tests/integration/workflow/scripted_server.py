"""A server whose connections follow a script, and which counts them: some are kept, go silent, or are cut."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum

GRACE_SECONDS = 30
RESET = struct.pack("ii", 1, 0)


class Turn(StrEnum):
    """What becomes of a request: an answer, no byte ever, or an end of the connection, of either kind."""

    ANSWER = "answer"
    SILENCE = "silence"
    END = "end"
    RESET = "reset"


class ScriptedServer:
    """`received` has the number of requests that each connection brought, in the order in which they were made."""

    def __init__(self, script: Sequence[Sequence[Turn]], body: bytes) -> None:
        self.received: list[int] = []
        self._script = list(script)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._answer = head.encode() + body
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]

    @property
    def origin(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def start(self) -> None:
        """Takes connections, one for each line of the script; beyond those, any answers whatever is asked."""
        self._threads[0].start()

    def stop(self) -> None:
        """Closes whatever is open."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(GRACE_SECONDS)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                turns = self._script.pop(0) if self._script else [Turn.ANSWER] * 9
                self._open.append(connection)
                self.received.append(0)
                served = threading.Thread(
                    target=self._serve, args=(connection, turns, len(self.received) - 1)
                )
                self._threads.append(served)
                served.start()

    def _serve(self, connection: socket.socket, turns: Sequence[Turn], number: int) -> None:
        with connection, contextlib.suppress(OSError):
            for turn in turns:
                if not self._read_request(connection):
                    return
                self.received[number] += 1
                if turn is Turn.ANSWER:
                    connection.sendall(self._answer)
                elif turn is Turn.SILENCE:
                    connection.recv(1)
                elif turn is Turn.RESET:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    return
                else:
                    return

    def _read_request(self, connection: socket.socket) -> bool:
        """Whether a request came, whole; its bodies are short."""
        got = b""
        while b"\r\n\r\n" not in got:
            got += connection.recv(65536)
            if not got:
                return False
        head, _, rest = got.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        missing = int(lengths[0].partition(b":")[2]) - len(rest) if lengths else 0
        while missing > 0:
            missing -= len(connection.recv(65536))
        return True


@contextmanager
def scripted_server(*script: Sequence[Turn], body: bytes = b"{}") -> Iterator[ScriptedServer]:
    """A running server; each line of the script is a connection, each entry of a line a request over it."""
    server = ScriptedServer(script, body)
    server.start()
    try:
        yield server
    finally:
        server.stop()
