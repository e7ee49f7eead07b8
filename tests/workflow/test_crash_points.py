"""A task whose function is killed at any of its calls, with everything down from then on, is recovered.

The recording finds the calls, so one that is added is swept by itself. Those of DispatchJob are not among them: what a
kill there leaves depends on what DashScope's list tells, and when (test_dispatch_crashes).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress

import boto3
import pytest

from tests.support import functions
from tests.support.gateway import Gateway, gateway
from tests.workflow.crash_points import RECONCILE, SUBMIT, Killer, Point
from tests.workflow.interference import AT_ONCE, crowd, quicken
from tests.workflow.records import record
from tongyi.models.status import TaskStatus
from tongyi.models.workflow import WorkflowInput

SWEPT = (SUBMIT, "CheckJobFunction", "StoreImageFunction", "CloseTaskFunction", RECONCILE)
# More rounds than any task needs.
ROUNDS = 5
WHOLE, LEFT = "a task that is whole", "a task that was left behind"


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway for many tasks at once, which answers an order without a wait."""
    quicken(monkeypatch)
    crowd(monkeypatch)
    with gateway(monkeypatch, AT_ONCE) as made:
        monkeypatch.setenv("DISPATCH_WAIT_SECONDS", "0")
        plenty = {"requests": 1000, "running": 1000}
        made.standin.configure(limits={"wanx-v1": plenty, "query": {"requests": 1000}})
        yield made


def test_task_is_recovered_from_a_kill_at_any_call(
    crowded: Gateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    killer = Killer(crowded, monkeypatch)
    points = _record(crowded, killer)
    kills = [
        (f"{point.function} {point.number} {point.call} {after}", point, after)
        for point in points
        for after in (False, True)
    ]
    for prompt, point, after in kills:
        killer.choose(prompt, _left_behind(point), after=after)
        _submit(crowded, prompt)
    ids = _await_ends(crowded, [prompt for prompt, _, _ in kills])
    killer.mend()
    for prompt, point, after in kills:
        if point.function == RECONCILE:
            killer.choose(prompt, point, after=after)
            _reconcile(ids[prompt])
    killer.mend()

    lost = [fault for prompt, point, _ in kills if (fault := _fault(crowded, prompt, ids.get(prompt), point))]

    with capsys.disabled():
        print(f"\n{len(kills) - len(lost)} of {len(kills)} kills at {len(points)} calls were recovered from")
    assert {(prompt, point) for prompt, point, _ in kills} <= killer.killed
    assert lost == []


def _record(running: Gateway, killer: Killer) -> list[Point]:
    """The calls of a task that nothing happens to, and those of a look that finds one left behind."""
    for prompt in ("whatever is made once", WHOLE):
        _submit(running, prompt)
        _await_ends(running, [prompt])
    killer.choose(LEFT, _left_behind(Point(RECONCILE, 0, "")), after=False)
    _submit(running, LEFT)
    ids = _await_ends(running, [LEFT])
    killer.mend()
    _reconcile(ids[LEFT])
    _await_ends(running, [LEFT])
    whole = [point for point in killer.points[WHOLE] if point.function in SWEPT]
    return whole + [point for point in killer.points[LEFT] if point.function == RECONCILE]


def _left_behind(point: Point) -> Point:
    """Where to kill first: a look at a task is only made where there is one without an execution."""
    return Point("CheckJobFunction", 0, "GetItem") if point.function == RECONCILE else point


def _submit(running: Gateway, prompt: str) -> None:
    """Whatever comes of it: the function may be killed."""
    with suppress(RuntimeError):
        running.submit({"prompt": prompt})


def _ids(running: Gateway, prompts: list[str]) -> dict[str, str]:
    """The ids of those of the tasks that have a record, read at once."""
    items = boto3.resource("dynamodb").Table(running.names["Table"]).scan()["Items"]
    found = {
        json.loads(str(item["input"]))["prompt"]: str(item["task_id"]) for item in items if "input" in item
    }
    return {prompt: found[prompt] for prompt in prompts if prompt in found}


def _await_ends(running: Gateway, prompts: list[str]) -> dict[str, str]:
    """The ids of the tasks, once their executions are over."""
    ids = _ids(running, prompts)
    for task_id in ids.values():
        _await_execution(running, task_id)
    return ids


def _await_execution(running: Gateway, task_id: str) -> None:
    """Returns once the task's latest execution is over, if there is one."""
    name = WorkflowInput.of(record(running, task_id)).name
    executions = running.names["ImageTask"].replace(":stateMachine:", ":execution:")
    client = boto3.client("stepfunctions")
    try:
        client.describe_execution(executionArn=f"{executions}:{name}")
    except client.exceptions.ExecutionDoesNotExist:
        return
    running.wait_for_execution(f"{executions}:{name}")


def _reconcile(task_id: str) -> dict[str, int]:
    """What was found; nothing where the function was killed."""
    try:
        found: dict[str, int] = functions.invoke(RECONCILE, {"task_id": task_id})["found"]
    except RuntimeError:
        return {}
    return found


def _fault(running: Gateway, prompt: str, task_id: str | None, point: Point) -> str | None:
    """What is wrong with a task once nothing more is found to be done for it."""
    if task_id is None:
        # Nothing was taken, and nothing told to be.
        return None if point.function == SUBMIT else f"{prompt}: no record"
    for _ in range(ROUNDS):
        _await_execution(running, task_id)
        if _reconcile(task_id) == {"finished": 1}:
            break
    task = record(running, task_id)
    item = running.item(f"TASK#{task_id}", "TASK") or {}
    sent = sum(call["endpoint"] == "submit" for call in running.standin.ledger(prompt_contains=prompt))
    found = (task.status, task.announced, "unfinished" in item, sent)
    return None if found == (TaskStatus.SUCCEEDED, True, False, 1) else f"{prompt}: {found}"
