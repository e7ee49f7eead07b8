"""Orders in a storm of faults, whose callers never ask again; held against what DashScope says that it made.

Time is the stand-in's, and moves on as soon as nothing is at work. Which faults meet which order is drawn from a seed.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import boto3
import pytest

from tests.integration.images.generating import RESPOND_ASYNC, generate, order
from tests.integration.time_lapse import TimeLapse
from tests.support import functions
from tests.support.gateway import Gateway, gateway
from tests.workflow.interference import Crash, crowd, interfere, paint_small, quicken_retries
from tongyi.gateways.dynamodb.task_table import read_task
from tongyi.models.images import catalog
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.tasks.status import TaskStatus

# A small storm, always the same; or as many large ones as are asked for.
STORMS = os.environ.get("STORMS")
ORDERS = 60 if STORMS else 12
RECONCILE_SECONDS = 300
MORE_THAN_RETRIES = 4
MODELS = ("wanx-v1", "qwen-image-plus", "qwen-image-plus", "qwen-image-plus", "qwen-image-2.0")
# Of submissions: those that take the answer away, and those that leave no doubt.
LOSSES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("drop", {"after": True}),
    ("drop", {}),
    ("status", {"status": 504, "after": True}),
    ("garbage", {}),
)
REFUSALS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("status", {"status": 429, "code": "Throttling.RateQuota"}),
    ("status", {"status": 503, "code": "ModelUnavailable"}),
)
OTHERS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("query", "status", {"status": 500, "times": 3}),
    ("query", "drop", {"times": 2}),
    ("query", "body", {"json": {"request_id": "r", "output": {"task_status": "UNKNOWN"}}, "times": 2}),
    ("query", "body", {"json": {"request_id": "r", "output": {"task_status": "SUCCEEDED"}}, "times": 2}),
    ("picture", "status", {"status": 503, "times": 3}),
    ("picture", "truncate", {"times": 2}),
)
CRASHING = ("DispatchJobFunction", "CheckJobFunction", "StoreImageFunction", "CloseTaskFunction")


class Storm:
    """Orders by their prompts, and what was drawn for each."""

    def __init__(self, running: Gateway, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
        self._running, self._draw = running, random.Random(seed)
        self.prompts = [f"a cat in storm {number:03}" for number in range(ORDERS)]
        self.keys = [running.issue_key(name) for name in ("alice", "bob")]
        self.doubtful: set[str] = set()
        interfere(monkeypatch, running, self._crashes())

    def _crashes(self) -> dict[tuple[str, str], Crash]:
        """One is retried by the state machine; after more than it retries, the execution is over."""
        hit = [prompt for prompt in self.prompts if self._draw.random() < 0.3]
        self.doubtful |= set(hit)
        drawn = {
            (self._draw.choice(CRASHING), prompt): self._draw.choice((1, MORE_THAN_RETRIES)) for prompt in hit
        }
        return {(function, prompt): Crash(function, times) for (function, prompt), times in drawn.items()}

    def break_out(self) -> None:
        """Sends all orders, each with its faults."""
        for prompt in self.prompts:
            self._trouble(prompt)
            body = order(self._draw.choice(MODELS), prompt, n=self._draw.choice((1, 1, 2)))
            key = self._draw.choice(self.keys)
            generate(self._running, body, {**RESPOND_ASYNC, "Authorization": f"Bearer {key}"})

    def _trouble(self, prompt: str) -> None:
        add = self._running.standin.add_fault
        if self._draw.random() < 0.25:
            self.doubtful.add(prompt)
            kind, options = self._draw.choice(LOSSES)
            for endpoint in ("submit", "generate"):
                add(endpoint, kind, prompt_contains=prompt, **options)
        elif self._draw.random() < 0.3:
            kind, options = self._draw.choice(REFUSALS)
            for endpoint in ("submit", "generate"):
                add(endpoint, kind, prompt_contains=prompt, times=2, **options)
        if self._draw.random() < 0.3:
            endpoint, kind, options = self._draw.choice(OTHERS)
            add(endpoint, kind, prompt_contains=prompt, **options)

    def records(self) -> dict[str, TaskRecord]:
        """Every order's record, by its prompt."""
        items = boto3.client("dynamodb").scan(TableName=self._running.names["Table"])["Items"]
        found = [read_task(item) for item in items if item["sk"]["S"] == "TASK"]
        return {str(task.input["prompt"]): task for task in found}


@pytest.fixture
def stormy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    quicken_retries(monkeypatch)
    with gateway(monkeypatch, {"FirstCheckSeconds": "2", "LostSubmissionSeconds": "45"}) as running:
        crowd(monkeypatch)
        paint_small(monkeypatch)
        plenty = {"requests": 1000, "running": 1000}
        limits = {"query": {"requests": 1000}, **dict.fromkeys(catalog.IMAGE_MODELS, plenty)}
        running.standin.configure(limits=limits)
        yield running


def _live_on(running: Gateway, time: TimeLapse, storm: Storm) -> dict[str, TaskRecord]:
    """Until every record is closed and told, with `reconcile` every five minutes."""
    due = running.standin.now()
    found: dict[str, TaskRecord] = {}

    def is_over() -> bool:
        nonlocal due, found
        if running.standin.now() < due:
            return False
        due = running.standin.now() + RECONCILE_SECONDS
        functions.invoke("ReconcileFunction", {})
        found = storm.records()
        return all(task.announced for task in found.values())

    time.until(is_over, "the last end")
    return found


@pytest.mark.parametrize("seed", range(int(STORMS or "1")))
def test_storm_leaves_nothing_foreign_doubled_or_open(
    stormy: Gateway, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    storm = Storm(stormy, monkeypatch, seed)
    time = TimeLapse(stormy, monkeypatch)
    storm.break_out()

    found = _live_on(stormy, time, storm)

    calls = [call for call in stormy.standin.ledger() if call["endpoint"] in ("submit", "generate")]
    made = [call for call in calls if call["task_id"] or call["images"]]
    assert set(found) == set(storm.prompts)
    assert _wrong(storm, found, made) == {}


def _wrong(
    storm: Storm, found: Mapping[str, TaskRecord], made: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """What is not as it should be, by prompt."""
    whose = {call["task_id"]: call["prompt"] for call in made if call["task_id"]}
    wrong = {}
    for prompt, task in found.items():
        claimed = [job.upstream_task_id for job in task.jobs.values() if job.upstream_task_id]
        lost = [job for job in task.jobs.values() if job.error and job.error.code == "SubmissionLost"]
        if any(whose[upstream] != prompt for upstream in claimed):
            wrong[prompt] = "has another's pictures"
        elif sum(call["prompt"] == prompt for call in made) > len(task.jobs):
            wrong[prompt] = "was made twice"
        elif lost and prompt not in storm.doubtful:
            wrong[prompt] = "is given up without a reason"
        elif not lost and task.status is not TaskStatus.SUCCEEDED:
            wrong[prompt] = f"is {task.status}: {task.error}"
    return wrong
