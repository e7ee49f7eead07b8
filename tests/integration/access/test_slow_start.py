"""Requests whose function was slow to start: each is answered before API Gateway gives up on it.

A cold start counts among the 29 s that API Gateway waits, and whom it then answers itself never learns the task's id.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.integration.dialects import IMAGES, MESSAGES, flat, spoken
from tests.integration.images.generating import RESPOND_ASYNC, generate, new_prompt, order
from tests.integration.tasks.canceling import await_jobs
from tests.support import api_gateway
from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway
from tests.workflow.records import task_of
from tongyi.clock import SystemClock
from tongyi.models.tasks.status import JobStatus
from tongyi.usecases.tasks.show_task import ShowTask

MODEL = "qwen-image-plus"
# How many seconds ago the request came, and how long it may wait then: 25 s at most, and 26.5 s in all.
AGES = {0: 25.0, 5: 21.5, 26: 0.5, 28: 0.0}
CHATS = {
    "/v1/tongyi": {"prompt": "hello"},
    "/v1/chat/completions": {"model": "qwen-plus", "messages": [{"role": "user", "content": "hello"}]},
    "/api/v1/services/aigc/text-generation/generation": {
        "model": "qwen-plus",
        "input": {"messages": [{"role": "user", "content": "hello"}]},
    },
}


class Start:
    """A function's clock, which stands still but for its sleeps; the workflow's own threads live by the real one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.age = 0
        self.slept = 0.0
        self._thread = threading.get_ident()
        self._at = SystemClock().now_ms()
        real_now, real_sleep = SystemClock.now_ms, SystemClock.sleep

        def now_ms(clock: SystemClock) -> int:
            return self._now_ms() if threading.get_ident() == self._thread else real_now(clock)

        def sleep(clock: SystemClock, seconds: float) -> None:
            if threading.get_ident() == self._thread:
                self.slept += seconds
            else:
                real_sleep(clock, seconds)

        monkeypatch.setattr(SystemClock, "now_ms", now_ms)
        monkeypatch.setattr(SystemClock, "sleep", sleep)
        # Its own waits, which last longer in other tests.
        monkeypatch.setattr(ShowTask, "wait", inspect.unwrap(ShowTask.wait))
        monkeypatch.setattr(api_gateway, "arrived_ms", lambda: self._now_ms() - self.age * 1000)

    def _now_ms(self) -> int:
        return self._at + round(self.slept * 1000)

    def waited(self, running: Gateway, *request: Any) -> tuple[Reply, float]:
        """The reply to a request, and how many seconds were slept for it."""
        before = self.slept
        return running.request(*request), round(self.slept - before, 3)


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """A start that can be made a slow one by its `age`, in seconds."""
    with monkeypatch.context() as patched:
        yield Start(patched)


def sent(slow: Gateway, headers: Mapping[str, str]) -> tuple[str, dict[str, str], str]:
    """A task that waits at DashScope, the headers that lead to it again, and its prompt."""
    prompt = new_prompt()
    again = {**headers, "Idempotency-Key": prompt}
    generate(slow, order(MODEL, prompt), {**again, **RESPOND_ASYNC})
    task = task_of(slow, prompt)
    await_jobs(slow, task, JobStatus.SUBMITTED)
    return task, again, prompt


def chats(slow: Gateway) -> int:
    """How many chats DashScope was sent."""
    return sum(len(slow.standin.ledger(kind)) for kind in ("chat", "compatible"))


@pytest.mark.parametrize(("age", "waits"), AGES.items())
def test_route_that_waits_answers_in_time(
    slow: Gateway, ann: dict[str, str], start: Start, age: int, waits: float
) -> None:
    task, again, prompt = sent(slow, ann)
    start.age = age
    routes: dict[str, tuple[int, str, str, Any]] = {
        "documented": (202, "POST", IMAGES, order(MODEL, prompt)),
        "openai": (303, "POST", IMAGES, flat(MODEL, prompt)),
        "openai, sent around": (303, "GET", f"{IMAGES}?task_id={task}&round=1", None),
        "message": (303, "POST", MESSAGES, spoken(MODEL, prompt)),
        "message, sent around": (303, "GET", f"{MESSAGES}?task_id={task}&round=1", None),
        "result": (200, "GET", f"/v1/wanxiang-results?task_id={task}&wait=25", None),
        "task": (200, "GET", f"/api/v1/tasks/{task}?wait=25", None),
    }

    found = {}
    for name, (_, method, target, body) in routes.items():
        reply, slept = start.waited(slow, method, target, body, again)
        found[name] = (reply.status, slept, task in reply.text + reply.headers.get("location", ""))

    assert found == {name: (status, waits, True) for name, (status, *_) in routes.items()}


def test_order_is_taken_at_the_limit_and_answered_at_once(
    slow: Gateway, ann: dict[str, str], start: Start
) -> None:
    prompt, start.age = new_prompt(), 28

    reply, slept = start.waited(slow, "POST", "/v1/wanxiang", {"prompt": prompt}, ann)

    assert (reply.status, slept, reply.body["output"]["task_id"]) == (200, 0, task_of(slow, prompt))
    await_jobs(slow, task_of(slow, prompt), JobStatus.SUBMITTED)


def test_chat_that_could_not_be_answered_in_time_is_not_sent(
    slow: Gateway, ann: dict[str, str], start: Start
) -> None:
    start.age, before = 22, chats(slow)

    replies = {target: slow.request("POST", target, body, ann) for target, body in CHATS.items()}

    said = {
        target: (reply.status, reply.headers["x-should-retry"], reply.headers["retry-after"])
        for target, reply in replies.items()
    }
    assert said == dict.fromkeys(CHATS, (503, "true", "1"))
    assert chats(slow) == before


def test_call_to_dashscope_that_could_not_end_in_time_is_not_made(
    slow: Gateway, ann: dict[str, str], start: Start
) -> None:
    task, _, _ = sent(slow, ann)
    start.age = 26
    calls = {
        "cancel": ("POST", f"/api/v1/tasks/{task}/cancel"),
        "upload_policy": ("GET", "/api/v1/uploads?action=getPolicy&model=wanx-v1"),
    }
    before = {kind: len(slow.standin.ledger(kind)) for kind in calls}

    replies = [slow.request(*call, headers=ann) for call in calls.values()]

    assert [(reply.status, reply.body["code"], reply.headers["x-should-retry"]) for reply in replies] == [
        (503, "ServiceUnavailable", "true")
    ] * 2
    assert {kind: len(slow.standin.ledger(kind)) for kind in calls} == before
