"""Rounds of a chunk: tasks are made of its requests, each of one, and what cannot become one is told."""

from __future__ import annotations

import io
import json

import pytest

from tests.support.fakes.batches import RESULTS, RUN
from tests.support.fakes.gateways import FakeWorkflow
from tests.support.fakes.records import NOW, SECOND
from tests.unit.tongyi.usecases.batches.submitting import MANY, MAX_QUEUE_SECONDS, Case
from tongyi.errors import WorkflowUnavailable
from tongyi.models.batches.run import RequestStatus
from tongyi.models.workflow.circuit import ACCOUNT, Circuit
from tongyi.models.workflow.line import Line
from tongyi.models.workflow.payloads import Next, Start
from tongyi.usecases.batches import submit_lines
from tongyi.usecases.batches.chunk_steps import FIRST_LOOK
from tongyi.usecases.batches.submit_lines import LONGEST_WAIT, SHORTEST_WAIT

CAT, DOG = {"prompt": "a cat", "model": MANY}, {"prompt": "a dog", "model": MANY}
PENDING, REFUSED = RequestStatus.PENDING, RequestStatus.REFUSED


def test_submit_makes_a_task_of_each_request() -> None:
    case = Case(CAT, DOG)
    step = case.submit()
    assert [task.input["prompt"] for task in case.made] == ["a cat", "a dog"]
    assert {task.owner for task in case.made} == {"alice"}
    assert [start.task_id for start in case.workflow.started] == [task.task_id for task in case.made]
    assert [(found.number, found.task_id, found.status) for found in case.outcomes] == [
        (1, case.made[0].task_id, PENDING),
        (2, case.made[1].task_id, PENDING),
    ]
    assert (step.next, step.wait_seconds, step.placed) == (Next.CHECK, FIRST_LOOK, 2)


def test_submit_does_not_wait_for_what_dashscope_says() -> None:
    case = Case(CAT)
    case.submit()
    assert case.clock.slept == []


def test_submit_tells_how_far_the_file_is() -> None:
    case = Case(CAT, None)
    case.submit()
    told = case.inbox.summaries[RESULTS]
    assert (told["status"], told["pending"], told["refused"], told["waiting"]) == ("RUNNING", 1, 1, 0)


def test_submit_tells_how_far_all_chunks_are_together() -> None:
    case = Case(CAT)
    case.files.report(RUN, 7, {"succeeded": 2, "pictures": 3})
    case.submit()
    told = case.inbox.summaries[RESULTS]
    assert (told["pending"], told["succeeded"], told["pictures"]) == (1, 2, 3)


def test_submit_tells_what_is_wrong_with_a_request_and_goes_on() -> None:
    case = Case(None, {"prompt": ""}, {**CAT, "owner": "bob"}, DOG)
    case.submit()
    assert case.statuses == [REFUSED, REFUSED, REFUSED, PENDING]
    reasons = [found.error.message for found in case.outcomes if found.error]
    assert [reason.partition(":")[0] for reason in reasons] == [
        "The line is no valid JSON.",
        "prompt",
        "owner",
    ]
    assert {found.error.code for found in case.outcomes if found.error} == {"InvalidParameter"}
    assert len(case.made) == 1


def test_submit_ends_where_nothing_became_a_task() -> None:
    case = Case(None, {"prompt": ""})
    assert case.submit().next is Next.END


def test_submit_makes_no_task_for_a_picture_that_its_owner_did_not_upload() -> None:
    link = "oss://dashscope-instant/0123456789abcdef/2026-01-15/0123456789abcdef/cat.png"
    case = Case({"prompt": "a cat", "ref_img": link})
    case.submit()
    assert (case.statuses, case.made) == ([REFUSED], [])


def test_submit_makes_a_task_of_each_of_two_requests_that_say_the_same() -> None:
    case = Case(CAT, CAT)
    case.submit()
    assert len({found.task_id for found in case.outcomes}) == 2


def test_submit_makes_one_task_of_requests_with_one_key() -> None:
    order = {**CAT, "idempotency_key": "order-1"}
    case = Case(order, order)
    case.submit()
    assert [found.task_id for found in case.outcomes] == [case.made[0].task_id] * 2
    assert len(case.workflow.started) == 1


def test_submit_refuses_another_order_with_a_key_that_was_used() -> None:
    case = Case({**CAT, "idempotency_key": "order-1"}, {**DOG, "idempotency_key": "order-1"})
    case.submit()
    [first, second] = case.outcomes
    assert (first.status, second.status, second.task_id) == (PENDING, REFUSED, None)
    assert second.error is not None
    assert second.error.code == "IdempotencyKeyReused"


def test_submit_finds_the_tasks_of_a_file_that_comes_again() -> None:
    case = Case(CAT, DOG)
    case.submit()
    before = case.outcomes
    case.inbox.parts.clear()
    case.submit()
    assert case.outcomes == before
    assert len(case.workflow.started) == 2


def test_submit_may_crash_after_it_has_kept_what_it_found() -> None:
    """Whether it is the first round or a later one: what was kept is neither ordered nor told twice."""
    case = Case(*[CAT] * 3)
    first = case.submit()
    assert case.submit() == first
    assert (len(case.made), len(case.outcomes)) == (3, 3)


