"""Orders that come while the operator has something to mend: told at once, with nothing written down."""

from __future__ import annotations

import pytest

from tests.support.fakes.circuits import FakeCircuitTable
from tests.support.fakes.gateways import (
    FakeClock,
    FakeQuotaTable,
    FakeSlotTable,
    FakeTaskTable,
    FakeUploadTable,
    FakeWorkflow,
)
from tests.support.fakes.records import HOUR, NOW
from tongyi.config import SubmissionSettings
from tongyi.errors import UpstreamSuspended
from tongyi.models.images.bodies import parse_image_request
from tongyi.models.workflow.circuit import ACCOUNT, Circuit
from tongyi.usecases.tasks.submit_images import Placed, SubmitImages
from tongyi.usecases.workflow.circuit_breaker import CircuitBreaker


class Case:
    """Orders for pictures of wanx-v1, with one idempotency key, and a circuit."""

    def __init__(self, scope: str, probe_at: int) -> None:
        self.tasks, self.workflow, self.quotas = FakeTaskTable(), FakeWorkflow(), FakeQuotaTable()
        circuit = Circuit(scope=scope, code="Arrearage", opened_at=NOW, probe_at=probe_at)
        self.circuits = FakeCircuitTable(circuit)

    def place(self) -> Placed:
        clock = FakeClock()
        gateways = (self.tasks, FakeSlotTable(), self.quotas, FakeUploadTable(), self.workflow)
        circuit = CircuitBreaker(self.circuits, clock, lambda: 1.0)
        submit = SubmitImages(*gateways, circuit, SubmissionSettings("arn", 30, 4, 60, 3), clock)
        return submit.place(parse_image_request({"prompt": "a cat"}), None, "a-key")


@pytest.mark.parametrize("scope", [ACCOUNT, "wanx-v1"])
def test_order_is_not_taken_before_it_is_time_to_try(scope: str) -> None:
    case = Case(scope, NOW + 7_001)
    with pytest.raises(UpstreamSuspended) as caught:
        case.place()
    assert caught.value.headers == {"Retry-After": "8"}
    assert (case.tasks.tasks, case.workflow.started, case.quotas.used["images"]) == ({}, [], 0)


@pytest.mark.parametrize(("scope", "probe_at"), [("qwen-image", NOW + HOUR), (ACCOUNT, NOW)])
def test_order_is_taken_that_may_go_through(scope: str, probe_at: int) -> None:
    """Another model is at fault; or it is time to try, and this may be the only order to try with."""
    case = Case(scope, probe_at)
    case.place()
    assert len(case.workflow.started) == 1


def test_order_that_was_taken_before_is_still_found() -> None:
    case = Case(ACCOUNT, NOW)
    first = case.place()
    case.circuits.circuits[ACCOUNT] = Circuit.opened(ACCOUNT, "Arrearage", NOW)
    assert case.place() == Placed(case.tasks.tasks[first.task.task_id], replayed=True)
