"""POST /v1/wanxiang waits a moment for what upstream says to an order, and no longer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event
from typing import Any

import boto3
import pytest

from tests.integration.documents import REFUSED, follows
from tests.support.gateway import Gateway
from tests.support.patience import PATIENCE
from tests.workflow.records import await_true, record, task_of
from tongyi import wiring
from tongyi.gateways.dashscope.client import DashScope
from tongyi.models.tasks.status import TaskStatus

HOUR = 3600


def slots_from(shared: Gateway, seconds: float) -> None:
    """Makes the next free slot that many seconds from now."""
    at = time.time_ns() // 1_000_000 + round(seconds * 1000)
    item: dict[str, Any] = {"pk": "SLOT#wanx-v1", "sk": "SLOT", "next_at": at}
    boto3.resource("dynamodb").Table(shared.names["Table"]).put_item(Item=item)


@pytest.fixture
def busy(shared: Gateway) -> Iterator[Gateway]:
    """A gateway whose next slot is an hour away: later than it waits for."""
    slots_from(shared, HOUR)
    yield shared
    slots_from(shared, 0)


@pytest.fixture
def brief(shared: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway that waits for half a second only."""
    monkeypatch.setenv("DISPATCH_WAIT_SECONDS", "0.5")
    wiring.submit_images.cache_clear()
    yield shared
    wiring.submit_images.cache_clear()


def test_submit_task_answers_400_where_upstream_refuses(shared: Gateway) -> None:
    reply = shared.submit({"prompt": "a cat #forbidden"})

    assert (reply.status, reply.body["code"]) == (400, "DataInspectionFailed")
    assert reply.headers["x-dashscope-status"] == "400"


def test_submit_task_answers_a_refusal_as_documented(shared: Gateway) -> None:
    """The document's example is of the one thing that no caller is refused for: the operator's key."""
    said = {"code": "DataInspectionFailed", "message": "Input data may contain inappropriate content."}

    assert follows(shared.submit({"prompt": "a cat #forbidden"}).body, {**REFUSED, **said})


def test_submit_task_answers_a_refusal_in_the_shape_of_all_errors(shared: Gateway) -> None:
    reply = shared.submit({"prompt": "a cat #forbidden"})

    assert set(reply.body) == {"code", "message", "suggestion", "request_id"}


def test_submit_task_sends_a_refused_order_once(shared: Gateway) -> None:
    shared.submit({"prompt": "a cat, once #forbidden"})

    assert len(shared.standin.ledger("submit", prompt_contains="a cat, once")) == 1


def test_submit_task_leaves_a_refused_order_failed(shared: Gateway) -> None:
    shared.submit({"prompt": "a failing cat #forbidden"})

    task_id = task_of(shared, "a failing cat")
    shared.wait_for(task_id)
    assert record(shared, task_id).status is TaskStatus.FAILED


def test_get_result_repeats_the_refusal_of_upstream(shared: Gateway) -> None:
    shared.submit({"prompt": "a repeated cat #forbidden"})
    task_id = task_of(shared, "a repeated cat")

    shown = shared.finished(task_id, shared.issue_key("alice"))

    assert (shown.status, shown.body["code"]) == (400, "DataInspectionFailed")
    assert shown.headers["x-dashscope-status"] == "400"


def test_submit_task_does_not_wait_for_a_slow_upstream(
    brief: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, submit = Event(), DashScope.submit

    def slowly(*order: Any) -> Any:
        """Upstream is asked once the reply is there."""
        assert told.wait(PATIENCE)
        return submit(*order)

    monkeypatch.setattr(DashScope, "submit", slowly)

    reply = brief.submit({"prompt": "a slow cat"})
    told.set()

    assert reply.body["output"]["task_status"] == "PENDING"
    await_true(lambda: len(brief.standin.ledger("submit", prompt_contains="a slow cat")) == 1, "the call")


def test_submit_task_does_not_wait_for_a_slot_that_is_far_off(busy: Gateway) -> None:
    begun = time.monotonic()
    reply = busy.submit({"prompt": "a patient cat"})

    assert time.monotonic() - begun < PATIENCE
    assert reply.body["output"]["task_status"] == "PENDING"
    assert busy.standin.ledger("submit", prompt_contains="a patient cat") == []


def test_submit_task_says_when_a_slot_that_is_far_off_will_come(busy: Gateway) -> None:
    reply = busy.submit({"prompt": "another patient cat"})

    assert HOUR - PATIENCE <= int(reply.headers["retry-after"]) <= HOUR + 10


def test_submit_task_refuses_to_join_a_line_that_is_too_long(shared: Gateway) -> None:
    slots_from(shared, 6 * HOUR + 1000)

    reply = shared.submit({"prompt": "a cat in a long line"})
    slots_from(shared, 0)

    assert (reply.status, reply.body["code"]) == (429, "Throttling.QueueFull")
    assert 1000 - PATIENCE <= int(reply.headers["retry-after"]) <= 1001
