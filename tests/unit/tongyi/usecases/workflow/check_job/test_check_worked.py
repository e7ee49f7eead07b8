"""How long DashScope was at a job: by its own clock, or as it looked from here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.fakes.records import BROKEN, HOUR, NOW, SECOND
from tests.unit.tongyi.usecases.workflow.check_job.checking import GOOD, Case, made
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.workflow.line import USUAL_MS
from tongyi.models.workflow.upstream import UpstreamTask

DONE, FAILED = made(GOOD, GOOD), UpstreamTask(TaskStatus.FAILED, error=BROKEN)


@pytest.mark.parametrize(
    ("found", "running_since", "worked_ms"),
    [
        (replace(DONE, worked_ms=9_000), None, 9_000),
        (replace(DONE, worked_ms=9_000), NOW - HOUR, 9_000),
        (DONE, None, None),
        # Two pictures did not take two seconds: a check saw only so much of it.
        (DONE, NOW - 2 * SECOND, 2 * USUAL_MS),
        (DONE, NOW - HOUR, HOUR),
        (replace(FAILED, worked_ms=9_000), None, 9_000),
        (FAILED, NOW - HOUR, HOUR),
    ],
)
def test_check_writes_down_how_long_dashscope_was_at_it(
    found: UpstreamTask, running_since: int | None, worked_ms: int | None
) -> None:
    case = Case(found, running_since=running_since)
    case.run()
    assert case.job.worked_ms == worked_ms
