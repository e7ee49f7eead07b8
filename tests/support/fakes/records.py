"""Records as tests need them: everything has a value, and each test names only what it is about."""

from __future__ import annotations

from typing import Any

from tongyi.models.tasks.records import Failure, ImageRecord, JobRecord, TaskRecord
from tongyi.models.tasks.status import ImageStatus
from tongyi.models.workflow.payloads import ImageRef, JobRef

# 2026-01-15 12:00:00.250 UTC.
NOW = 1_768_478_400_250
SECOND = 1_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
TASK_ID = "6f1f2f3e-0000-4000-8000-000000000001"
UPSTREAM_ID = "86ecf553-d340-4e21-af6e-a0c6a421c010"
# Signed for a day and a little more, from NOW on.
LINK = "https://dashscope-result-bj.oss-cn-beijing.aliyuncs.com/123/a1.png?Expires=1768564801"
JOB = JobRef(task_id=TASK_ID, job=0)
IMAGE = ImageRef(task_id=TASK_ID, image=1)
BROKEN = Failure(code="InternalError", message="It broke.")


def a_job(**given: Any) -> JobRecord:
    """A job of two pictures that nobody has sent yet."""
    return JobRecord(**{"n": 2, **given})


def an_image(**given: Any) -> ImageRecord:
    """A picture that DashScope has made."""
    made = {"status": ImageStatus.MADE, "url": LINK, "url_expires_at": NOW + DAY}
    return ImageRecord(**{**made, **given})


def a_stored_image(**given: Any) -> ImageRecord:
    """A picture whose copy is in S3."""
    facts = {"sha256": "ab" * 32, "content_type": "image/png", "bytes": 1234, "width": 1024, "height": 768}
    kept = {"status": ImageStatus.STORED, "key": f"images/{TASK_ID}/1.png", **facts}
    return an_image(**{**kept, **given})


def a_failed_image(**given: Any) -> ImageRecord:
    """A picture that DashScope did not make."""
    return ImageRecord(**{"status": ImageStatus.FAILED, "error": BROKEN, **given})


def a_task(*jobs: JobRecord, images: dict[int, ImageRecord] | None = None, **given: Any) -> TaskRecord:
    """A task of one job that was just written down."""
    made: dict[str, Any] = {
        "task_id": TASK_ID,
        "model": "wanx-v1",
        "input": {"prompt": "一只奔跑的猫"},
        "parameters": {"n": 2},
        "created_at": NOW,
        "expires_at": NOW // SECOND + 30 * 24 * 3600,
        "jobs": dict(enumerate(jobs or (a_job(),))),
        "images": images or {},
    }
    return TaskRecord(**{**made, **given})
