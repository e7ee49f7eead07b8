"""The forms that a reply with pictures may have: one parser reads them all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongyi.gateways.dashscope import replies
from tongyi.gateways.dashscope.replies import UnexpectedReply
from tongyi.models.tasks.records import Failure
from tongyi.models.workflow.upstream import UpstreamPicture

KEY = "sk-0123456789abcdef"
ONE, TWO = "https://pictures.example/1.png", "https://pictures.example/2.png"
LATE = {"code": "InternalError.Timeout", "message": "It came too late."}
TOO_LATE = Failure(code=LATE["code"], message=LATE["message"])
BOTH = (UpstreamPicture(url=ONE), UpstreamPicture(url=TWO))

LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from([ONE, "text", ""])
NAMES = ["output", "results", "choices", "message", "content", "image", "text", "url", "code", "task_metric"]
JSON = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


def _choice(*parts: Any) -> dict[str, Any]:
    return {"finish_reason": "stop", "message": {"role": "assistant", "content": list(parts)}}


def _said(*choices: Any) -> dict[str, Any]:
    made = len(choices)
    return {
        "output": {
            "choices": list(choices),
            "task_metric": {"TOTAL": made, "SUCCEEDED": made, "FAILED": 0},
        },
        "usage": {"image_count": made, "width": 2048, "height": 2048},
        "request_id": "r-1",
    }


def _image(url: str) -> dict[str, str]:
    return {"image": url}


FORMS = {
    "results": {"output": {"results": [{"url": ONE}, {"url": TWO}]}},
    "many choices": _said(_choice(_image(ONE)), _choice(_image(TWO))),
    "one choice with many pictures": _said(_choice(_image(ONE), _image(TWO))),
    "pictures among words": _said(_choice({"text": "Here:"}, _image(ONE), {"text": "and"}, _image(TWO))),
}


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS)
def test_pictures_are_found_in_every_form(body: Any) -> None:
    assert replies.pictures(body, KEY) == BOTH


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS)
def test_task_has_the_pictures_of_every_form(body: Any) -> None:
    output = {"task_id": "t", "task_status": "SUCCEEDED", **body["output"]}
    assert replies.task({"output": output}, KEY).pictures == BOTH


def test_picture_of_the_documents_own_example() -> None:
    assert replies.pictures(_said(_choice(_image(ONE))), KEY) == BOTH[:1]


def test_picture_that_failed_keeps_its_place_among_the_results() -> None:
    body = {"output": {"results": [{"url": ONE}, LATE, {"url": TWO, "actual_prompt": "猫"}]}}
    assert replies.pictures(body, KEY) == (
        UpstreamPicture(url=ONE),
        UpstreamPicture(error=TOO_LATE),
        UpstreamPicture(url=TWO, actual_prompt="猫"),
    )


def test_pictures_that_all_failed_are_an_answer() -> None:
    [picture] = replies.pictures({"output": {"results": [LATE]}}, KEY)
    assert picture.error == TOO_LATE


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "ok",
        {},
        {"output": None},
        {"output": {}},
        {"output": {"results": []}},
        {"code": "DataInspectionFailed", "message": "No.", "request_id": "r"},
        {"output": {"code": "DataInspectionFailed", "message": "No."}},
        _said(),
        _said(None),
        _said({"message": None}),
        _said(_choice()),
        _said(_choice(None, "text", {"image": None}, {"image": ""}, {"text": "Sorry."})),
        _said({"message": {"content": "Sorry."}}),
    ],
)
def test_reply_without_a_picture_is_unexpected(body: Any) -> None:
    with pytest.raises(UnexpectedReply):
        replies.pictures(body, KEY)


def test_pictures_show_no_key_in_their_errors() -> None:
    assert KEY not in repr(replies.pictures({"output": {"results": [{"code": "X", "message": KEY}]}}, KEY))


@given(JSON)
def test_replies_have_pictures_or_are_unexpected(body: Any) -> None:
    try:
        found = replies.pictures(body, KEY)
    except UnexpectedReply:
        return
    assert all((picture.url is None) != (picture.error is None) for picture in found)
