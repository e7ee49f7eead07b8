"""Many calls at once: numbers, rates and order still hold."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from requests import Response

from local.standin import StandIn

pytestmark = pytest.mark.enable_socket
Send = Callable[..., Response]


def test_a_rate_holds_for_submissions_at_the_same_time(submit: Send) -> None:
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: submit().status_code, range(16)))
    assert statuses.count(200) == 2


def test_a_fault_is_used_as_often_as_asked_by_calls_at_the_same_time(standin: StandIn, call: Send) -> None:
    standin.add_fault("query", "status", status=500, times=5)
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: call("GET", "/api/v1/tasks/nothing").status_code, range(16)))
    assert replies.count(500) == 5


def test_the_ledger_is_in_order_for_calls_at_the_same_time(standin: StandIn, call: Send) -> None:
    standin.freeze(False)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: call("GET", "/api/v1/tasks/nothing"), range(16)))
    entries = standin.ledger()
    assert [entry["seq"] for entry in entries] == list(range(1, 17))
    assert [entry["time"] for entry in entries] == sorted(entry["time"] for entry in entries)
