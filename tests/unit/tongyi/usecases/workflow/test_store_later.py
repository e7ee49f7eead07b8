"""Pictures that could not be copied in time: copied later, over a fresh link if need be, and never spoiled."""

from __future__ import annotations

import io
import json
from typing import IO, Any

import pytest

from tests.support.fakes.dashscope import FakeDashScope
from tests.support.fakes.gateways import FakeClock, FakeTaskTable
from tests.support.fakes.images import FakePictureBucket, FakePictureSource
from tests.support.fakes.records import (
    BROKEN,
    DAY,
    IMAGE,
    LINK,
    NOW,
    SECOND,
    TASK_ID,
    UPSTREAM_ID,
    a_job,
    a_stored_image,
    a_task,
    an_image,
)
from tests.unit.tongyi.usecases.workflow.test_store_image import PNG
from tongyi.errors import (
    GatewayError,
    PictureError,
    PictureGone,
    PictureRefused,
    PictureUnavailable,
    StorageUnavailable,
    UpstreamAmbiguous,
    UpstreamSuspended,
)
from tongyi.gateways.outbound.image_source import Fetched
from tongyi.models.tasks.records import Failure, ImageRecord
from tongyi.models.tasks.status import ImageStatus, JobStatus, TaskStatus
from tongyi.models.workflow.payloads import ImageStep, Next
from tongyi.models.workflow.upstream import UpstreamPicture, UpstreamTask
from tongyi.usecases.workflow.store_image import ATTEMPTS, StoreImage

GONE = PictureGone("The picture's host answered with HTTP status 403.")
LEFT: dict[str, Any] = {"status": ImageStatus.UNCOPIED, "attempts": ATTEMPTS, "error": BROKEN}
FRESH = "https://dashscope-result-bj.oss-cn-beijing.aliyuncs.com/123/a1.png?Signature=fresh"
SENT: dict[str, Any] = {"status": JobStatus.SUCCEEDED, "upstream_task_id": UPSTREAM_ID}


def with_links(*urls: str | None) -> UpstreamTask:
    """What a query says of a task whose pictures have these links."""
    return UpstreamTask(TaskStatus.SUCCEEDED, tuple(UpstreamPicture(url=url) for url in urls))


class Case:
    """A picture of a task that has ended, what its link gives, and what DashScope says of it."""

    def __init__(self, content: bytes | Exception, *script: object, job: Any = SENT, **image: Any) -> None:
        ended = {"status": TaskStatus.SUCCEEDED, "ended_at": NOW}
        self.tasks = FakeTaskTable(a_task(a_job(**job), images={1: an_image(**image)}, **ended))
        self.source = FakePictureSource(content)
        self.bucket = FakePictureBucket()
        self.dashscope = FakeDashScope(*script)

    def run(self) -> ImageStep:
        parts = (self.tasks, self.source, self.bucket, self.dashscope, FakeClock())
        return StoreImage(*parts).run(IMAGE)

    @property
    def image(self) -> ImageRecord:
        return self.tasks.tasks[TASK_ID].images[1]


class Overtaken(FakePictureSource):
    """While it fails, another execution has stored the picture."""

    def __init__(self, error: Exception, tasks: FakeTaskTable) -> None:
        super().__init__(error)
        self._tasks = tasks

    def fetch(self, url: str, into: IO[bytes]) -> Fetched:
        self._tasks.change_image(TASK_ID, 1, a_stored_image().model_dump(exclude_defaults=True))
        return super().fetch(url, into)


def test_store_copies_what_was_left_without_a_copy_and_leaves_the_end_of_its_task() -> None:
    case = Case(PNG, **LEFT)
    before = case.tasks.tasks[TASK_ID]
    assert (case.run().next, case.image.status) == (Next.END, ImageStatus.STORED)
    assert list(case.bucket.objects.values()) == [PNG]
    assert case.tasks.tasks[TASK_ID].model_copy(update={"images": before.images}) == before


def test_store_leaves_what_has_no_copy_as_it_is_when_that_fails_again() -> None:
    case = Case(PictureUnavailable("Not now."), **LEFT)
    before = case.image
    assert (case.run().next, case.image) == (Next.END, before)


