"""Single pictures: by a link that never changes, or inside a reply."""

from __future__ import annotations

import base64

import pytest

from tests.support.fakes.gateways import FakeClock, FakeTaskTable
from tests.support.fakes.images import FakePictureBucket
from tests.support.fakes.records import (
    BROKEN,
    LINK,
    NOW,
    SECOND,
    TASK_ID,
    a_failed_image,
    a_job,
    a_stored_image,
    a_task,
    an_image,
)
from tongyi.errors import PictureNotFound, PicturesTooLarge, TaskNotFound
from tongyi.models.tasks.records import ImageRecord, TaskRecord
from tongyi.models.tasks.status import ImageStatus, JobStatus, TaskStatus
from tongyi.usecases.tasks.hand_out_images import MOST_INLINE_BYTES, HandOutPictures

UNCOPIED = an_image(status=ImageStatus.UNCOPIED, error=BROKEN)


def _made(*images: ImageRecord, status: TaskStatus = TaskStatus.SUCCEEDED) -> TaskRecord:
    numbered = dict(enumerate(images, start=1))
    return a_task(a_job(n=len(images)), images=numbered, status=status, ended_at=NOW, owner="alice")


def _stored(number: int, **given: object) -> ImageRecord:
    return a_stored_image(key=f"images/{TASK_ID}/{number}.png", **given)


def _link(task: TaskRecord, name: str = "1", owner: str | None = "alice", now: int = NOW) -> str:
    clock = FakeClock(now)
    hand_out = HandOutPictures(FakeTaskTable(task, clock=clock), FakePictureBucket(), 77, clock)
    return hand_out.link(TASK_ID, name, owner)


def _refusal(task: TaskRecord, name: str = "1", now: int = NOW) -> str:
    with pytest.raises(PictureNotFound) as caught:
        _link(task, name, now=now)
    return caught.value.message


class Inline:
    """A task, and its pictures in a bucket."""

    def __init__(self, *images: ImageRecord, **contents: bytes) -> None:
        self.task, self.bucket = _made(*images), FakePictureBucket()
        self.bucket.objects = {f"images/{TASK_ID}/{name[1:]}.png": said for name, said in contents.items()}

    def run(self) -> list[str | None]:
        return HandOutPictures(FakeTaskTable(), self.bucket, 77, FakeClock()).inline(self.task)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_link_is_to_the_picture_of_that_number(number: int) -> None:
    task = _made(_stored(1), _stored(2), _stored(3))
    assert _link(task, str(number)) == f"https://bucket.example/images/{TASK_ID}/{number}.png?seconds=77"


def test_link_counts_the_pictures_of_all_calls() -> None:
    jobs = [a_job(n=1, first_image=number) for number in (1, 2)]
    images = {2: _stored(2), 1: _stored(1)}
    task = a_task(*jobs, images=images, status=TaskStatus.SUCCEEDED, ended_at=NOW)
    assert _link(task, "2") == f"https://bucket.example/images/{TASK_ID}/2.png?seconds=77"


@pytest.mark.parametrize("name", ["0", "3", "01", "-1", "x", "", "1.png", "1 ", "１", "²", "1" * 5000])
def test_link_to_a_picture_that_was_not_ordered_is_not_found(name: str) -> None:
    assert _refusal(_made(_stored(1), _stored(2)), name) == "The task has no such picture, or has it not yet."


@pytest.mark.parametrize("status", [TaskStatus.PENDING, TaskStatus.FAILED, TaskStatus.CANCELED])
def test_link_needs_a_task_that_has_succeeded(status: TaskStatus) -> None:
    task = _made(_stored(1), status=status)
    assert _refusal(task) == "The task has no such picture, or has it not yet."


def test_link_does_not_go_before_the_end_of_the_task() -> None:
    task = a_task(a_job(n=1, status=JobStatus.SUCCEEDED), images={1: _stored(1)}, owner="alice")
    assert _refusal(task) == "The task has no such picture, or has it not yet."


