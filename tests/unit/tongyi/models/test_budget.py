"""Step Functions' limits: 25,000 history events an execution, 256 KB a payload. The longest task stays far below.

Computed from the state machine that ships, the schedule and the catalog, for a task that meets every delay in full.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest

from local import template
from tests.unit.tongyi.builders import TASK_ID
from tongyi.models.catalog import IMAGE_MODELS, Dialect, ImageModel
from tongyi.models.schedule import LATE_WAIT, UPSTREAM_MEMORY, check_wait, is_overdue, refusal_wait
from tongyi.models.workflow import ImageRef, JobRef, JobStep, Next, WorkflowInput
from tongyi.usecases import dispatch_job, find_submission, store_image

MAX_EVENTS = 25_000
MAX_PAYLOAD_BYTES = 256 * 1024
# What each visit of a state adds to the history: entered, exited, and for a task scheduled, started, succeeded.
# A Fail state is entered and not left.
EVENTS = {"Task": 5, "Wait": 2, "Choice": 2, "Pass": 2, "Map": 4, "Fail": 1}
# A task that is retried adds scheduled, started, failed.
RETRY_EVENTS = 3
# A Map adds started and succeeded for each of its items.
ITEM_EVENTS = 2
FRAME_EVENTS = 2

_PARAMETERS = template.load()["Parameters"]
FIRST_CHECK: int = _PARAMETERS["FirstCheckSeconds"]["MinValue"]
LOST_WAIT: int = _PARAMETERS["LostSubmissionSeconds"]["Default"]
MODELS = IMAGE_MODELS.values()
TASK_MODELS = [model for model in MODELS if model.dialect is Dialect.TASK]
MESSAGE_MODELS = [model for model in MODELS if model.dialect is Dialect.MESSAGE]
MOST_IMAGES = max(model.images_per_call for model in MODELS)


def _states() -> dict[str, Any]:
    """All states by name, those of the Maps too."""
    machine = template.resources("AWS::Serverless::StateMachine")["ImageTask"]
    path = template.ROOT / machine["DefinitionUri"]
    found: dict[str, Any] = {}
    waiting = [json.loads(path.read_text(encoding="utf-8"))]
    while waiting:
        states = waiting.pop()["States"]
        found |= states
        waiting += [state["ItemProcessor"] for state in states.values() if state["Type"] == "Map"]
    return found


STATES = _states()


def _events(*names: str, retried: bool = False) -> int:
    """History events of one visit of each of the states; `retried` for all attempts that its Retry allows."""
    visits = sum(EVENTS[STATES[name]["Type"]] for name in names)
    retries = sum(int(retry["MaxAttempts"]) for name in names for retry in STATES[name].get("Retry", ()))
    return visits + RETRY_EVENTS * retries * retried


def _check_moments(first: int) -> Iterator[float]:
    """When the checks of a job that never ends take place, in seconds after its submission."""
    elapsed = float(check_wait(0, first))
    while not is_overdue(elapsed, None):
        yield elapsed
        elapsed += check_wait(elapsed, first)
    yield elapsed


def _refusal_count() -> int:
    """How often a job may be refused before it is given up."""
    waits = (refusal_wait(refusals, None) for refusals in itertools.count(1))
    moments = itertools.accumulate(waits)
    limit = dispatch_job.GIVE_UP_MS / 1000
    return 1 + sum(1 for _ in itertools.takewhile(lambda moment: moment <= limit, moments))


def _look_count() -> int:
    """How often a lost submission may be looked for, in both of its lives."""
    return 2 * (find_submission.GIVE_UP_MS // 1000 // LOST_WAIT + find_submission.LOOKS + 1)


def _job_count(model: ImageModel) -> int:
    return math.ceil(model.max_images / model.images_per_call)


def _largest_job(model: ImageModel, *, retried: bool) -> int:
    # A refused job comes a first time to reserve its slot, and a second time to be sent.
    dispatch = 2 * _events("WaitForSlot", "DispatchJob", "RouteDispatch", retried=retried)
    store = _events("StoreImage", "RouteStore", "WaitToStore", retried=retried)
    image = store_image.ATTEMPTS * store + _events("ImageDone") + ITEM_EVENTS
    job = _refusal_count() * dispatch + model.images_per_call * image
    if model.dialect is Dialect.TASK:
        check = _events("WaitForUpstream", "CheckJob", "RouteCheck", retried=retried)
        job += _look_count() * dispatch + sum(1 for _ in _check_moments(FIRST_CHECK)) * check
    else:
        # Found half sent, it is waited for once.
        job += dispatch
    return job + _events("StoreImages", "JobDone") + ITEM_EVENTS


def _largest_history(model: ImageModel, *, retried: bool) -> int:
    task = _events("RunJobs", "CloseTask", "TaskLeftOpen", retried=retried) + FRAME_EVENTS
    return _job_count(model) * _largest_job(model, retried=retried) + task


def test_check_loop_has_nine_events() -> None:
    assert _events("WaitForUpstream", "CheckJob", "RouteCheck") == 9


def test_check_loop_is_the_one_that_the_state_machine_has() -> None:
    assert STATES["WaitForUpstream"]["Next"] == "CheckJob"
    assert STATES["CheckJob"]["Next"] == "RouteCheck"
    assert {choice["Next"] for choice in STATES["RouteCheck"]["Choices"]} >= {"WaitForUpstream"}


def test_checks_go_on_for_as_long_as_dashscope_remembers_the_task() -> None:
    last = list(_check_moments(FIRST_CHECK))[-2]
    assert UPSTREAM_MEMORY - LATE_WAIT <= last <= UPSTREAM_MEMORY


def test_checks_of_a_job_that_waits_a_day_take_a_fraction_of_the_history() -> None:
    checks = sum(1 for _ in _check_moments(FIRST_CHECK))
    assert checks * _events("WaitForUpstream", "CheckJob", "RouteCheck") < MAX_EVENTS / 5


def test_models_of_both_dialects_are_fanned_out() -> None:
    assert max(map(_job_count, TASK_MODELS)) == max(map(_job_count, MESSAGE_MODELS)) == 4


@pytest.mark.parametrize("model", TASK_MODELS, ids=lambda model: model.name)
def test_largest_history_is_below_the_limit(model: ImageModel) -> None:
    assert _largest_history(model, retried=False) < MAX_EVENTS * 0.8


@pytest.mark.parametrize("model", MESSAGE_MODELS, ids=lambda model: model.name)
def test_largest_history_of_synchronous_jobs_is_far_below_the_limit(model: ImageModel) -> None:
    assert _largest_history(model, retried=False) < MAX_EVENTS / 2


def test_largest_history_of_a_single_job_is_far_below_the_limit() -> None:
    assert _largest_history(IMAGE_MODELS["wanx-v1"], retried=False) < MAX_EVENTS / 2


def test_checks_of_a_job_stay_below_the_limit_even_if_every_single_one_needs_all_its_retries() -> None:
    checks = sum(1 for _ in _check_moments(FIRST_CHECK))
    assert checks * _events("WaitForUpstream", "CheckJob", "RouteCheck", retried=True) < MAX_EVENTS / 2


def test_largest_payload_is_far_below_the_limit() -> None:
    images = [ImageRef(task_id=TASK_ID, image=number + 1) for number in range(MOST_IMAGES)]
    step = JobStep(task_id=TASK_ID, job=0, next=Next.STORE, wait_seconds=600, images=images)
    assert len(step.model_dump_json().encode()) < MAX_PAYLOAD_BYTES / 100


def test_largest_input_is_far_below_the_limit() -> None:
    jobs = [JobRef(task_id=TASK_ID, job=number) for number in range(max(map(_job_count, MODELS)))]
    start = WorkflowInput(task_id=TASK_ID, jobs=jobs)
    assert len(start.model_dump_json().encode()) < MAX_PAYLOAD_BYTES / 100
