"""A task whose function is killed, or fails, at any of its calls is recovered. So is one where that happens twice.

The recording finds the calls, so one that is added is swept by itself. After a kill everything is down until all that
runs has ended: what is left has to be found by `reconcile`. Time is the stand-in's, and moves on as soon as nothing is
at work.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress

import boto3
import pytest

from tests.integration.time_lapse import TimeLapse
from tests.support import functions
from tests.support.gateway import Gateway, gateway
from tests.workflow.crashes.crash_points import DISPATCH, RECONCILE, STEPS, SUBMIT, Hit, Killer, Point
from tests.workflow.interference import crowd, paint_small, quicken
from tests.workflow.records import record
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.workflow.payloads import WorkflowInput

# Its query tells the prompts: what was lost can be told apart.
MODEL = "qwen-image-plus"
WHOLE = "a task that is whole"
# Where a task is left behind for `reconcile` to be hit.
LEFT = (Point("CheckJobFunction", 0, "GetItem"), Hit.KILLED_BEFORE)
# More rounds than any task needs.
ROUNDS = 8
# With SWEEP=all each call is hit in all ways, and all pairs come about. Else some of the pairs, always the same, and
# failures only in dispatch: elsewhere what fails leaves no more behind than what is killed there.
ALL = os.environ.get("SWEEP") == "all"
KILLS = (Hit.KILLED_BEFORE, Hit.KILLED_AFTER)
FIRSTS, PAIRS = 6, 12
# From one task to the next: DashScope's list then shows no other.
APART = 60

Blow = tuple[Point, Hit]


class Sweep:
    """Sees one task after the other through, each with its interruptions."""

    def __init__(self, running: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
        self._running = running
        self.killer = Killer(running, monkeypatch)
        self._time = TimeLapse(running, monkeypatch)
        self._table = boto3.resource("dynamodb").Table(running.names["Table"])
        self._workflow = boto3.client("stepfunctions")

    def run(self, prompt: str, blows: Sequence[Blow] = ()) -> str | None:
        """What is wrong with the task of that prompt in the end. An interruption is chosen when the last has come."""
        for blow in blows[:1]:
            self.killer.choose(prompt, *blow)
        with suppress(RuntimeError):
            self._running.submit({"prompt": prompt, "model": MODEL})
        task_id = self._task_of(prompt)
        if task_id is None:
            return None if blows and blows[0][0].function == SUBMIT else "no record"
        self._see_through(prompt, task_id, blows[1:])
        fault = self._fault(prompt, task_id)
        self._time.leap(APART)
        if fault or self.killer.hit[prompt] == [point for point, _ in blows]:
            return fault
        return f"only {self.killer.hit[prompt]} came about in {self.killer.points[prompt]}"

    def _see_through(self, prompt: str, task_id: str, blows: Sequence[Blow]) -> None:
        left = list(blows)
        for _ in range(ROUNDS):
            self._await_execution(task_id)
            self.killer.mend()
            if left:
                self.killer.choose(prompt, *left.pop(0))
            # It may be hit too.
            with suppress(Exception):
                if functions.invoke(RECONCILE, {"task_id": task_id})["found"] == {"finished": 1}:
                    return

    def _fault(self, prompt: str, task_id: str) -> str | None:
        task = record(self._running, task_id)
        item = self._running.item(f"TASK#{task_id}", "TASK") or {}
        sent = sum(
            call["endpoint"] == "submit" for call in self._running.standin.ledger(prompt_contains=prompt)
        )
        stored = [image.status for image in task.images.values()]
        found = (task.status, task.announced, "unfinished" in item, sent, stored)
        return None if found == (TaskStatus.SUCCEEDED, True, False, 1, ["STORED"]) else str(found)

    def _task_of(self, prompt: str) -> str | None:
        """The task's id; those of earlier ones are forgotten, so that the table stays small."""
        found = None
        for item in self._table.scan()["Items"]:
            if "input" not in item:
                continue
            if json.loads(str(item["input"]))["prompt"] == prompt:
                found = str(item["task_id"])
            else:
                self._table.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})
        return found

    def _await_execution(self, task_id: str) -> None:
        """Returns once the task's latest execution is over, if there is one."""
        name = WorkflowInput.of(record(self._running, task_id)).name
        executions = self._running.names["ImageTask"].replace(":stateMachine:", ":execution:")
        with suppress(self._workflow.exceptions.ExecutionDoesNotExist):
            self._time.until(lambda: self._status(f"{executions}:{name}") != "RUNNING", "the execution's end")

    def _status(self, execution: str) -> str:
        return str(self._workflow.describe_execution(executionArn=execution)["status"])


