"""Copying one picture with the real function, from hosts of a test's choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
import requests

from tests.support import functions
from tests.support.gateway import UPSTREAM_KEY, Gateway
from tests.workflow.records import create_task, record, tasks
from tongyi import wiring
from tongyi.gateways.dashscope.client import SUBMIT_PATH, TASKS_PATH
from tongyi.gateways.outbound.image_source import PictureSource
from tongyi.gateways.storage.image_bucket import PictureBucket
from tongyi.models.images.hosts import PictureHosts
from tongyi.models.tasks.records import ImageRecord, JobRecord
from tongyi.models.tasks.status import ImageStatus, JobStatus
from tongyi.usecases.workflow.store_image import StoreImage
from tongyi.wiring import parts

# Copies the picture behind a link once; returns the state machine's next step and the picture's record.
Copy = Callable[[str], tuple[dict[str, Any], ImageRecord]]


def link_upstream(shared: Gateway) -> str:
    """The link of a picture that upstream has made."""
    headers = {"Authorization": f"Bearer {UPSTREAM_KEY}", "X-DashScope-Async": "enable"}
    order = {"model": "wanx-v1", "input": {"prompt": "a cat"}, "parameters": {"n": 1, "size": "720*1280"}}
    url = shared.standin.url
    made = requests.post(url + SUBMIT_PATH, json=order, headers=headers, timeout=300).json()
    task_id = made["output"]["task_id"]
    done = requests.get(url + TASKS_PATH + task_id, headers=headers, timeout=300).json()
    found: str = done["output"]["results"][0]["url"]
    return found


def copier(shared: Gateway, monkeypatch: pytest.MonkeyPatch, *hosts: str, seconds: float = 60) -> Copy:
    """What copies from these hosts, in that many seconds."""
    source = PictureSource(PictureHosts(hosts), seconds)
    bucket = PictureBucket(boto3.client("s3"), shared.names["Bucket"])
    store = StoreImage(tasks(shared), source, bucket, parts.dashscope(), parts.CLOCK)
    monkeypatch.setattr(wiring, "store_image", lambda: store)

    def copy(url: str) -> tuple[dict[str, Any], ImageRecord]:
        task_id = create_task(shared, JobRecord(n=1, status=JobStatus.SUCCEEDED))
        tasks(shared).add_images(task_id, {1: ImageRecord(status=ImageStatus.MADE, url=url)})
        step: dict[str, Any] = functions.invoke("StoreImageFunction", {"task_id": task_id, "image": 1})
        return step, record(shared, task_id).images[1]

    return copy
