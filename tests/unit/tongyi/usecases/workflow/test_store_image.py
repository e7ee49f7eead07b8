"""Copies: whole or not at all, a few attempts, and the upstream link as the last resort."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
from PIL import Image

from tests.support.fakes.dashscope import FakeDashScope
from tests.support.fakes.gateways import FakeClock, FakeTaskTable
from tests.support.fakes.images import FakePictureBucket, FakePictureSource
from tests.support.fakes.records import (
    BROKEN,
    IMAGE,
    LINK,
    NOW,
    TASK_ID,
    a_failed_image,
    a_stored_image,
    a_task,
    an_image,
)
from tongyi.errors import PictureError, PictureRefused, PictureUnavailable, TaskNotFound
from tongyi.models.images.copying import worth_copying
from tongyi.models.tasks.records import Failure, ImageRecord
from tongyi.models.tasks.schedule import copy_wait
from tongyi.models.tasks.status import ImageStatus
from tongyi.models.workflow.payloads import ImageStep, Next
from tongyi.usecases.workflow.store_image import ATTEMPTS, StoreImage

KEY = f"images/{TASK_ID}/1.png"


def _png() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(written, "PNG")
    return written.getvalue()


PNG = _png()


class Case:
    """A picture that DashScope has made, and what its link gives."""

    def __init__(self, content: bytes | Exception = PNG, **image: Any) -> None:
        self.tasks = FakeTaskTable(a_task(images={1: an_image(**image)}))
        self.source = FakePictureSource(content)
        self.bucket = FakePictureBucket()
        self.clock = FakeClock()

    def run(self) -> ImageStep:
        store = StoreImage(self.tasks, self.source, self.bucket, FakeDashScope(), self.clock)
        return store.run(IMAGE)

    @property
    def image(self) -> ImageRecord:
        return self.tasks.tasks[TASK_ID].images[1]


@pytest.mark.parametrize("tasks", [FakeTaskTable(), FakeTaskTable(a_task())])
def test_store_needs_its_picture(tasks: FakeTaskTable) -> None:
    case = Case()
    case.tasks = tasks
    with pytest.raises(TaskNotFound):
        case.run()


def test_store_puts_the_bytes_into_the_bucket_as_they_are() -> None:
    case = Case()
    case.run()
    assert case.bucket.objects == {KEY: PNG}


def test_store_fetches_from_the_upstream_link() -> None:
    case = Case()
    case.run()
    assert case.source.asked == [LINK]


def test_store_writes_down_what_it_stored() -> None:
    case = Case()
    case.run()
    assert case.image == an_image(
        status=ImageStatus.STORED,
        key=KEY,
        sha256=hashlib.sha256(PNG).hexdigest(),
        content_type="image/png",
        bytes=len(PNG),
        width=40,
        height=30,
    )


def test_store_is_done_with_a_copy() -> None:
    assert Case().run().next is Next.END


@pytest.mark.parametrize(
    "image",
    [
        a_stored_image(),
        a_failed_image(),
        an_image(url=None),
        an_image(status=ImageStatus.UNCOPIED, refused=True),
        an_image(status=ImageStatus.UNCOPIED, url_expires_at=NOW),
    ],
)
def test_store_leaves_alone_what_there_is_nothing_to_do_for(image: ImageRecord) -> None:
    case = Case()
    case.tasks = FakeTaskTable(a_task(images={1: image}))
    assert (case.run().next, case.source.asked, case.image) == (Next.END, [], image)


def test_store_tries_what_was_just_made_though_its_link_should_be_dead() -> None:
    """Only an attempt tells, and whether DashScope has a fresh link."""
    case = Case(url_expires_at=NOW)
    case.run()
    assert case.image.status is ImageStatus.STORED


@pytest.mark.parametrize("content", [b"", b"<html>", PNG[:-20]])
def test_store_never_stores_what_is_broken(content: bytes) -> None:
    case = Case(content)
    assert (case.run().next, case.bucket.objects) == (Next.WAIT, {})


@pytest.mark.parametrize("attempts", range(ATTEMPTS - 1))
def test_store_tries_again_what_could_not_be_had(attempts: int) -> None:
    case = Case(PictureUnavailable("Not now."), attempts=attempts)
    step = case.run()
    assert (step.next, step.wait_seconds) == (Next.WAIT, copy_wait(attempts + 1))


def test_store_writes_down_why_it_tries_again() -> None:
    case = Case(PictureUnavailable("Not now."))
    case.run()
    failure = Failure(code="PictureUnavailable", message="Not now.")
    assert case.image == an_image(attempts=1, error=failure)


@pytest.mark.parametrize(
    ("error", "attempts"), [(PictureUnavailable("Not now."), ATTEMPTS - 1), (PictureRefused("Never."), 0)]
)
def test_store_gives_up_in_the_end(error: PictureError, attempts: int) -> None:
    case = Case(error, attempts=attempts)
    assert (case.run().next, case.image.status) == (Next.END, ImageStatus.UNCOPIED)


def test_store_leaves_the_upstream_link_when_it_gives_up() -> None:
    case = Case(PictureRefused("Never."))
    case.run()
    assert (case.image.url, case.image.error) == (LINK, Failure(code="PictureRefused", message="Never."))


def test_store_succeeds_after_failures() -> None:
    case = Case(attempts=3, error=BROKEN)
    case.run()
    assert case.image.status is ImageStatus.STORED


def test_store_marks_what_is_refused_so_that_it_is_not_tried_again() -> None:
    case = Case(PictureRefused("Never."))
    case.run()
    assert case.image.refused
    assert not worth_copying(case.image, NOW)


def test_store_tries_for_some_minutes_before_it_leaves_the_upstream_link() -> None:
    case = Case(PictureUnavailable("Not now."))
    while (step := case.run()).next is Next.WAIT:
        case.clock.sleep(step.wait_seconds)
    assert case.clock.slept == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert worth_copying(case.image, case.clock.now)
