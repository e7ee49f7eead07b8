"""Submissions with an uploaded reference picture."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from requests import Response

from local.standin import StandIn

pytestmark = pytest.mark.enable_socket
PATH = "/api/v1/services/aigc/text2image/image-synthesis"
ASYNC = {"X-DashScope-Async": "enable"}
RESOLVE = {"X-DashScope-OssResourceResolve": "enable"}
OTHER_KEY = "the-other-key"
Send = Callable[..., Response]
Policy = Callable[..., dict[str, Any]]
Refer = Callable[..., Response]
Outcome = Callable[..., tuple[str, str | None, str | None]]


def _picture(size: tuple[int, int] = (256, 256), kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind)
    return file.getvalue()


def _promise(side: int) -> bytes:
    """The start of a PNG with that many pixels on each side."""
    head = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT"


@pytest.fixture
def refer(call: Send) -> Refer:
    """Submit a task with a reference picture."""

    def send(link: str, *, name: str = "ref_img", headers: Any = RESOLVE, **more: Any) -> Response:
        body = {"model": more.pop("model", "wanx-v1"), "input": {"prompt": "a cat", name: link}}
        return call("POST", PATH, json=body, headers={**ASYNC, **headers}, **more)

    return send


@pytest.fixture
def uploaded(upload: Send, policy: Policy) -> Callable[..., str]:
    """Upload a file and return its oss:// link."""

    def send(content: bytes, model: str = "wanx-v1", **more: Any) -> str:
        told = policy(model, **more)
        assert upload(content, granted=told).status_code == 200
        return f"oss://{told['upload_dir']}/cat.png"

    return send


@pytest.fixture
def outcome(standin: StandIn, refer: Refer, shown: Callable[..., dict[str, Any]]) -> Outcome:
    """Submit a task with a reference picture and return its status, code and message at its end."""

    def run(link: str, **more: Any) -> tuple[str, str | None, str | None]:
        task_id = refer(link, **more).json()["output"]["task_id"]
        standin.advance(60)
        output = shown(task_id)["output"]
        return output["task_status"], output.get("code"), output.get("message")

    return run


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "TIFF", "WEBP"])
def test_an_uploaded_picture_is_taken(uploaded: Callable[..., str], outcome: Outcome, kind: str) -> None:
    assert outcome(uploaded(_picture(kind=kind)))[0] == "SUCCEEDED"


@pytest.mark.parametrize("name", ["ref_img", "ref_image"])
@pytest.mark.parametrize("headers", [{}, {"X-DashScope-OssResourceResolve": "disable"}])
def test_a_link_nobody_is_told_to_resolve_is_refused(
    uploaded: Callable[..., str], refer: Refer, name: str, headers: dict[str, str]
) -> None:
    reply = refer(uploaded(_picture()), name=name, headers=headers)
    told = (reply.status_code, reply.json()["code"], reply.json()["message"])
    assert told == (400, "InvalidParameter", "url error, please check url!")


@pytest.mark.parametrize("size", [(256, 4096), (4096, 256)])
def test_sides_at_the_limits_are_taken(
    uploaded: Callable[..., str], outcome: Outcome, size: tuple[int, int]
) -> None:
    assert outcome(uploaded(_picture(size)))[0] == "SUCCEEDED"


@pytest.mark.parametrize("size", [(255, 300), (300, 255), (4097, 300), (300, 4097)])
def test_sides_beyond_the_limits_fail_the_task(
    uploaded: Callable[..., str], outcome: Outcome, size: tuple[int, int]
) -> None:
    assert outcome(uploaded(_picture(size))) == (
        "FAILED",
        "InvalidParameter",
        "input.ref_img must have sides of 256 to 4096 pixels.",
    )


@pytest.mark.parametrize("side", [5000, 10_000, 100_000])
def test_a_huge_picture_fails_the_task_before_it_is_decoded(
    uploaded: Callable[..., str], outcome: Outcome, side: int
) -> None:
    message = outcome(uploaded(_promise(side)))[2]
    assert message == "input.ref_img must have sides of 256 to 4096 pixels."


@pytest.mark.parametrize("content", [b"", b"no picture", _picture(kind="GIF"), _picture()[:150]])
def test_what_is_no_picture_fails_the_task(
    uploaded: Callable[..., str], outcome: Outcome, content: bytes
) -> None:
    assert outcome(uploaded(content), name="ref_image") == (
        "FAILED",
        "InvalidParameter",
        "input.ref_image must be a JPG, PNG, BMP, TIFF or WEBP picture.",
    )


@pytest.mark.parametrize(("padding", "status"), [(0, "SUCCEEDED"), (1, "FAILED")])
def test_a_file_beyond_ten_megabytes_fails_the_task(
    uploaded: Callable[..., str], outcome: Outcome, padding: int, status: str
) -> None:
    picture = _picture(kind="BMP")
    content = picture + bytes(10 * 1024 * 1024 - len(picture) + padding)
    assert outcome(uploaded(content))[0] == status


def test_a_file_of_another_key_fails_the_task(uploaded: Callable[..., str], outcome: Outcome) -> None:
    status, code, message = outcome(uploaded(_picture(), key=OTHER_KEY))
    assert (status, code) == ("FAILED", "InvalidParameter")
    assert str(message).startswith("input.ref_img cannot be found")


def test_a_file_nobody_uploaded_fails_the_task(outcome: Outcome) -> None:
    assert outcome("oss://dashscope-instant/cat.png")[:2] == ("FAILED", "InvalidParameter")


def test_a_file_for_another_model_fails_the_task(uploaded: Callable[..., str], outcome: Outcome) -> None:
    assert outcome(uploaded(_picture(), model="qwen-image"))[2] == (
        "input.ref_img was uploaded for the model qwen-image, not for wanx-v1."
    )


def test_a_file_older_than_two_days_fails_the_task(
    standin: StandIn, uploaded: Callable[..., str], outcome: Outcome
) -> None:
    link = uploaded(_picture())
    standin.advance(48 * 3600)
    assert outcome(link)[0] == "FAILED"


def test_a_web_link_is_not_followed(outcome: Outcome) -> None:
    assert outcome("https://example.com/cat.png", headers={})[0] == "SUCCEEDED"
