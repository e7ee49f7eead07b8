"""Copying a picture: what is copied, and what is broken and never reaches the bucket."""

from __future__ import annotations

import hashlib
from typing import Any

import boto3
import pytest
import requests

from tests.integration.storage.copying import Copy, copier, link_upstream
from tests.integration.workflow.raw_server import rogue
from tests.support.gateway import Gateway
from tongyi.gateways.outbound import image_source
from tongyi.models.tasks.status import ImageStatus

UNAVAILABLE: dict[str, dict[str, Any]] = {
    "cut off": {"kind": "truncate"},
    "hung up": {"kind": "drop"},
    "no picture": {"kind": "garbage"},
    "damaged": {"kind": "corrupt"},
    "not there": {"kind": "status", "status": 404, "code": "NoSuchKey"},
    "not allowed": {"kind": "status", "status": 403, "code": "AccessDenied"},
    "host down": {"kind": "status", "status": 503, "code": "ServiceUnavailable"},
    "empty": {"kind": "body", "json": None},
}


@pytest.fixture(autouse=True)
def _fresh(shared: Gateway) -> None:
    shared.standin.clear_faults()


@pytest.fixture(scope="module")
def link(shared: Gateway) -> str:
    return link_upstream(shared)


@pytest.fixture
def copy(shared: Gateway, monkeypatch: pytest.MonkeyPatch) -> Copy:
    """Copies from the stand-in."""
    return copier(shared, monkeypatch, shared.standin.picture_url)


def test_store_image_keeps_the_bytes_of_upstream(shared: Gateway, copy: Copy, link: str) -> None:
    _, image = copy(link)

    assert shared.objects()[image.key or ""] == requests.get(link, timeout=300).content


def test_store_image_tells_a_copy_by_its_bytes(shared: Gateway, copy: Copy, link: str) -> None:
    _, image = copy(link)

    content = shared.objects()[image.key or ""]
    assert (image.sha256, image.bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (image.content_type, image.width, image.height) == ("image/png", 720, 1280)


def test_store_image_names_the_type_of_a_copy(shared: Gateway, copy: Copy, link: str) -> None:
    _, image = copy(link)

    kept = boto3.client("s3").head_object(Bucket=shared.names["Bucket"], Key=image.key or "")
    assert kept["ContentType"] == "image/png"


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("fault", UNAVAILABLE.values(), ids=UNAVAILABLE)
def test_store_image_tries_again_later_what_is_not_whole(
    shared: Gateway, copy: Copy, link: str, fault: dict[str, Any]
) -> None:
    shared.standin.add_fault("picture", **fault)

    step, image = copy(link)

    assert (step["next"], image.status, image.attempts) == ("wait", ImageStatus.MADE, 1)
    assert image.error is not None
    assert image.error.code == "PictureUnavailable"


@pytest.mark.usefixtures("empty")
def test_store_image_gives_a_drip_up_at_its_deadline(
    shared: Gateway, monkeypatch: pytest.MonkeyPatch, link: str
) -> None:
    tenth = len(requests.get(link, timeout=300).content) // 10
    shared.standin.add_fault("picture", "drip", bytes=tenth, interval=0.5)
    copy = copier(shared, monkeypatch, shared.standin.picture_url, seconds=0.7)

    step, _ = copy(link)

    assert step["next"] == "wait"


@pytest.mark.usefixtures("empty")
def test_store_image_refuses_what_announces_more_than_the_limit_before_it_comes(
    shared: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rogue([b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n"]) as origin:
        step, image = copier(shared, monkeypatch, origin)(f"{origin}/a.png")

    assert (step["next"], image.status) == ("end", ImageStatus.UNCOPIED)


@pytest.mark.usefixtures("empty")
def test_store_image_refuses_what_goes_on_beyond_the_limit(
    shared: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_source, "MAX_BYTES", 1000)
    with rogue([b"HTTP/1.1 200 OK\r\n\r\n", *[b"a" * 400] * 4]) as origin:
        step, image = copier(shared, monkeypatch, origin)(f"{origin}/a.png")

    assert (step["next"], image.status) == ("end", ImageStatus.UNCOPIED)


@pytest.mark.usefixtures("empty")
def test_store_image_finds_out_half_a_picture_of_unknown_length(
    shared: Gateway, monkeypatch: pytest.MonkeyPatch, link: str
) -> None:
    whole = requests.get(link, timeout=300).content
    with rogue([b"HTTP/1.1 200 OK\r\n\r\n", whole[: len(whole) // 2]]) as origin:
        step, _ = copier(shared, monkeypatch, origin)(f"{origin}/a.png")

    assert step["next"] == "wait"
