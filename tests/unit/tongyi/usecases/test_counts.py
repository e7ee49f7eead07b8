"""What the operator's dashboards and alarms count."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.support.fakes.circuits import a_circuit
from tests.support.fakes.dashscope import FakeDashScope
from tests.support.fakes.gateways import (
    FakeClock,
    FakeDeadLetters,
    FakeQuotaTable,
    FakeSlotTable,
    FakeSubmissionTable,
    FakeTaskTable,
    FakeUploadTable,
    FakeWorkflow,
)
from tests.support.fakes.images import FakePictureBucket, FakePictureSource
from tests.support.fakes.records import (
    IMAGE,
    JOB,
    NOW,
    SECOND,
    TASK_ID,
    a_job,
    a_stored_image,
    a_task,
    an_image,
)
from tests.unit.tongyi.usecases.tasks.announcing import announcer
from tests.unit.tongyi.usecases.workflow.check_job import checking
from tests.unit.tongyi.usecases.workflow.dispatch_job import dispatching
from tongyi.config import ChatSettings, SubmissionSettings
from tongyi.errors import (
    PictureRefused,
    UpstreamAmbiguous,
    UpstreamRefused,
    UpstreamSuspended,
    UpstreamThrottled,
)
from tongyi.models.tasks.schedule import UPSTREAM_MEMORY
from tongyi.models.tasks.status import JobStatus
from tongyi.models.workflow.payloads import TaskRef
from tongyi.models.workflow.upstream import ChatAnswer
from tongyi.usecases.chat import Chat
from tongyi.usecases.tasks.cancel_task import CancelTask
from tongyi.usecases.tasks.submit_images import SubmitImages
from tongyi.usecases.tasks.submit_message import TakeOrder
from tongyi.usecases.workflow.close_task import CloseTask
from tongyi.usecases.workflow.find_submission import FindSubmission
from tongyi.usecases.workflow.store_image import StoreImage


def _chat() -> None:
    dashscope = FakeDashScope(ChatAnswer("Hi", "m", None))
    Chat(dashscope, FakeQuotaTable(), ChatSettings(("m",), 1), FakeClock()).run({"prompt": "a"}, "alice")


def _chat_in_vain() -> None:
    dashscope, settings = FakeDashScope(UpstreamSuspended("Arrearage")), ChatSettings(("m",), 1)
    with pytest.raises(UpstreamSuspended):
        Chat(dashscope, FakeQuotaTable(), settings, FakeClock()).run({"prompt": "a"}, "alice")


def _check_in_vain() -> None:
    checking.Case(UpstreamSuspended("Arrearage")).run()


def _dispatch(answer: object) -> Callable[[], object]:
    return lambda: dispatching.Case(answer).run()


def _look_in_vain() -> None:
    long_ago = NOW - UPSTREAM_MEMORY * SECOND - 1
    lost = a_job(status=JobStatus.LOST, sent_at=long_ago)
    task = a_task(lost)
    tasks, upstream = FakeTaskTable(task), FakeDashScope()
    find = FindSubmission(tasks, FakeSubmissionTable(tasks), upstream, 45, FakeClock())
    find.look(JOB, task, lost)


def _give_up_a_copy() -> None:
    tasks = FakeTaskTable(a_task(images={1: an_image()}))
    source = FakePictureSource(PictureRefused("No."))
    StoreImage(tasks, source, FakePictureBucket(), FakeDashScope(), FakeClock()).run(IMAGE)


def _cancel() -> None:
    tasks = FakeTaskTable(a_task())
    CancelTask(tasks, FakeDashScope(), announcer(tasks), FakeClock()).run(TASK_ID, "alice")


def _close() -> None:
    tasks = FakeTaskTable(a_task(a_job(status=JobStatus.SUCCEEDED), images={1: a_stored_image()}))
    CloseTask(tasks, announcer(tasks), FakeClock()).run(TaskRef(task_id=TASK_ID))


def _take_message(text: str) -> Callable[[], object]:
    gateways = (FakeTaskTable(), FakeSlotTable(), FakeQuotaTable(), FakeUploadTable(), FakeWorkflow())
    submit = SubmitImages(
        *gateways, a_circuit(FakeClock()), SubmissionSettings("arn", 30, 10, 60, 0), FakeClock()
    )
    return lambda: TakeOrder(submit, FakeDeadLetters()).run(text, "message-1")


@pytest.mark.parametrize(
    ("happens", "name"),
    [
        (_chat, "ChatsAnswered"),
        (_dispatch(dispatching.SENT), "JobsSubmitted"),
        (_dispatch(UpstreamThrottled("No.")), "JobsPostponed"),
        (_dispatch(UpstreamRefused("No.")), "JobsRefused"),
        (_dispatch(UpstreamSuspended("Arrearage")), "AccountRefusals"),
        (_check_in_vain, "AccountRefusals"),
        (_chat_in_vain, "AccountRefusals"),
        (_dispatch(UpstreamAmbiguous("No.")), "SubmissionsLost"),
        (_look_in_vain, "SubmissionsUndecided"),
        (_give_up_a_copy, "PicturesGivenUp"),
        (_cancel, "TasksCanceledByOwner"),
        (_close, "TasksSucceeded"),
        (_cancel, "TasksAnnounced"),
        (_close, "TasksAnnounced"),
        (_take_message('{"prompt": "a cat"}'), "MessagesTaken"),
        (_take_message("{}"), "MessagesPutAside"),
    ],
)
def test_what_happens_is_counted_once(
    happens: Callable[[], object], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    happens()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line[name] for line in lines if name in line] == [[1]]
