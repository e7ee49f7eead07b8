"""Words that others have defined, or that a state machine compares with."""

from __future__ import annotations

import json
from typing import Any

from local.tools import template
from tongyi.models.batches.run import Chunk, ChunkStep, FileStep, RequestStatus
from tongyi.models.tasks.status import JobStatus, TaskStatus
from tongyi.models.workflow.payloads import ImageStep, JobStep, Next

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
    assert all(status == status.name for status in (*TaskStatus, *JobStatus, *RequestStatus))


def test_requests_end_as_tasks_do_or_as_none() -> None:
    ends = {"SUCCEEDED", "FAILED", "CANCELED"}
    assert {str(status) for status in RequestStatus} == {"PENDING", *ends, "REFUSED", "UNKNOWN"}


def test_next_has_the_words_that_the_state_machines_compare_with() -> None:
    paths = [machine["DefinitionUri"] for machine in template.resources(template.STATE_MACHINE).values()]
    texts = [(template.ROOT / path).read_text(encoding="utf-8") for path in paths]
    # Whatever is none of those is the end.
    compared = set().union(*(_compared(json.loads(text)["States"]) for text in texts))
    assert compared == {str(word) for word in Next} - {"end"}


def test_job_step_has_what_the_state_machine_reads() -> None:
    step = JobStep(task_id="t", created_at=7, job=0, next=Next.CHECK).model_dump(mode="json")
    record = {"task_id": "t", "created_at": 7}
    assert step == {**record, "job": 0, "next": "check", "wait_seconds": 0, "images": []}


def test_file_step_has_what_the_state_machine_reads() -> None:
    chunk = Chunk(number=0, first=1, count=2, start=0, end=9)
    step = FileStep(run="r", key="k", next=Next.SUBMIT, chunks=[chunk]).model_dump(mode="json")
    assert {name: step[name] for name in ("run", "key", "next", "chunks")} == {
        "run": "r",
        "key": "k",
        "next": "submit",
        "chunks": [{"number": 0, "first": 1, "count": 2, "start": 0, "end": 9}],
    }


def test_chunk_step_has_what_the_state_machine_reads() -> None:
    chunk = Chunk(number=0, first=1, count=2, start=0, end=9)
    step = ChunkStep(run="r", chunk=chunk, placed=1, next=Next.WAIT, wait_seconds=4).model_dump(mode="json")
    assert (step["next"], step["wait_seconds"], step["placed"], step["waited"]) == ("wait", 4, 1, 0)


def test_image_step_has_what_the_state_machine_reads() -> None:
    step = ImageStep(task_id="t", created_at=7, image=1, next=Next.WAIT, wait_seconds=4).model_dump(
        mode="json"
    )
    assert step == {"task_id": "t", "created_at": 7, "image": 1, "next": "wait", "wait_seconds": 4}
