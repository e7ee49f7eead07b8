"""Step Functions' limits: 25,000 history events an execution, 256 KB a payload. The longest task stays far below.

Computed from the state machine that ships, the schedule and the catalog, for a task that meets every delay in full.
The same for a chunk of a file and for the file itself, at their longest and largest.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest

from local.tools import template
from tests.support.fakes.batches import KEY, RUN
from tests.support.fakes.records import NOW, TASK_ID
from tongyi.models.batches.input_file import MOST_BYTES, MOST_REQUESTS
from tongyi.models.batches.run import CHUNK_REQUESTS, Chunk, ChunkStep, FileStep
from tongyi.models.images.catalog import IMAGE_MODELS, Dialect, ImageModel
from tongyi.models.tasks.schedule import (
    LATE_WAIT,
    SENDING_LIMIT,
    UPSTREAM_MEMORY,
    check_wait,
    is_overdue,
    refusal_wait,
    repeat_wait,
    search_wait,
)
from tongyi.models.workflow.lost_submission import ABSENT_AFTER_MS
from tongyi.models.workflow.payloads import ImageRef, JobRef, JobStep, Next, WorkflowInput
from tongyi.usecases.batches import chunk_steps, submit_lines
from tongyi.usecases.workflow import store_image

MAX_EVENTS = 25_000
MAX_PAYLOAD_BYTES = 256 * 1024
# What each visit of a state adds to the history: entered, exited, and for a task scheduled, started, succeeded.
# A Fail state is entered and not left.
EVENTS = {"Task": 5, "Wait": 2, "Choice": 2, "Pass": 2, "Map": 4, "Fail": 1, "Succeed": 2}
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
    """All states of both machines by name, those of the Maps too."""
    paths = [machine["DefinitionUri"] for machine in template.resources(template.STATE_MACHINE).values()]
    found: dict[str, Any] = {}
    waiting = [json.loads((template.ROOT / path).read_text(encoding="utf-8")) for path in paths]
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
    return 1 + sum(1 for _ in itertools.takewhile(lambda moment: moment <= SENDING_LIMIT, moments))


def _repeated_looks() -> int:
    """How often a submission may be looked for that is lost again and again until it is given up."""
    looks = len(list(_look_moments(ABSENT_AFTER_MS / 1000))) + 1
    moments = itertools.accumulate(
        ABSENT_AFTER_MS / 1000 + repeat_wait(losses) for losses in itertools.count(1)
    )
    repeated = sum(1 for _ in itertools.takewhile(lambda moment: moment <= SENDING_LIMIT, moments))
    return repeated * looks


def _look_moments(seconds: float) -> Iterator[float]:
    elapsed = float(LOST_WAIT)
    while elapsed <= seconds:
        yield elapsed
        elapsed += search_wait(elapsed, LOST_WAIT)


def _job_count(model: ImageModel) -> int:
    return math.ceil(model.max_images / model.images_per_call)


def _largest_job(model: ImageModel, *, retried: bool) -> int:
    # A refused job comes a first time to reserve its slot, and a second time to be sent.
    dispatch = 2 * _events("WaitForSlot", "DispatchJob", "RouteDispatch", retried=retried)
    store = _events("StoreImage", "RouteStore", "WaitToStore", retried=retried)
    image = store_image.ATTEMPTS * store + _events("ImageDone") + ITEM_EVENTS
    images = model.images_per_call * image
    if model.dialect is Dialect.TASK:
        check = _events("WaitForUpstream", "CheckJob", "RouteCheck", retried=retried)
        look = _events("WaitForSlot", "DispatchJob", "RouteDispatch", retried=retried)
        # It is refused or lost for a day, then looked for until DashScope forgets, and at work for as long.
        sending = max(_refusal_count() * dispatch, _repeated_looks() * look)
        last_looks = sum(1 for _ in _look_moments(UPSTREAM_MEMORY))
        job = sending + last_looks * look + sum(1 for _ in _check_moments(FIRST_CHECK)) * check + images
    else:
        # Found half sent, it is waited for once.
        job = (_refusal_count() + 1) * dispatch + images
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
    start = WorkflowInput(task_id=TASK_ID, created_at=NOW, jobs=jobs)
    assert len(start.model_dump_json().encode()) < MAX_PAYLOAD_BYTES / 100


LINE_ROUND = ("SubmitLines", "RouteSubmitted", "WaitForLine")
LOOK = ("WaitForTasks", "CheckLines", "RouteChecked")
HOUR = 3600
# As long as a picture takes that is made while others are in the line, and far longer than any that was seen.
LONG_TASK = HOUR


def _looks(seconds: float) -> int:
    """How often the tasks of a chunk are looked at, of which none ends for so long."""
    waited, looks = 0, 0
    while waited < seconds:
        waited += check_wait(waited, chunk_steps.FIRST_LOOK)
        looks += 1
    return looks


def _file_history(*, line_rounds: int, looks: int) -> int:
    """History events of a chunk's execution, without retries."""
    rounds = line_rounds * _events(*LINE_ROUND) + looks * _events(*LOOK)
    return (
        rounds
        + CHUNK_REQUESTS * _events("SubmitLines", "RouteSubmitted")
        + _events("ChunkDone")
        + FRAME_EVENTS
    )


