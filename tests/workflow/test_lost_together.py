"""Two submissions lost in one span of time: whose the tasks upstream are cannot be told, and is never guessed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.gateway import Gateway
from tests.workflow.records import await_true, job_of
from tongyi.models.records import JobRecord
from tongyi.models.status import JobStatus
from tongyi.models.workflow import JobRef, JobStep
from tongyi.usecases.find_submission import FindSubmission

Look = Callable[[FindSubmission, JobRef, str, JobRecord], JobStep]


def lose_both(running: Gateway, monkeypatch: pytest.MonkeyPatch, first_to_look: str) -> dict[str, str]:
    """Loses the answers for "a cat" and "a dog", both within one span, and lets one look before the other."""
    ids: dict[str, str] = {}
    real: Look = FindSubmission.look

    def look(find: FindSubmission, ref: JobRef, model: str, job: JobRecord) -> JobStep:
        await_true(lambda: len(ids) == 2 and _all_lost_once(running, ids), "the loss of both")
        if ref.task_id != ids[first_to_look]:
            first = ids[first_to_look]
            await_true(lambda: job_of(running, first).status is not JobStatus.LOST, "the first decision")
        return real(find, ref, model, job)

    monkeypatch.setattr(FindSubmission, "look", look)
    for prompt in ("a cat", "a dog"):
        ids[prompt] = running.submit({"prompt": prompt}).body["output"]["task_id"]
    return ids


def _all_lost_once(running: Gateway, ids: dict[str, str]) -> bool:
    before = (JobStatus.READY, JobStatus.DISPATCHING)
    return all(job_of(running, task_id).status not in before for task_id in ids.values())


def test_lost_together_both_fail_and_nothing_is_sent_again(
    running: Gateway, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.standin.add_fault("submit", "drop", after=True, times=2)

    ids = lose_both(running, monkeypatch, first_to_look="a cat")

    shown = [running.finished(task_id, key) for task_id in ids.values()]
    assert [reply.body["code"] for reply in shown] == ["SubmissionLost", "SubmissionLost"]
    assert len(running.submissions()) == 2


@pytest.mark.parametrize("first_to_look", ["a cat", "a dog"])
def test_lost_together_one_that_never_arrived_is_not_given_the_others_task(
    running: Gateway, monkeypatch: pytest.MonkeyPatch, first_to_look: str
) -> None:
    running.standin.add_fault("submit", "drop", prompt_contains="cat", after=True)
    running.standin.add_fault("submit", "drop", prompt_contains="dog")
    ids = lose_both(running, monkeypatch, first_to_look)
    for task_id in ids.values():
        running.wait_for(task_id)

    cats = next(entry["task_id"] for entry in running.submissions() if entry["prompt"] == "a cat")

    assert job_of(running, ids["a dog"]).upstream_task_id != cats
