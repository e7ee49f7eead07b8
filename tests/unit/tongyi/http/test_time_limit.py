"""How long a request may be kept, by when it came."""

from __future__ import annotations

from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from tests.support.api_gateway import proxy_event
from tests.support.fakes.records import NOW
from tongyi.http.time_limit import REPLY_SECONDS, seconds_left

CASES = {
    "just now": (NOW, REPLY_SECONDS),
    "before a cold start": (NOW - 5_000, 21.5),
    "almost too long ago": (NOW - 26_000, 0.5),
    "too long ago": (NOW - 28_000, 0),
    "a minute ago": (NOW - 60_000, 0),
    "by a clock that is ahead": (NOW + 60_000, REPLY_SECONDS),
    "a sample of an old request": (NOW - 60_001, REPLY_SECONDS),
    "a sample from the future": (NOW + 60_001, REPLY_SECONDS),
    "at no time": (None, REPLY_SECONDS),
    "at a time that is no number": ("soon", REPLY_SECONDS),
}


@pytest.mark.parametrize(("came", "left"), CASES.values(), ids=CASES)
def test_request_is_kept_for_what_is_left_of_its_time(came: Any, left: float) -> None:
    event = proxy_event("GET", "/v1/wanxiang-results")
    event["requestContext"]["requestTimeEpoch"] = came
    assert seconds_left(APIGatewayProxyEvent(event), NOW) == left


def test_request_without_a_time_has_the_whole_limit() -> None:
    event = proxy_event("GET", "/v1/wanxiang-results")
    del event["requestContext"]["requestTimeEpoch"]
    assert seconds_left(APIGatewayProxyEvent(event), NOW) == REPLY_SECONDS