def test_later_round_may_crash_after_it_has_kept_what_it_found() -> None:
    case = Case(CAT, DOG, CAT)
    case.workflow = CutOff()
    first = case.submit()
    assert (first.next, first.placed) == (Next.WAIT, 1)
    case.workflow.down = False
    answers = [case.submit(first), case.submit(first)]
    assert answers[0] == answers[1]
    assert [found.number for found in case.outcomes] == [1, 2, 3]
    assert len(case.made) == 3


def test_next_round_takes_what_is_left() -> None:
    case = Case(CAT, DOG)
    case.workflow = CutOff()
    first = case.submit()
    assert (first.next, first.wait_seconds, first.placed) == (Next.WAIT, SHORTEST_WAIT, 1)
    case.workflow.down = False
    second = case.submit(first)
    assert (second.next, second.placed) == (Next.CHECK, 2)
    assert case.statuses == [PENDING, PENDING]


def test_request_that_could_not_be_started_comes_again_as_the_same_task() -> None:
    case = Case(CAT)
    case.workflow.error = WorkflowUnavailable("No.")
    step = case.submit()
    assert (step.next, step.wait_seconds, step.placed) == (Next.WAIT, SHORTEST_WAIT, 0)
    assert case.outcomes == []
    case.workflow.error = None
    case.submit(step)
    assert [found.task_id for found in case.outcomes] == [case.made[0].task_id]
    assert case.made[0].started


def test_request_that_somebody_else_is_taking_comes_again() -> None:
    case = Case(CAT)
    case.submit()
    task = case.made[0]
    case.tasks.tasks[task.task_id] = task.model_copy(update={"started": False})
    case.inbox.parts.clear()
    step = case.submit()
    assert (step.next, step.wait_seconds) == (Next.WAIT, SHORTEST_WAIT)
    assert (case.outcomes, len(case.workflow.started)) == ([], 1)


def test_submit_waits_where_the_line_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own rule would have it wait first; but others may fill the line in between."""
    monkeypatch.setattr(submit_lines, "LONGEST_LINE_MS", 10**9)
    too_long = 100
    case = Case(CAT)
    case.slots.next_at[MANY] = NOW + (MAX_QUEUE_SECONDS + too_long) * SECOND
    step = case.submit()
    assert (step.next, step.wait_seconds, step.placed) == (Next.WAIT, too_long + 1, 0)
    assert case.made == []


def test_submit_waits_for_a_full_line_no_longer_than_it_should(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submit_lines, "LONGEST_LINE_MS", 10**9)
    case = Case(CAT)
    case.slots.next_at[MANY] = NOW + 10_000 * SECOND
    assert case.submit().wait_seconds == LONGEST_WAIT


def test_round_ends_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submit_lines, "MOST_SECONDS", 0)
    case = Case(CAT)
    step = case.submit()
    assert (step.next, step.wait_seconds, step.placed) == (Next.WAIT, SHORTEST_WAIT, 0)


def test_submit_logs_no_words_of_a_request(logged: io.StringIO) -> None:
    case = Case({"prompt": "s3cret", "s3cret": 1}, {**CAT, "prompt": "s3cret"})
    case.workflow.error = WorkflowUnavailable("No.")
    case.submit()
    assert "a line comes again" in logged.getvalue()
    assert "s3cret" not in logged.getvalue()


def test_submit_counts_what_it_took_and_what_it_refused(capsys: pytest.CaptureFixture[str]) -> None:
    case = Case(CAT, None, {**CAT, "idempotency_key": "1"}, {**CAT, "idempotency_key": "1"})
    case.submit()
    names = [name for line in capsys.readouterr().out.splitlines() for name in json.loads(line)]
    assert (names.count("LinesTaken"), names.count("LinesRefused")) == (2, 1)


def test_submit_does_not_hide_a_fault_of_ours() -> None:
    case = Case(CAT)
    case.workflow.error = TypeError("a bug")
    with pytest.raises(TypeError):
        case.submit()
    assert (RUN, 0) not in case.inbox.parts


class CutOff(FakeWorkflow):
    """Takes one execution, and then none for as long as it is down."""

    def __init__(self) -> None:
        super().__init__()
        self.down = True

    def start(self, start: Start) -> None:
        self.error = WorkflowUnavailable("No.") if self.down and self.started else None
        super().start(start)


def test_submit_waits_with_a_line_for_the_operator() -> None:
    case = Case(CAT)
    case.circuits = [Circuit(scope=ACCOUNT, code="Arrearage", opened_at=NOW, probe_at=NOW + 7 * SECOND)]
    step = case.submit()
    assert (step.next, step.wait_seconds, step.placed) == (Next.WAIT, 7, 0)
    assert (case.made, case.statuses) == ([], [])
    case.clock.now += 7 * SECOND
    assert case.submit(step).placed == 1


def test_line_of_a_file_waits_where_its_model_could_not_make_it_in_time() -> None:
    case = Case({"model": "wanx-v1", "prompt": "a cat"})
    case.tasks.lines.lines["wanx-v1"] = Line(10_000)

    step = case.submit()
    assert (step.next, step.wait_seconds, case.outcomes) == (Next.WAIT, LONGEST_WAIT, [])

    case.tasks.lines.lines["wanx-v1"] = Line()
    case.submit(step)
    assert case.statuses == [PENDING]
