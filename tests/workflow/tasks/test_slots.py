"""Tasks are sent in their slots: never too many at once, one submission each, first come first served.

By a clock that stands still while anything is at work: how long a call is on its way tells of the machine.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import boto3
import pytest

from local.standin import StandIn
from tests.integration.time_lapse import TimeLapse
from tests.support.gateway import UPSTREAM_KEY, Gateway, gateway
from tests.workflow.interference import AT_ONCE
from tests.workflow.records import await_true, job_of
from tongyi.gateways.dynamodb.slot_table import SlotTable

TASKS = 6
PROMPTS = [f"cat {number}" for number in range(TASKS)]


@dataclass(frozen=True)
class Sent:
    """What the ledger says of six tasks submitted at once, and which slots they reserved (epoch milliseconds)."""

    prompts: list[str]
    times: list[float]
    slots: list[int]


@pytest.fixture(scope="module")
def sent() -> Sent:
    with pytest.MonkeyPatch.context() as monkeypatch, gateway(monkeypatch) as running:
        slots, lapse = _watch_slots(monkeypatch), TimeLapse(running, monkeypatch)
        monkeypatch.setenv("DISPATCH_WAIT_SECONDS", "0")
        # Nothing is finished, and so nothing copied, before all are sent.
        running.standin.configure(pending_seconds=1000)
        for prompt in PROMPTS:
            running.submit({"prompt": prompt})
        lapse.until(lambda: len(running.submissions()) >= TASKS, "six submissions")
        ledger = running.submissions()
        return Sent([entry["prompt"] for entry in ledger], [entry["time"] for entry in ledger], slots)


def _watch_slots(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    slots: list[int] = []
    real = SlotTable.reserve

    def reserve(table: SlotTable, model: str, *, earliest_ms: int, spacing_ms: int) -> int:
        slots.append(real(table, model, earliest_ms=earliest_ms, spacing_ms=spacing_ms))
        return slots[-1]

    monkeypatch.setattr(SlotTable, "reserve", reserve)
    return slots


def test_slots_let_each_of_six_tasks_through_once(sent: Sent) -> None:
    assert sorted(sent.prompts) == PROMPTS


def test_slots_are_never_used_too_early(sent: Sent) -> None:
    # The functions' clock counts in whole milliseconds.
    times = [round(at * 1000) for at in sorted(sent.times)]

    assert all(at >= slot for at, slot in zip(times, sorted(sent.slots), strict=False))


def test_slots_let_no_more_than_two_through_in_any_second(sent: Sent) -> None:
    times = sorted(sent.times)

    assert all(third - first >= 1 for first, third in zip(times, times[2:], strict=False))


def test_slots_that_are_far_off_are_waited_for(running: Gateway) -> None:
    key = {"pk": "SLOT#wanx-v1", "sk": "SLOT"}
    soon = (time.time_ns() // 1_000_000) + 4_000
    boto3.resource("dynamodb").Table(running.names["Table"]).put_item(Item={**key, "next_at": soon})

    task_id = running.submit({"prompt": "a cat"}).body["output"]["task_id"]
    running.wait_for(task_id)

    assert [entry["time"] * 1000 >= soon for entry in running.submissions()] == [True]


def test_slots_are_given_back_for_later_ones_where_nobody_listens_upstream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with _reserved_ports(2) as ports:
        _is_found_when_it_listens(monkeypatch, ports)


def _is_found_when_it_listens(monkeypatch: pytest.MonkeyPatch, ports: list[int]) -> None:
    hosts = {
        "DashScopeBaseUrl": f"http://127.0.0.1:{ports[0]}",
        "ResultHosts": f"http://127.0.0.1:{ports[1]}",
    }
    with gateway(monkeypatch, AT_ONCE | hosts) as running:
        monkeypatch.setenv("DISPATCH_WAIT_SECONDS", "0.1")
        key = running.issue_key("alice")
        task_id = running.submit({"prompt": "a cat"}).body["output"]["task_id"]
        await_true(lambda: job_of(running, task_id).refusals > 0, "a refusal")
        late = StandIn(
            [UPSTREAM_KEY], pending_seconds=0, seconds_per_image=0, port=ports[0], picture_port=ports[1]
        )
        with late:
            shown = running.finished(task_id, key)
            assert [entry["status"] for entry in late.ledger("submit")] == [200]
    assert shown.body["output"]["task_status"] == "SUCCEEDED"


@contextmanager
def _reserved_ports(many: int) -> Iterator[list[int]]:
    """Ports where nobody listens until the test does: bound, so that nobody else is given them."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(many)]
        for one in held:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(("127.0.0.1", 0))
        yield [one.getsockname()[1] for one in held]