def test_rounds_of_a_chunk_are_those_that_the_state_machine_has() -> None:
    for names in (LINE_ROUND, LOOK):
        for name, following in itertools.pairwise((*names, names[0])):
            choices = [choice["Next"] for choice in STATES[name].get("Choices", ())]
            assert following in (STATES[name].get("Next"), *choices)
    assert _events(*LINE_ROUND) == _events(*LOOK) == 9


def test_chunk_may_stay_behind_a_full_line_for_days() -> None:
    """Others may fill a model's line up over and over: a chunk gives way to them, within its history."""
    rounds = 5 * 24 * HOUR // submit_lines.LONGEST_WAIT
    assert _file_history(line_rounds=rounds, looks=0) < MAX_EVENTS


def test_chunk_may_follow_its_last_tasks_for_as_long_as_they_may_take() -> None:
    line = template.load()["Parameters"]["MaxQueueSeconds"]["Default"]
    longest = line + SENDING_LIMIT + 2 * UPSTREAM_MEMORY
    assert _file_history(line_rounds=0, looks=_looks(longest)) < MAX_EVENTS / 4


def test_chunk_may_wait_long_for_each_of_its_tasks_one_after_the_other() -> None:
    """Looks begin anew with each that is taken."""
    assert _file_history(line_rounds=0, looks=CHUNK_REQUESTS * _looks(LONG_TASK)) < MAX_EVENTS


def test_history_of_a_file_grows_with_its_chunks_alone() -> None:
    """A child execution has a history of its own; the Map writes nothing down of it but its own start and end."""
    assert _events("ReadFile", "RouteFile", "SubmitChunks", "WriteManifest", retried=True) < MAX_EVENTS / 100


def test_largest_file_fits_into_a_payload() -> None:
    """The requests are kept with what they say, and some more: their places have a digit more than the file."""
    assert len(_largest_file().model_dump_json().encode()) < MAX_PAYLOAD_BYTES


def test_largest_file_fits_into_a_payload_with_what_was_caught() -> None:
    """Step Functions cuts an error's cause at 32,768 characters."""
    step = _largest_file().model_copy(update={"error": {"Error": "E" * 256, "Cause": "c" * 32_768}})
    assert len(json.dumps(step.model_dump(mode="json")).encode()) < MAX_PAYLOAD_BYTES


def test_payload_of_a_chunk_is_tiny() -> None:
    chunk = Chunk(number=1999, first=MOST_REQUESTS, count=CHUNK_REQUESTS, start=10**9, end=10**9)
    step = ChunkStep(
        run=RUN, chunk=chunk, placed=CHUNK_REQUESTS, waited=10**6, next=Next.CHECK, wait_seconds=1800
    )
    assert len(step.model_dump_json().encode()) < MAX_PAYLOAD_BYTES / 1000


def _largest_file() -> FileStep:
    """What ReadFile answers for as many requests as a file may hold, under the longest name."""
    place = 10 * MOST_BYTES
    chunks = [
        Chunk(number=number, first=number * CHUNK_REQUESTS + 1, count=CHUNK_REQUESTS, start=place, end=place)
        for number in range(MOST_REQUESTS // CHUNK_REQUESTS)
    ]
    return FileStep(run=RUN, key=KEY + "猫" * 330, version="v" * 1024, next=Next.SUBMIT, chunks=chunks)
