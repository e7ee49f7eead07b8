"""Models that answer with the pictures: functions that are gone in the middle of the one call, and come again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.images.generating import RESPOND_ASYNC, calls, generate, new_prompt, order, task_id
from tests.support import functions
from tests.support.gateway import Gateway
from tests.workflow.records import await_true, job_of, record
from tongyi.gateways.dashscope.client import DashScope
from tongyi.models.tasks.status import JobStatus
from tongyi.models.workflow.payloads import JobStep, Next
from tongyi.usecases.workflow import dispatch_job
from tongyi.usecases.workflow.dispatch_job import DispatchJob

MODEL = "qwen-image-max"


class Crash:
    """A function that is gone in the middle of its first call, before or after the call was made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, after: bool) -> None:
        self._after = after
        self._real = DashScope.generate
        self.times = 0
        monkeypatch.setattr(DashScope, "generate", lambda *call: self._generate(*call))

    def _generate(self, *call: Any) -> Any:
        self.times += 1
        if self._after:
            self._real(*call)
        raise RuntimeError("the function crashed")


@pytest.mark.parametrize("after", [False, True], ids=["before its call", "after its call"])
def test_dispatch_job_gives_up_after_a_crash_in_the_middle(
    upstream: Gateway, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    monkeypatch.setattr(dispatch_job, "CALL_MS", 1_500)
    crash = Crash(monkeypatch, after=after)
    prompt = new_prompt()

    reply = generate(upstream, order(MODEL, prompt))

    assert (reply.status, reply.body["code"]) == (400, "SubmissionLost")
    assert (crash.times, len(calls(upstream, prompt))) == (1, int(after))


def test_dispatch_job_waits_while_a_call_may_be_under_way(
    upstream: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash = Crash(monkeypatch, after=False)
    looks: list[JobStep] = []
    begun = DispatchJob._begun

    def noted(*given: Any) -> JobStep:
        looks.append(begun(*given))
        return looks[-1]

    monkeypatch.setattr(DispatchJob, "_begun", noted)

    reply = generate(upstream, order(MODEL, new_prompt()), RESPOND_ASYNC)
    await_true(lambda: bool(looks), "another call of the function")

    assert (crash.times, looks[0].next) == (1, Next.WAIT)
    assert job_of(upstream, task_id(reply)).status is JobStatus.DISPATCHING


def test_dispatch_job_that_is_invoked_again_after_its_end_goes_on_to_the_pictures(upstream: Gateway) -> None:
    prompt = new_prompt()
    found = task_id(generate(upstream, order("qwen-image-2.0", prompt, n=2)))

    step = functions.invoke("DispatchJobFunction", {"task_id": found, "job": 0})

    # All its pictures are stored, or it would name those that are not.
    assert (step["next"], step["images"]) == ("store", [])
    assert len(calls(upstream, prompt)) == 1


def test_dispatch_job_crashing_for_good_sends_nothing_and_leaves_the_task_open(
    upstream: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(self: DashScope) -> None:
        raise RuntimeError("the function crashed")

    monkeypatch.setattr(DashScope, "prepare", crash)
    prompt = new_prompt()

    reply = generate(upstream, order(MODEL, prompt), RESPOND_ASYNC)
    upstream.wait_for(task_id(reply))

    assert calls(upstream, prompt) == []
    assert not record(upstream, task_id(reply)).ended
