"""What a picture's host is asked, and how often it may send us on."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tongyi.errors import PictureRefused
from tongyi.gateways.outbound.image_source import PictureSource
from tongyi.models.images.hosts import PictureHosts

CONTENT = b"a picture"


class Host(ThreadingHTTPServer):
    """Sends whoever asks for /3 on to /2, and so on down to /0, where the picture is."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.asked: list[str] = []
        self.encodings: set[str | None] = set()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    server: Host

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.encodings.add(self.headers["Accept-Encoding"])
        left = int(self.path[1:])
        self.send_response(302 if left else 200)
        self.send_header("Content-Length", "0" if left else str(len(CONTENT)))
        if left:
            self.send_header("Location", f"/{left - 1}")
        self.end_headers()
        if not left:
            self.wfile.write(CONTENT)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as made:
        served = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        served.start()
        yield made
        made.shutdown()
        served.join()


def fetch(host: Host, path: str) -> bytes:
    written = io.BytesIO()
    PictureSource(PictureHosts((host.origin,))).fetch(f"{host.origin}{path}", written)
    return written.getvalue()


def test_three_redirects_are_followed(host: Host) -> None:
    assert fetch(host, "/3") == CONTENT
    assert host.asked == ["/3", "/2", "/1", "/0"]


def test_a_fourth_redirect_is_not_followed(host: Host) -> None:
    with pytest.raises(PictureRefused, match="too often"):
        fetch(host, "/4")
    assert host.asked == ["/4", "/3", "/2", "/1"]


def test_pictures_are_asked_for_uncompressed(host: Host) -> None:
    """Compressed, they would come without a length, and could swell to any size."""
    fetch(host, "/1")
    assert host.encodings == {"identity"}
