"""Step Functions' limits: 25,000 history events an execution, 256 KB a payload. The longest task stays far below.

Computed from the state machine that ships, the schedule and the catalog, for a task that meets every delay in full.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

from tests.support import template
from tests.unit.tongyi.builders import TASK_ID
from tongyi.models.catalog import IMAGE_MODELS
from tongyi.models.schedule import UPSTREAM_MEMORY, check_wait, is_overdue, refusal_wait
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
MOST_IMAGES = max(model.max_images for model in IMAGE_MODELS.values())
# Every model of the catalog makes all its pictures in one call: a task has one job.
JOBS = 1


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


def _largest_history(*, retried: bool) -> int:
    check = _events("WaitForUpstream", "CheckJob", "RouteCheck", retried=retried)
    # A refused job comes a first time to reserve its slot, and a second time to be sent.
    dispatch = 2 * _events("WaitForSlot", "DispatchJob", "RouteDispatch", retried=retried)
    store = _events("StoreImage", "RouteStore", "WaitToStore", retried=retried)
    images = MOST_IMAGES * (store_image.ATTEMPTS * store + _events("ImageDone") + ITEM_EVENTS)
    checks = sum(1 for _ in _check_moments(FIRST_CHECK))
    job = checks * check + (_refusal_count() + _look_count()) * dispatch + images
    job += _events("StoreImages", "JobDone") + ITEM_EVENTS
    return JOBS * job + _events("RunJobs", "CloseTask", "TaskLeftOpen", retried=retried) + FRAME_EVENTS


def test_check_loop_has_nine_events() -> None:
    assert _events("WaitForUpstream", "CheckJob", "RouteCheck") == 9


def test_check_loop_is_the_one_that_the_state_machine_has() -> None:
    assert STATES["WaitForUpstream"]["Next"] == "CheckJob"
    assert STATES["CheckJob"]["Next"] == "RouteCheck"
    assert {choice["Next"] for choice in STATES["RouteCheck"]["Choices"]} >= {"WaitForUpstream"}


def test_checks_go_on_for_as_long_as_dashscope_remembers_the_task() -> None:
    last = list(_check_moments(FIRST_CHECK))[-2]
    assert UPSTREAM_MEMORY - 600 <= last <= UPSTREAM_MEMORY


def test_checks_of_a_job_that_waits_a_day_take_a_fraction_of_the_history() -> None:
    checks = sum(1 for _ in _check_moments(FIRST_CHECK))
    assert checks * _events("WaitForUpstream", "CheckJob", "RouteCheck") < MAX_EVENTS / 5


def test_largest_history_is_far_below_the_limit() -> None:
    assert _largest_history(retried=False) < MAX_EVENTS / 2


def test_checks_stay_below_the_limit_even_if_every_single_one_needs_all_its_retries() -> None:
    checks = sum(1 for _ in _check_moments(FIRST_CHECK))
    assert checks * _events("WaitForUpstream", "CheckJob", "RouteCheck", retried=True) < MAX_EVENTS / 2


def test_largest_payload_is_far_below_the_limit() -> None:
    images = [ImageRef(task_id=TASK_ID, image=number + 1) for number in range(MOST_IMAGES)]
    step = JobStep(task_id=TASK_ID, job=0, next=Next.STORE, wait_seconds=600, images=images)
    assert len(step.model_dump_json().encode()) < MAX_PAYLOAD_BYTES / 100


def test_largest_input_is_far_below_the_limit() -> None:
    jobs = [JobRef(task_id=TASK_ID, job=number) for number in range(JOBS)]
    start = WorkflowInput(task_id=TASK_ID, jobs=jobs)
    assert len(start.model_dump_json().encode()) < MAX_PAYLOAD_BYTES / 100