@pytest.mark.parametrize("image", [UNCOPIED, an_image()], ids=["given up", "never tried"])
def test_link_of_a_picture_without_a_copy_is_dashscopes(image: ImageRecord) -> None:
    assert _link(_made(image)) == LINK


@pytest.mark.parametrize("left_ms", [0, -1, -SECOND])
def test_link_of_dashscopes_ends_when_it_does(left_ms: int) -> None:
    task = _made(UNCOPIED.model_copy(update={"url_expires_at": NOW + SECOND}))
    assert _link(task, now=NOW + SECOND - 1) == LINK
    assert _refusal(task, now=NOW + SECOND - left_ms).startswith("This picture was not made")


def test_link_of_dashscopes_needs_to_be_known_to_work() -> None:
    assert _refusal(_made(UNCOPIED.model_copy(update={"url_expires_at": None})))
    assert _refusal(_made(UNCOPIED.model_copy(update={"url": None})))


def test_link_of_ours_does_not_end_with_dashscopes() -> None:
    image = _stored(1, url_expires_at=NOW - SECOND)
    assert _link(_made(image)) == f"https://bucket.example/images/{TASK_ID}/1.png?seconds=77"


def test_picture_that_failed_has_no_link_and_leaves_the_others_theirs() -> None:
    task = _made(a_failed_image(), _stored(2))
    assert _refusal(task, "1") == "This picture was not made, or its link at DashScope is over."
    assert "2.png" in _link(task, "2")


def test_picture_of_a_call_that_failed_has_no_link() -> None:
    failed = a_job(n=1, first_image=2, status=JobStatus.FAILED, error=BROKEN)
    jobs = (a_job(n=1), failed)
    task = a_task(*jobs, images={1: _stored(1)}, status=TaskStatus.SUCCEEDED, ended_at=NOW)
    assert _refusal(task, "2") == "This picture was not made, or its link at DashScope is over."


@pytest.mark.parametrize("owner", ["bob", None, ""])
def test_link_is_for_the_owner_only(owner: str | None) -> None:
    with pytest.raises(TaskNotFound):
        _link(_made(_stored(1)), owner=owner)


def test_link_ends_with_the_task() -> None:
    task = _made(_stored(1))
    with pytest.raises(TaskNotFound):
        _link(task, now=task.expires_at * SECOND)


def test_inline_has_every_picture_in_order() -> None:
    case = Inline(_stored(1), _stored(2), _1=b"one", _2=b"two")
    assert case.run() == [base64.b64encode(b"one").decode(), base64.b64encode(b"two").decode()]


def test_inline_has_nothing_for_a_picture_without_a_copy() -> None:
    case = Inline(UNCOPIED, _stored(2), a_failed_image(), _2=b"two")
    assert case.run() == [None, base64.b64encode(b"two").decode(), None]


@pytest.mark.parametrize("number", [1, 3])
def test_inline_holds_so_many_bytes(number: int) -> None:
    first = MOST_INLINE_BYTES - (number - 1) * 10
    sizes = [first] + [10] * (number - 1)
    images = [_stored(place, bytes=size) for place, size in enumerate(sizes, start=1)]
    case = Inline(*images, **{f"_{place}": b"x" for place in range(1, number + 1)})
    assert len(case.run()) == number


def test_inline_refuses_a_byte_more_and_reads_nothing() -> None:
    half = MOST_INLINE_BYTES // 2
    case = Inline(_stored(1, bytes=half), _stored(2, bytes=half + 1), _1=b"one", _2=b"two")
    with pytest.raises(PicturesTooLarge) as caught:
        case.run()
    assert caught.value.message == (
        f"response_format: the pictures have {MOST_INLINE_BYTES + 1} bytes, and a reply holds {MOST_INLINE_BYTES}; "
        f"they are kept: ask for url instead, or GET /v1/images/{TASK_ID}/1 to 2."
    )
    assert case.bucket.read_keys == []


def test_inline_pictures_fit_into_what_lambda_answers() -> None:
    """6 MB, of which base64 takes four bytes for three; the rest of the reply has less than 256 KiB."""
    assert MOST_INLINE_BYTES * 4 / 3 + 256 * 1024 < 6 * 1024 * 1024
