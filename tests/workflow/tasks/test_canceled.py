"""A cancellation at every step of the workflow: one terminal status, nothing sent after it, and a sound end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.dialects import bearer, cancel, flat
from tests.integration.images.generating import RESPOND_ASYNC, calls, generate, new_prompt
from tests.support.gateway import Gateway
from tests.workflow.interference import Crash, Hold, Interference, interfere
from tests.workflow.records import record
from tests.workflow.tasks.scenarios import CHECK, CLOSE, DISPATCH, STORE
from tongyi.models.tasks.status import TaskStatus

# Where a task stands when it is canceled: a call of a function, and whether before or after its work.
Step = dict[str, Any]

IN_TIME: dict[str, Step] = {
    "before it is sent": {"function": DISPATCH},
    "after it was sent": {"function": DISPATCH, "after": True},
    "before a check": {"function": CHECK},
    "after a check": {"function": CHECK, "after": True},
    "after some checks": {"function": CHECK, "calls": (3,), "after": True},
}
TOO_LATE: dict[str, Step] = {
    "before the check": {"function": CHECK},
    "after the check": {"function": CHECK, "after": True},
    "before the copy": {"function": STORE},
    "after the copy": {"function": STORE, "after": True},
    "before the end": {"function": CLOSE},
    "after the end": {"function": CLOSE, "after": True},
}


@pytest.fixture(scope="module")
def ann(upstream: Gateway) -> dict[str, str]:
    """The header with a gateway key of ann's."""
    return bearer(upstream, "ann")


@pytest.fixture
def waiting(upstream: Gateway) -> Iterator[Gateway]:
    """The same, with an upstream that begins nothing."""
    upstream.standin.configure(pending_seconds=1000)
    yield upstream
    upstream.standin.configure(pending_seconds=0)


class Canceled:
    """What becomes of a task that is canceled at a step."""

    def __init__(
        self,
        running: Gateway,
        headers: dict[str, str],
        monkeypatch: pytest.MonkeyPatch,
        step: Step,
        *,
        model: str = "wanx-v1",
        prompt: str = "",
    ) -> None:
        prompt, hold = prompt or new_prompt(), Hold(**step)
        interfere(monkeypatch, running, {(step["function"], prompt): hold})
        task = generate(running, flat(model, prompt), {**headers, **RESPOND_ASYNC}).body["task_id"]
        hold.reached()
        self.reply = cancel(running, task, headers)
        before, sent = record(running, task), len(calls(running, prompt))
        hold.let_go()
        self.execution = running.wait_for(task)
        self.status = record(running, task).status
        # A status that ends a task is its last, and what was canceled is not sent any more.
        if before.ended:
            assert record(running, task).ended_at == before.ended_at
            assert self.status is before.status
            assert len(calls(running, prompt)) == sent
        self.sent = [call["status"] for call in calls(running, prompt)]


@pytest.mark.parametrize("step", IN_TIME.values(), ids=IN_TIME)
def test_cancel_comes_in_time(
    waiting: Gateway, ann: dict[str, str], monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    canceled = Canceled(waiting, ann, monkeypatch, step)

    assert (canceled.reply.status, canceled.status) == (200, TaskStatus.CANCELED)
    assert canceled.execution == "SUCCEEDED"
    assert canceled.sent == ([] if step == {"function": DISPATCH} else [200])


@pytest.mark.parametrize("step", TOO_LATE.values(), ids=TOO_LATE)
def test_cancel_comes_too_late(
    upstream: Gateway, ann: dict[str, str], monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    canceled = Canceled(upstream, ann, monkeypatch, step)

    assert (canceled.reply.status, canceled.reply.body["code"]) == (400, "UnsupportedOperation")
    assert (canceled.status, canceled.execution) == (TaskStatus.SUCCEEDED, "SUCCEEDED")
    assert canceled.sent == [200]


def test_cancel_of_a_synchronous_task_comes_in_time_before_its_call(
    upstream: Gateway, ann: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    canceled = Canceled(upstream, ann, monkeypatch, {"function": DISPATCH}, model="qwen-image-2.0")

    assert (canceled.reply.status, canceled.status) == (200, TaskStatus.CANCELED)
    assert (canceled.execution, canceled.sent) == ("SUCCEEDED", [])


@pytest.mark.parametrize(
    "step",
    [{"function": DISPATCH, "after": True}, {"function": STORE}, {"function": CLOSE}],
    ids=["after the call", "before the copy", "before the end"],
)
def test_cancel_of_a_synchronous_task_comes_too_late_after_its_call(
    upstream: Gateway, ann: dict[str, str], monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    canceled = Canceled(upstream, ann, monkeypatch, step, model="qwen-image-2.0")

    assert (canceled.reply.status, canceled.status) == (400, TaskStatus.SUCCEEDED)
    assert (canceled.execution, canceled.sent) == ("SUCCEEDED", [200])


@pytest.mark.parametrize("model", ["wanx-v1", "qwen-image-2.0"])
def test_cancel_ends_what_was_refused_for_now(
    waiting: Gateway, ann: dict[str, str], monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    prompt, step = f"{new_prompt()} #throttle", {"function": DISPATCH, "calls": (2,)}

    canceled = Canceled(waiting, ann, monkeypatch, step, model=model, prompt=prompt)

    assert (canceled.reply.status, canceled.status) == (200, TaskStatus.CANCELED)
    assert (canceled.execution, canceled.sent) == ("SUCCEEDED", [429])


def test_cancel_of_a_submission_that_is_lost_is_refused(
    upstream: Gateway, ann: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can tell whether it arrived: what is found later goes on."""
    prompt, step = f"{new_prompt()} #lost", {"function": DISPATCH, "calls": (2,)}

    canceled = Canceled(upstream, ann, monkeypatch, step, prompt=prompt)

    assert (canceled.reply.status, canceled.reply.body["code"]) == (400, "UnsupportedOperation")
    assert (canceled.status, canceled.execution) == (TaskStatus.SUCCEEDED, "SUCCEEDED")
    assert len(canceled.sent) == 1


@pytest.mark.parametrize("marker", ["#forbidden", "#fail"])
def test_cancel_between_a_failure_and_the_end_says_how_it_ends(
    upstream: Gateway, ann: dict[str, str], monkeypatch: pytest.MonkeyPatch, marker: str
) -> None:
    canceled = Canceled(upstream, ann, monkeypatch, {"function": CLOSE}, prompt=f"{new_prompt()} {marker}")

    ends = {200: TaskStatus.CANCELED, 400: TaskStatus.FAILED}
    assert (canceled.status, canceled.execution) == (ends[canceled.reply.status], "SUCCEEDED")
    assert len(canceled.sent) == 1


def test_cancel_ends_a_task_whose_end_cannot_be_written(
    waiting: Gateway, ann: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt, hold = new_prompt(), Hold(DISPATCH)
    faults: dict[tuple[str, str], Interference] = {(DISPATCH, prompt): hold, (CLOSE, prompt): Crash(CLOSE)}
    interfere(monkeypatch, waiting, faults)
    task = generate(waiting, flat("wanx-v1", prompt), {**ann, **RESPOND_ASYNC}).body["task_id"]
    hold.reached()

    reply = cancel(waiting, task, ann)
    hold.let_go()

    assert (reply.status, waiting.wait_for(task)) == (200, "FAILED")
    assert (record(waiting, task).status, calls(waiting, prompt)) == (TaskStatus.CANCELED, [])
