"""Words that others have defined, or that the state machine compares with."""

from __future__ import annotations

import json
from typing import Any

from local import template
from tongyi.models.status import JobStatus, TaskStatus
from tongyi.models.workflow import ImageStep, JobStep, Next

DASHSCOPE = {"PENDING", "RUNNING", "SUSPENDED", "SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"}


def _compared(states: dict[str, Any]) -> set[str]:
    """The values of `next` that the Choice states name."""
    found: set[str] = set()
    for state in states.values():
        found |= {choice["StringEquals"] for choice in state.get("Choices", ())}
        if "ItemProcessor" in state:
            found |= _compared(state["ItemProcessor"]["States"])
    return found


def test_task_status_has_dashscopes_words() -> None:
    assert {str(status) for status in TaskStatus} == DASHSCOPE


def test_statuses_are_written_as_their_names() -> None:
    assert all(status == status.name for status in (*TaskStatus, *JobStatus))


def test_next_has_the_words_that_the_state_machine_compares_with() -> None:
    machine = template.resources("AWS::Serverless::StateMachine")["ImageTask"]
    text = (template.ROOT / machine["DefinitionUri"]).read_text(encoding="utf-8")
    # Whatever is none of those is the end.
    assert _compared(json.loads(text)["States"]) == {str(word) for word in Next} - {"end"}


def test_job_step_has_what_the_state_machine_reads() -> None:
    step = JobStep(task_id="t", job=0, next=Next.CHECK).model_dump(mode="json")
    assert step == {"task_id": "t", "job": 0, "next": "check", "wait_seconds": 0, "images": []}


def test_image_step_has_what_the_state_machine_reads() -> None:
    step = ImageStep(task_id="t", image=1, next=Next.WAIT, wait_seconds=4).model_dump(mode="json")
    assert step == {"task_id": "t", "image": 1, "next": "wait", "wait_seconds": 4}
