"""DashScope's body of an asynchronous order, as its SDK sends it."""

from __future__ import annotations

from typing import Any

import pytest

from tongyi.errors import InvalidParameter
from tongyi.models.images.bodies import parse_image_request, parse_task_request

PICTURE, SKETCH = "https://example.com/cat.png", "https://example.com/sketch.png"


def _body(**given: Any) -> dict[str, Any]:
    return {"model": "wanx-v1", "input": {"prompt": "a cat", **given}}


def _complaint(body: Any) -> str:
    with pytest.raises(InvalidParameter) as caught:
        parse_task_request(body)
    return caught.value.message


def test_task_request_is_the_flat_one_in_another_shape() -> None:
    nested = {**_body(ref_img=PICTURE), "parameters": {"n": 2, "size": "720*1280", "ref_mode": "refonly"}}
    flat = {"prompt": "a cat", "ref_img": PICTURE, "n": 2, "size": "720*1280", "ref_mode": "refonly"}
    assert parse_task_request(nested) == parse_image_request(nested) == parse_image_request(flat)


def test_task_request_takes_the_sdks_second_name_for_a_reference_picture() -> None:
    request = parse_task_request(_body(sketch_image_url=SKETCH))
    assert request == parse_task_request(_body(ref_img=SKETCH))


@pytest.mark.parametrize("sketch", [SKETCH, "", None])
def test_task_request_takes_the_first_name_before_the_second(sketch: str | None) -> None:
    request = parse_task_request(_body(ref_img=PICTURE, sketch_image_url=sketch))
    assert request.input == {"prompt": "a cat", "ref_img": PICTURE}


@pytest.mark.parametrize("given", [{}, {"ref_img": None}, {"ref_img": ""}, {"sketch_image_url": ""}])
def test_task_request_can_do_without_a_reference_picture(given: dict[str, Any]) -> None:
    assert parse_task_request(_body(**given)).input == {"prompt": "a cat"}


def test_task_request_checks_the_second_name_as_the_first() -> None:
    assert _complaint(_body(sketch_image_url="http://localhost/")).startswith("ref_img: must be an http")


def test_task_request_takes_an_upload() -> None:
    link = "oss://dashscope-instant/ab12/2026-01-15/f00d/猫.png"
    assert parse_task_request(_body(ref_img=link)).input["ref_img"] == link


@pytest.mark.parametrize(
    "body", [{"prompt": "a cat"}, {"model": "wanx-v1"}, {"input": "a cat"}, {**_body(), "n": 1}, [], None]
)
def test_task_request_takes_the_nested_shape_only(body: Any) -> None:
    assert _complaint(body)


def test_flat_request_has_no_second_name() -> None:
    with pytest.raises(InvalidParameter, match=r"^sketch_image_url: is not a parameter of this route"):
        parse_image_request({"prompt": "a cat", "sketch_image_url": SKETCH})
