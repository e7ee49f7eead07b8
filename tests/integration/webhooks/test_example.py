"""The program in docs/events.md that checks a webhook, as it stands there."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from local.tools import template
from tongyi.models.webhooks.payload import webhook_id
from tongyi.models.webhooks.signing import sign, webhook_secret

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECRET = webhook_secret("master", "owner:alice")
ID = webhook_id("13b1848b-5493-4c0e-8c44-68d038b492af")
BODY = b'{"type":"image.task.succeeded","data":{"task_id":"1"}}'


@pytest.fixture
def program() -> dict[str, Any]:
    """The program's names, with a place to remember webhooks in."""
    [code] = BLOCK.findall((template.ROOT / "docs" / "events.md").read_text(encoding="utf-8"))
    seen: dict[str, Any] = {}
    names: dict[str, Any] = {
        "SECRET": SECRET,
        "seen": seen,
        "seen_before": seen.__contains__,
        "remember": seen.__setitem__,
    }
    exec(code, names)
    return names


def _headers(now: int) -> dict[str, str]:
    return {
        "webhook-id": ID,
        "webhook-timestamp": str(now),
        "webhook-signature": sign(SECRET, ID, now, BODY),
    }


def test_example_takes_a_webhook_and_remembers_it_once(program: dict[str, Any], now: int) -> None:
    for _ in range(2):
        assert program["take"](_headers(now), BODY) == 204
    assert program["seen"] == {ID: {"task_id": "1"}}


@pytest.mark.parametrize(
    ("changes", "body"),
    [
        ({}, BODY + b" "),
        ({"webhook-id": "msg_other"}, BODY),
        ({"webhook-signature": "v1,AAAA"}, BODY),
        ({"webhook-timestamp": "1"}, BODY),
    ],
)
def test_example_refuses_what_is_not_signed(
    program: dict[str, Any], now: int, changes: dict[str, str], body: bytes
) -> None:
    assert program["take"]({**_headers(now), **changes}, body) == 400
    assert program["seen"] == {}


@pytest.fixture
def now() -> int:
    """Seconds since the epoch: what is old is refused."""
    return int(time.time())
