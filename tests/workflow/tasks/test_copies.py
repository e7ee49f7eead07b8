"""Copying pictures: tried again, given up on, refused."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.workflow.tasks.scenarios import ELSEWHERE
from tests.workflow.tasks.walk import Walk
from tongyi.clock import to_datetime
from tongyi.usecases.workflow.store_image import ATTEMPTS

UNCOPIED = ["has a broken picture", "has pictures elsewhere", "crashes in store"]


def test_store_image_is_repeated_until_a_copy_is_sound(walked: Walk) -> None:
    found = walked.walked["has a flaky picture"]

    assert found.called("picture") == [503, 503, 503, 200]
    assert len(found.copies) == 1
    assert found.shown.body["output"]["results"][0]["bytes"] == len(found.copies[0])


def test_store_image_stops_trying_after_its_last_attempt(walked: Walk) -> None:
    assert len(walked.walked["has a broken picture"].called("picture")) == ATTEMPTS


def test_store_image_never_asks_a_host_that_is_not_listed(walked: Walk) -> None:
    found = walked.walked["has pictures elsewhere"]

    assert found.called("picture") == []
    assert found.shown.body["output"]["results"][0]["copy_error"]["code"] == "PictureRefused"


@pytest.mark.parametrize("prompt", UNCOPIED)
def test_image_task_without_a_copy_leaves_the_bucket_empty(walked: Walk, prompt: str) -> None:
    assert walked.walked[prompt].copies == ()


@pytest.mark.parametrize("prompt", UNCOPIED)
def test_image_task_without_a_copy_succeeds_with_the_link_of_upstream(walked: Walk, prompt: str) -> None:
    found = walked.walked[prompt]
    result = found.shown.body["output"]["results"][0]

    assert found.shown.body["output"]["task_status"] == "SUCCEEDED"
    assert result["url"] == found.task.images[1].url
    assert result["stored"] is False


def test_image_task_without_a_copy_keeps_the_host_of_upstream_in_its_link(walked: Walk) -> None:
    result = walked.walked["has pictures elsewhere"].shown.body["output"]["results"][0]

    assert result["url"].startswith(ELSEWHERE)


def test_image_task_without_a_copy_says_when_the_link_of_upstream_dies(walked: Walk) -> None:
    found = walked.walked["has a broken picture"]
    dies = datetime.fromisoformat(found.shown.body["output"]["results"][0]["url_expires_at"])

    created, ended = to_datetime(found.task.created_at), to_datetime(found.task.ended_at or 0)
    second = timedelta(seconds=1)
    assert created + timedelta(hours=24) - second <= dies <= ended + timedelta(hours=24)