@pytest.fixture
def sweep(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sweep]:
    """A gateway for many tasks, one after the other, which answers an order without a wait."""
    quicken(monkeypatch)
    crowd(monkeypatch)
    paint_small(monkeypatch)
    with gateway(monkeypatch) as made:
        monkeypatch.setenv("DISPATCH_WAIT_SECONDS", "0")
        yield Sweep(made, monkeypatch)


def test_task_is_recovered_from_an_interruption_at_any_call(
    sweep: Sweep, capsys: pytest.CaptureFixture[str]
) -> None:
    points = _record(sweep)
    cases = [[(point, hit)] for point in points for hit in _hits(point)]

    faults = _run_all(sweep, [_after(blows) for blows in cases])

    _print(capsys, len(cases), faults, f"interruptions at {len(points)} calls")
    assert {point.function for point in points} == {SUBMIT, *STEPS, RECONCILE}
    assert faults == {}


def test_task_is_recovered_from_two_interruptions_of_its_dispatch(
    sweep: Sweep, capsys: pytest.CaptureFixture[str]
) -> None:
    firsts = [[(point, hit)] for point in _record(sweep) for hit in KILLS if point.function == DISPATCH]
    firsts = firsts if ALL else random.Random(0).sample(firsts, FIRSTS)
    assert _run_all(sweep, firsts) == {}
    pairs = [[*first, second] for first in firsts for second in _following(sweep, first)]
    cases = pairs if ALL else random.Random(0).sample(pairs, PAIRS)

    faults = _run_all(sweep, cases)

    _print(
        capsys, len(cases), faults, f"pairs of interruptions, of {len(pairs)} that begin with {len(firsts)}"
    )
    assert faults == {}


def _record(sweep: Sweep) -> list[Point]:
    """The calls of a task that nothing happens to, and those of a look that finds one left behind."""
    # What is made once is made for another.
    assert sweep.run("the first task") is None
    assert sweep.run(WHOLE) is None
    whole = [point for point in sweep.killer.points[WHOLE] if point.function != RECONCILE]
    assert sweep.run("a task that was left behind", [LEFT]) is None
    left = sweep.killer.points["a task that was left behind"]
    return whole + [point for point in left if point.function == RECONCILE]


def _hits(point: Point) -> tuple[Hit, ...]:
    return tuple(Hit) if ALL or point.function == DISPATCH else KILLS


def _after(blows: list[Blow]) -> list[Blow]:
    """A look at a task is only made where there is one without an execution."""
    return [LEFT, *blows] if blows[0][0].function == RECONCILE else blows


def _following(sweep: Sweep, first: list[Blow]) -> list[Blow]:
    """A hit at each call of the dispatches that follow a first one."""
    ((point, _),) = first
    calls = [found for found in sweep.killer.points[_named(first)] if found.function == DISPATCH]
    return [(later, hit) for later in calls[calls.index(point) + 1 :] for hit in Hit]


def _run_all(sweep: Sweep, cases: Sequence[list[Blow]]) -> dict[str, str]:
    return {_named(blows): fault for blows in cases if (fault := sweep.run(_named(blows), blows))}


def _named(blows: Sequence[Blow]) -> str:
    """The prompt of the task that this happens to."""
    return ", then ".join(f"{hit} {point}" for point, hit in blows)


def _print(capsys: pytest.CaptureFixture[str], cases: int, faults: dict[str, str], what: str) -> None:
    with capsys.disabled():
        print(f"\n{cases - len(faults)} of {cases} tasks were recovered from {what}")
