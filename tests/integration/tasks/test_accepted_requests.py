"""An order that is on record is answered with its task, whatever fails after that."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from tests.integration.dialects import IMAGES, bearer, flat
from tests.support import functions
from tests.support.gateway import Gateway
from tests.workflow.records import record, tasks_of
from tongyi.errors import StartUnanswered
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.gateways.workflow import Workflow
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.workflow.payloads import Start

ROUTES: dict[str, tuple[str, Callable[[str], Any]]] = {
    "gateway": ("/v1/wanxiang", lambda prompt: {"prompt": prompt}),
    "images": (IMAGES, lambda prompt: flat("wanx-v1", prompt)),
}


def _fail(*_: Any) -> Any:
    raise RuntimeError("DynamoDB has a fault")


def _unmarked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TaskTable, "mark_started", _fail)


def _unreadable(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TaskTable, "get", _fail)


def _unanswered(patch: pytest.MonkeyPatch) -> None:
    start = Workflow.start

    def lose_the_answer(workflow: Workflow, given: Start) -> None:
        start(workflow, given)
        raise StartUnanswered("Who knows.")

    patch.setattr(Workflow, "start", lose_the_answer)


FAULTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the mark of the start fails": _unmarked,
    "no read comes through": _unreadable,
    "the start is not answered": _unanswered,
}


def test_order_is_answered_with_its_task_whatever_fails_after_itsrecord(running: Gateway, key: str) -> None:
    wrong, found = [], {}
    for (fault, fail), (name, (target, body)) in product(FAULTS.items(), ROUTES.items()):
        prompt = f"{fault}, {name}"
        with pytest.MonkeyPatch.context() as patch:
            fail(patch)
            headers = {**bearer(running, "alice"), "Prefer": "wait=0"}
            reply = running.request("POST", target, body(prompt), headers)
        found[prompt] = tasks_of(running, [prompt])[prompt]
        if reply.status not in (200, 202) or found[prompt] not in reply.text:
            wrong.append((prompt, reply.status, reply.text))
    assert wrong == []
    ended = {prompt: running.wait_for(task_id) for prompt, task_id in found.items()}
    assert set(ended.values()) == {"SUCCEEDED"}
    assert len(running.submissions()) == len(found)


def test_order_that_was_cut_off_before_its_start_is_started_by_reconcile(
    running: Gateway,
) -> None:
    """The function was gone: neither the caller nor anybody else knows of the record."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Workflow, "start", _fail)
        assert running.submit({"prompt": "a cat"}).status == 500
    task_id = tasks_of(running, ["a cat"])["a cat"]
    assert record(running, task_id).status is TaskStatus.PENDING

    assert functions.invoke("ReconcileFunction", {"task_id": task_id})["found"] == {"started": 1}

    assert running.wait_for(task_id) == "SUCCEEDED"
    assert record(running, task_id).status is TaskStatus.SUCCEEDED
    assert len(running.submissions()) == 1
