"""Two submissions lost in one span of time: each gets its own task where that can be told, and never the other's."""

from __future__ import annotations

import pytest

from tests.integration.images.generating import RESPOND_ASYNC, generate, order, task_id
from tests.support.gateway import Gateway
from tests.support.patience import PATIENCE
from tests.workflow.records import await_true, job_of
from tongyi.models.tasks.records import JobRecord, TaskRecord
from tongyi.models.tasks.status import JobStatus
from tongyi.models.workflow import lost_submission
from tongyi.models.workflow.payloads import JobRef, JobStep
from tongyi.usecases.workflow import circuit_breaker, dispatch_job, find_submission
from tongyi.usecases.workflow.find_submission import FindSubmission

# The first of them tells the prompts of its tasks, the second does not.
TELLS, TELLS_NOT = "qwen-image-plus", "wanx-v1"
PROMPTS = ("a cat", "a dog")


@pytest.fixture(autouse=True)
def together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are sent though the first was not answered, and in one span: how far they are apart tells of the machine."""
    monkeypatch.setattr(dispatch_job, "UNANSWERED_MS", 10**9)
    monkeypatch.setattr(circuit_breaker, "lost_scope", lambda model: f"{model} of nobody")
    monkeypatch.setattr(lost_submission, "SKEW_MS", PATIENCE * 1000)


def lose_both(running: Gateway, key: str, monkeypatch: pytest.MonkeyPatch, model: str) -> dict[str, str]:
    """Loses the answers for both prompts within one span: nobody looks before both are lost."""
    ids: dict[str, str] = {}
    real = FindSubmission.look

    def look(find: FindSubmission, ref: JobRef, task: TaskRecord, job: JobRecord) -> JobStep:
        await_true(lambda: len(ids) == 2 and _all_lost_once(running, ids), "the loss of both")
        return real(find, ref, task, job)

    monkeypatch.setattr(FindSubmission, "look", look)
    for prompt in PROMPTS:
        ids[prompt] = task_id(generate(running, order(model, prompt), {**RESPOND_ASYNC, **_with(key)}))
    return ids


def _with(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _all_lost_once(running: Gateway, ids: dict[str, str]) -> bool:
    before = (JobStatus.READY, JobStatus.DISPATCHING)
    jobs = [job_of(running, task_id) for task_id in ids.values()]
    return all(job.status not in before or job.losses for job in jobs)


def _owners(running: Gateway, ids: dict[str, str]) -> dict[str, str]:
    """Of which prompt the task upstream is that each prompt's job has."""
    made = {entry["task_id"]: entry["prompt"] for entry in running.submissions() if entry["task_id"]}
    found = {prompt: job_of(running, task_id).upstream_task_id for prompt, task_id in ids.items()}
    return {prompt: made[upstream] for prompt, upstream in found.items() if upstream}


def test_lost_together_each_finds_its_own_where_its_prompt_is_told(
    running: Gateway, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.standin.add_fault("submit", "drop", after=True, times=2)

    ids = lose_both(running, key, monkeypatch, TELLS)

    shown = [running.finished(found, key).body["output"]["task_status"] for found in ids.values()]
    assert shown == ["SUCCEEDED", "SUCCEEDED"]
    assert _owners(running, ids) == {prompt: prompt for prompt in PROMPTS}
    assert len(running.submissions()) == 2


def test_lost_together_one_that_never_arrived_is_sent_again(
    running: Gateway, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.standin.add_fault("submit", "drop", prompt_contains="cat", after=True)
    running.standin.add_fault("submit", "drop", prompt_contains="dog")

    ids = lose_both(running, key, monkeypatch, TELLS)

    shown = [running.finished(found, key).body["output"]["task_status"] for found in ids.values()]
    assert shown == ["SUCCEEDED", "SUCCEEDED"]
    assert _owners(running, ids) == {prompt: prompt for prompt in PROMPTS}
    assert sorted(entry["prompt"] for entry in running.submissions()) == ["a cat", "a dog", "a dog"]


@pytest.mark.parametrize("arrives", [PROMPTS, ("a cat",)], ids=["both arrived", "one arrived"])
def test_lost_together_nothing_is_guessed_or_sent_again_where_nothing_is_told(
    running: Gateway, key: str, monkeypatch: pytest.MonkeyPatch, arrives: tuple[str, ...]
) -> None:
    monkeypatch.setattr(find_submission, "UNDECIDED_MS", 0)
    for prompt in PROMPTS:
        running.standin.add_fault("submit", "drop", prompt_contains=prompt, after=prompt in arrives)

    ids = lose_both(running, key, monkeypatch, TELLS_NOT)

    shown = [running.finished(found, key).body["code"] for found in ids.values()]
    assert shown == ["SubmissionLost", "SubmissionLost"]
    assert (_owners(running, ids), len(running.submissions())) == ({}, 2)
