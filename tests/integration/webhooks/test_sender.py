"""One attempt at a webhook over real sockets: where it goes, how long it takes, and what is made of the answer."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.integration.certificates import Authority
from tests.support.receiver import Answer, Receiver, drip, flood, hang_up, stay_silent
from tongyi.clock import SystemClock
from tongyi.gateways.outbound import webhook_sender
from tongyi.gateways.outbound.webhook_sender import Sent, WebhookSender
from tongyi.models.addresses import is_public_text
from tongyi.models.webhooks.callback_url import CallbackRules
from tongyi.models.webhooks.delivery import AttemptError

LOCAL = "127.0.0.1"
HOST = "hooks.example"
BODY = b'{"type":"image.task.succeeded"}'
HEADERS = {"webhook-id": "msg_1", "Content-Type": "application/json", "User-Agent": "tongyi-gateway"}
# Seconds that an attempt gets where it is to run out of them, and where it is not.
SHORT, LONG = 0.5, 60


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """Answers to look-ups of names, one after the other; the last stays. Addresses are looked up as ever."""
    answers: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host not in answers:
            return real(host, port, *args, **options)
        found = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        kinds = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(kinds[":" in one], socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return answers


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes this machine for a public address."""
    monkeypatch.setattr(webhook_sender, "is_public_text", lambda text: text == LOCAL or is_public_text(text))


def post(url: str, *origins: str, seconds: float = LONG) -> Sent:
    return WebhookSender(CallbackRules(origins), SystemClock(), seconds).post(url, BODY, HEADERS)


def outcome(sent: Sent) -> tuple[int | None, AttemptError | None]:
    return sent.status_code, sent.error


def local(hooks: Receiver) -> str:
    """The receiver's origin, as an operator names it."""
    return f"http://{LOCAL}"


def test_webhook_is_posted_as_it_is(hooks: Receiver) -> None:
    assert outcome(post(f"{hooks.url}?key=a%20b", local(hooks))) == (204, None)

    [came] = hooks.came
    assert (came.method, came.path, came.body) == ("POST", "/hooks?key=a%20b", BODY)
    assert came.headers["host"] == hooks.url.split("/")[2]
    assert {name.lower(): value for name, value in HEADERS.items()}.items() <= came.headers.items()
    assert "cookie" not in came.headers
    assert "authorization" not in came.headers


