"""Upstream answers that are no HTTP, or hardly: the gateway still answers, in time and in its own shape."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import ClassVar

import pytest
import requests
from urllib3.exceptions import ReadTimeoutError

from tests.integration.workflow.raw_server import rogue
from tests.support import functions
from tests.support.gateway import Gateway
from tests.support.patience import PATIENCE
from tests.workflow.records import create_task, job_of
from tongyi import wiring
from tongyi.clock import Deadline
from tongyi.gateways.dashscope import connection as dashscope_connection
from tongyi.gateways.http_client import BodyTooSlow, new_session, read_body, reply
from tongyi.models.tasks.records import JobRecord
from tongyi.models.tasks.status import JobStatus
from tongyi.usecases import chat as chat_module

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ANSWERS = {
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Type: appl",
    "length that is no number": OK + b"Content-Length: many\r\n\r\n{}",
    "negative length": OK + b"Content-Length: -5\r\n\r\n{}",
    "two lengths": OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "broken chunks": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "broken compression": OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    "too many headers": b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 200 + b"\r\n{}",
    "no UTF-8": OK + b"Content-Length: 4\r\n\r\n\xff\xfe{}",
    "deep nesting": OK + b"Content-Length: 100000\r\n\r\n" + b"[" * 100_000,
}
answers = pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)


@pytest.fixture
def upstream_at(shared: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Points the gateway at another upstream, for one test."""

    def point(origin: str) -> None:
        monkeypatch.setenv("DASHSCOPE_BASE_URL", origin)
        wiring.reset()

    yield point
    wiring.reset()


@answers
def test_chat_answers_in_its_own_shape_to(
    shared: Gateway, upstream_at: Callable[[str], None], answer: bytes
) -> None:
    with rogue([answer]) as origin:
        upstream_at(origin)
        reply = shared.request("POST", "/v1/tongyi", {"prompt": "hello"})

    assert (reply.status, reply.body["code"]) == (504, "UpstreamAmbiguous")


@answers
def test_check_job_takes_for_still_at_work(
    shared: Gateway, upstream_at: Callable[[str], None], answer: bytes
) -> None:
    job = JobRecord(n=1, status=JobStatus.SUBMITTED, upstream_task_id="u", sent_at=int(time.time() * 1000))
    task_id = create_task(shared, job)
    with rogue([answer]) as origin:
        upstream_at(origin)
        step = functions.invoke("CheckJobFunction", {"task_id": task_id, "job": 0})

    assert step["next"] == "check"
    assert job_of(shared, task_id).status is JobStatus.SUBMITTED


def test_chat_that_cannot_reach_upstream_answers_503(
    shared: Gateway, upstream_at: Callable[[str], None]
) -> None:
    # Nobody listens at port 1.
    upstream_at("http://127.0.0.1:1")

    reply = shared.request("POST", "/v1/tongyi", {"prompt": "hello"})

    assert (reply.status, reply.body["code"]) == (503, "UpstreamUnreachable")


def test_chat_cuts_an_endless_answer_off(
    shared: Gateway, upstream_at: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashscope_connection, "MAX_REPLY_BYTES", 1000)
    with rogue(
        [OK + b"\r\n", b" " * 2000, b'{"output": {"choices": [{"message": {"content": "x"}}]}}']
    ) as origin:
        upstream_at(origin)
        reply = shared.request("POST", "/v1/tongyi", {"prompt": "hello"})

    assert (reply.status, reply.body["code"]) == (504, "UpstreamAmbiguous")


def test_chat_cuts_off_an_upstream_that_drips_its_head(
    shared: Gateway, upstream_at: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_module, "CHAT_SECONDS", 1)
    begun = time.monotonic()
    with rogue([b"HTTP/1.1 200 OK\r\nX-A: ", *[b"b"] * 60_000], interval=0.25) as origin:
        upstream_at(origin)
        reply = shared.request("POST", "/v1/tongyi", {"prompt": "hello"})

    # The head takes four hours.
    assert (reply.status, reply.body["code"]) == (504, "UpstreamAmbiguous")
    assert time.monotonic() - begun < PATIENCE


class Nearing(Deadline):
    """Far off when a call chooses how long to wait for bytes, and near from then on, as if the head had come late."""

    far: ClassVar[list[float]]

    @property
    def left(self) -> float:
        return self.far.pop() if self.far else super().left


@pytest.mark.parametrize("length", [b"Content-Length: 100\r\n", b"Transfer-Encoding: chunked\r\n", b""])
def test_body_that_stalls_is_cut_off_at_the_deadline(length: bytes) -> None:
    """And not only when the wait for its next bytes is over. On a slow machine, its head may be cut off already."""
    Nearing.far = [PATIENCE]
    deadline = Nearing.after(0.3)
    with (
        rogue([OK + length + b"\r\n"], interval=PATIENCE) as origin,
        pytest.raises((BodyTooSlow, requests.ConnectionError)) as caught,
        new_session() as session,
        reply(session, "GET", origin, deadline, PATIENCE) as response,
    ):
        read_body(response, deadline, 1000)

    assert not isinstance(caught.value.__cause__, ReadTimeoutError)
