"""Orders that are to be canceled, and how far they have come."""

from __future__ import annotations

from tests.integration.dialects import flat
from tests.integration.images.generating import RESPOND_ASYNC, generate, new_prompt
from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway
from tests.workflow.records import await_true, record
from tongyi.models.tasks.status import JobStatus

FINISHED = "Only a PENDING task can be canceled."
BEING_MADE = "The task is being made already, or sent to be made."


def ordered(running: Gateway, headers: dict[str, str], model: str, prompt: str = "", n: int = 1) -> str:
    """Sends an order, waits for nothing, and returns its task."""
    body = flat(model, prompt or new_prompt(), n=n)
    made: str = generate(running, body, {**headers, **RESPOND_ASYNC}).body["task_id"]
    return made


def await_jobs(running: Gateway, task: str, *statuses: JobStatus) -> None:
    """Waits until each of the task's jobs has one of these statuses."""
    await_true(
        lambda: all(job.status in statuses for job in record(running, task).jobs.values()), str(statuses)
    )


def statuses(running: Gateway, task: str) -> list[JobStatus]:
    """Where the task's jobs stand."""
    return [job.status for _, job in sorted(record(running, task).jobs.items())]


def cancellations(running: Gateway, prompt: str) -> list[int | None]:
    """How upstream answered to the cancellations of a prompt's tasks."""
    return [entry["status"] for entry in running.standin.ledger("cancel", prompt_contains=prompt)]


def refusal(reply: Reply) -> tuple[int, str, str]:
    """What a reply says of an error."""
    return reply.status, reply.body["code"], reply.body["message"]


def await_slots(running: Gateway, task: str) -> None:
    """Waits until each job of the task waits for its slot."""
    await_true(
        lambda: all(
            job.status is JobStatus.READY and job.slot_at for job in record(running, task).jobs.values()
        ),
        "slots",
    )
