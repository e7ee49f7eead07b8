"""Open circuits: each is opened by one, and moved on by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.fakes.circuits import FakeCircuitTable
from tests.support.fakes.gateways import FakeClock
from tests.support.fakes.records import NOW, SECOND
from tests.unit.tongyi.conftest import TABLE
from tongyi.gateways.dynamodb.circuit_table import KEPT_SECONDS, CircuitTable
from tongyi.models.workflow.circuit import ACCOUNT, Circuit

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WANX = "wanx-v1"
UNPAID = Circuit.opened(ACCOUNT, "Arrearage", NOW)


@pytest.fixture(params=["dynamodb", "fake"])
def table(request: pytest.FixtureRequest, clock: FakeClock) -> CircuitTable:
    if request.param == "fake":
        return FakeCircuitTable()
    return CircuitTable(request.getfixturevalue("dynamodb"), TABLE, clock)


def test_circuits_are_closed_until_one_is_opened(table: CircuitTable) -> None:
    assert table.open_for(WANX) == []


def test_circuits_are_open_for_those_they_are_about(table: CircuitTable) -> None:
    closed = Circuit.opened(WANX, "Model.AccessDenied", NOW)
    assert (table.open(UNPAID), table.open(closed)) == (True, True)
    assert (table.open_for(WANX), table.open_for("qwen-image")) == ([UNPAID, closed], [UNPAID])


def test_circuit_is_opened_once(table: CircuitTable) -> None:
    table.open(UNPAID)
    assert table.open(Circuit.opened(ACCOUNT, "InvalidApiKey", NOW + SECOND)) is False
    assert table.open_for(WANX) == [UNPAID]


def test_circuit_is_moved_on_by_one_of_those_who_saw_it(table: CircuitTable) -> None:
    table.open(UNPAID)
    later = UNPAID.prolonged("Arrearage", NOW)
    assert (table.move_on(UNPAID, later), table.move_on(UNPAID, later)) == (True, False)
    assert table.open_for(WANX) == [later]


def test_circuit_that_was_closed_meanwhile_is_not_moved_on(table: CircuitTable) -> None:
    table.open(UNPAID)
    table.close(ACCOUNT)
    assert table.move_on(UNPAID, UNPAID.prolonged("Arrearage", NOW)) is False
    assert table.open_for(WANX) == []


def test_circuit_of_which_nothing_was_heard_for_a_day_is_forgotten(
    dynamodb: DynamoDBClient, clock: FakeClock
) -> None:
    table = CircuitTable(dynamodb, TABLE, clock)
    table.open(UNPAID)
    clock.now += KEPT_SECONDS * SECOND
    assert table.open_for(WANX) == []
    assert table.open(UNPAID) is True