def test_store_never_tries_again_what_was_refused_later() -> None:
    case = Case(PictureRefused("Too large."), **LEFT)
    assert (case.run().next, case.image.refused) == (Next.END, True)


@pytest.mark.parametrize("error", [PictureUnavailable("Not now."), PictureRefused("Never.")])
@pytest.mark.parametrize("attempts", [0, ATTEMPTS - 1])
def test_store_that_fails_late_does_not_spoil_a_copy_made_meanwhile(
    error: PictureError, attempts: int
) -> None:
    case = Case(error, attempts=attempts)
    case.source = Overtaken(error, case.tasks)
    case.run()
    assert case.image == a_stored_image(attempts=attempts)


@pytest.mark.parametrize("image", [{}, LEFT], ids=["new", "left"])
def test_store_takes_a_fresh_link_where_the_old_one_leads_nowhere(image: dict[str, Any]) -> None:
    case = Case(GONE, with_links(FRESH, LINK), **image)
    case.run()
    assert (case.image.url, case.image.url_expires_at) == (FRESH, NOW + DAY)
    assert case.dashscope.calls == [("query", UPSTREAM_ID)]


def test_store_copies_over_the_fresh_link_at_its_next_attempt() -> None:
    case = Case(GONE, with_links(FRESH, FRESH), **LEFT)
    case.run()
    case.source.content = PNG
    case.run()
    assert (case.source.asked, case.image.status) == ([LINK, FRESH], ImageStatus.STORED)


def test_store_takes_the_link_of_its_own_picture() -> None:
    """The second one of its job, which begins with the task's third."""
    other, own = {**SENT, "upstream_task_id": "another"}, a_job(**SENT, first_image=3)
    task = a_task(a_job(**other), own, images={4: an_image()})
    dashscope, tasks = FakeDashScope(with_links(LINK, FRESH)), FakeTaskTable(task)
    store = StoreImage(tasks, FakePictureSource(GONE), FakePictureBucket(), dashscope, FakeClock())
    store.run(IMAGE.model_copy(update={"image": 4}))
    assert dashscope.calls == [("query", UPSTREAM_ID)]
    assert tasks.tasks[TASK_ID].images[4].url == FRESH


def test_fresh_link_lives_no_longer_than_its_signature() -> None:
    signed = f"{FRESH}&Expires={NOW // SECOND + 60}"
    case = Case(GONE, with_links(signed))
    case.run()
    assert case.image.url_expires_at == (NOW // SECOND + 60) * SECOND


@pytest.mark.parametrize(
    "said",
    [
        with_links(LINK, FRESH),
        with_links(None, FRESH),
        with_links(),
        UpstreamTask(TaskStatus.UNKNOWN),
        UpstreamAmbiguous("No."),
        UpstreamSuspended("InvalidApiKey"),
    ],
)
def test_store_goes_on_with_its_link_where_upstream_has_no_other(said: object) -> None:
    case = Case(GONE, said, url_expires_at=NOW + SECOND)
    step = case.run()
    assert (step.next, case.image.url, case.image.attempts) == (Next.WAIT, LINK, 1)
    assert case.image.url_expires_at == NOW + SECOND


def test_store_asks_for_no_link_of_a_model_that_has_no_tasks() -> None:
    case = Case(GONE, job={"status": JobStatus.SUCCEEDED})
    assert (case.run().next, case.dashscope.calls) == (Next.WAIT, [])


@pytest.mark.parametrize("error", [PictureUnavailable("HTTP status 503."), PictureRefused("Never.")])
def test_store_asks_for_no_link_where_the_old_one_is_not_to_blame(error: GatewayError) -> None:
    case = Case(error)
    case.run()
    assert case.dashscope.calls == []


def test_store_tells_the_operator_alone_why_s3_did_not_take_a_copy(logged: io.StringIO) -> None:
    case = Case(PNG)
    case.bucket.error = StorageUnavailable("AccessDenied")
    case.run()
    assert case.image.error == Failure(code="PictureUnavailable", message="The copy could not be stored.")
    assert json.loads(logged.getvalue())["fault"] == "AccessDenied"