def test_no_proxy_and_no_password_of_the_environment_is_used(
    hooks: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text(f"machine {LOCAL} login ann password s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://{LOCAL}:9")

    assert outcome(post(hooks.url, local(hooks))) == (204, None)
    assert "authorization" not in hooks.came[0].headers


@pytest.mark.parametrize("status", [200, 201, 299, 300, 302, 400, 410, 429, 500, 503])
def test_status_is_told(hooks: Receiver, status: int) -> None:
    hooks.expect(Answer(status, {"Location": hooks.url + "/elsewhere"}, b"whatever"))

    sent = post(hooks.url, local(hooks))

    assert outcome(sent) == (status, None)
    assert sent.duration_ms >= 0
    assert len(hooks.came) == 1


@pytest.mark.parametrize(
    "location", ["http://[", "http://a b:x/", "//", "\x00", "http://127.0.0.1:1/" + "x" * 9000]
)
def test_malformed_redirect_is_just_a_status(hooks: Receiver, location: str) -> None:
    hooks.expect(Answer(307, {"Location": location}))

    assert outcome(post(hooks.url, local(hooks))) == (307, None)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n"])
def test_body_without_an_end_is_not_read(hooks: Receiver, head: bytes) -> None:
    hooks.expect(Answer(act=flood(head)))

    assert post(hooks.url, local(hooks)).status_code == int(head.split()[1])


@pytest.mark.parametrize(
    "first", [b"", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 "]
)
def test_head_that_never_ends_is_cut_off(hooks: Receiver, first: bytes) -> None:
    hooks.expect(Answer(act=drip(hooks.over, first)))

    sent = post(hooks.url, local(hooks), seconds=SHORT)

    assert outcome(sent) == (None, AttemptError.TIMEOUT)
    assert sent.duration_ms >= SHORT * 1000


def test_body_that_never_ends_does_not_undo_its_status(hooks: Receiver) -> None:
    hooks.expect(Answer(act=drip(hooks.over, b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")))

    assert outcome(post(hooks.url, local(hooks))) == (200, None)


def test_receiver_that_says_nothing_is_cut_off(hooks: Receiver) -> None:
    hooks.expect(Answer(act=stay_silent(hooks.over)))

    assert outcome(post(hooks.url, local(hooks), seconds=SHORT)) == (None, AttemptError.TIMEOUT)


def test_receiver_that_hangs_up_is_told(hooks: Receiver) -> None:
    hooks.expect(Answer(act=hang_up))

    assert outcome(post(hooks.url, local(hooks))) == (None, AttemptError.CONNECTION_FAILED)


def test_answer_that_is_no_http_is_told(hooks: Receiver) -> None:
    hooks.expect(Answer(act=lambda handler: handler.connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")))

    assert outcome(post(hooks.url, local(hooks))) == (None, AttemptError.CONNECTION_FAILED)


def test_receiver_that_is_not_there_is_told() -> None:
    with socket.socket() as taken:
        taken.bind((LOCAL, 0))
        url = f"http://{LOCAL}:{taken.getsockname()[1]}/hooks"
        assert outcome(post(url, f"http://{LOCAL}")) == (None, AttemptError.CONNECTION_FAILED)


def test_link_that_is_not_allowed_any_more_is_not_called(hooks: Receiver) -> None:
    """The operator may have changed the setting since the order."""
    assert outcome(post(hooks.url)) == (None, AttemptError.URL_NOT_ALLOWED)
    assert hooks.came == []


@pytest.mark.parametrize(
    "addresses",
    [
        [LOCAL],
        ["8.8.8.8", LOCAL],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["2606:4700:4700::1111", "fd00::1"],
        ["fe80::1%eth0"],
        ["64:ff9b::7f00:1"],
    ],
)
def test_name_that_leads_to_a_private_address_is_not_called(
    resolver: dict[str, list[list[str]]], monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    connected: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: connected.append(address))
    resolver[HOST] = [addresses]

    assert outcome(post(f"https://{HOST}/hooks")) == (None, AttemptError.PRIVATE_ADDRESS)
    assert connected == []


def test_name_that_leads_nowhere_is_told(resolver: dict[str, list[list[str]]]) -> None:
    resolver[HOST] = [[]]

    assert outcome(post(f"https://{HOST}/hooks")) == (None, AttemptError.HOST_NOT_FOUND)


class Tls:
    """Receivers of a test's own authority, which the gateway trusts."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.authority = Authority(directory)
        monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(self.authority.bundle))
        self.names: list[str | None] = []

    def serve(self, hooks: Receiver, host: str = HOST) -> str:
        """Has the receiver speak TLS as that host; its link, under the name `HOST`."""
        context = self.authority.server(host)
        context.sni_callback = lambda _, name, __: self.names.append(name)
        hooks.encrypt(context)
        return f"https://{HOST}:{hooks.port}/hooks"


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tls:
    return Tls(tmp_path, monkeypatch)


def test_call_goes_to_the_address_that_was_looked_at(
    hooks: Receiver, tls: Tls, resolver: dict[str, list[list[str]]], public: None
) -> None:
    """A name that leads elsewhere the next time it is looked up: it is not, and TLS knows the host by its name."""
    url = tls.serve(hooks)
    resolver[HOST] = [[LOCAL], ["10.0.0.1"]]

    assert outcome(post(url)) == (204, None)

    assert resolver[HOST] == [["10.0.0.1"]]
    assert tls.names == [HOST]
    assert hooks.came[0].headers["host"] == f"{HOST}:{hooks.port}"


def test_call_goes_on_to_the_next_address_where_one_is_dead(
    hooks: Receiver, tls: Tls, resolver: dict[str, list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = tls.serve(hooks)
    # Nothing listens there: this machine's other loopback addresses.
    resolver[HOST] = [["127.0.0.2", "127.0.0.3", LOCAL]]
    monkeypatch.setattr(webhook_sender, "is_public_text", lambda _: True)

    assert outcome(post(url)) == (204, None)


def test_host_that_is_not_the_one_named_gets_nothing(
    hooks: Receiver, tls: Tls, resolver: dict[str, list[list[str]]], public: None
) -> None:
    url = tls.serve(hooks, "other.example")
    resolver[HOST] = [[LOCAL]]

    assert outcome(post(url)) == (None, AttemptError.TLS_FAILED)
    assert hooks.came == []


def test_host_that_nobody_vouches_for_gets_nothing(
    hooks: Receiver,
    tls: Tls,
    resolver: dict[str, list[list[str]]],
    public: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = tls.serve(hooks)
    (tmp_path / "others").mkdir()
    others = Authority(tmp_path / "others")
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(others.bundle))
    resolver[HOST] = [[LOCAL]]

    assert outcome(post(url)) == (None, AttemptError.TLS_FAILED)
    assert hooks.came == []


def test_plain_receiver_behind_https_is_told(
    hooks: Receiver, resolver: dict[str, list[list[str]]], public: None
) -> None:
    resolver[HOST] = [[LOCAL]]

    sent = post(f"https://{HOST}:{hooks.port}/hooks")

    assert outcome(sent) in [(None, AttemptError.TLS_FAILED), (None, AttemptError.CONNECTION_FAILED)]
    assert hooks.came == []


def test_handshake_that_never_ends_is_cut_off(resolver: dict[str, list[list[str]]], public: None) -> None:
    """Whoever takes the connection and then says nothing."""
    resolver[HOST] = [[LOCAL]]
    with socket.create_server((LOCAL, 0)) as silent:
        sent = post(f"https://{HOST}:{silent.getsockname()[1]}/hooks", seconds=SHORT)

    assert outcome(sent) == (None, AttemptError.TIMEOUT)
