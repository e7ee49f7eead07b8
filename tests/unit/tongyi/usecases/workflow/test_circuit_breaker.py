"""The circuit of the account: who stays away, who tries, and when all go on."""

from __future__ import annotations

import io
import json

import pytest

from tests.support.fakes.circuits import FakeCircuitTable
from tests.support.fakes.gateways import FakeClock
from tests.support.fakes.records import DAY, HOUR, NOW, SECOND
from tongyi.errors import UpstreamSuspended
from tongyi.models.workflow.circuit import ACCOUNT, FIRST_WAIT_MS, LONGEST_SPREAD_MS, LONGEST_WAIT_MS, Circuit
from tongyi.usecases.workflow.circuit_breaker import PROBE_MS, CircuitBreaker, Hold

MODEL = "wanx-v1"
UNPAID, CLOSED_MODEL = (
    UpstreamSuspended("Arrearage"),
    UpstreamSuspended("Model.AccessDenied", model_only=True),
)
FIRST = FIRST_WAIT_MS // SECOND


class Case:
    """An account's circuits, a clock, and how far everybody's wait is spread: from 0, not at all, to 1."""

    def __init__(self, *circuits: Circuit, spread: float = 0.0) -> None:
        self.clock, self.table = FakeClock(), FakeCircuitTable(*circuits)
        self.circuit = CircuitBreaker(self.table, self.clock, lambda: spread)

    def hold(self, model: str = MODEL) -> Hold | None:
        return self.circuit.approach(model).hold()

    def probe(self, error: UpstreamSuspended | None) -> None:
        """One job tries as soon as it may, and is refused so, or not."""
        gate = self.circuit.approach(MODEL)
        if held := gate.hold():
            self.clock.now += held.seconds * SECOND
        assert gate.enter() is None
        if error:
            gate.refused(error)
        else:
            gate.answered()


def _seconds(hold: Hold | None) -> int:
    assert hold
    return hold.seconds


def test_circuit_lets_all_through_while_all_is_well() -> None:
    gate = Case().circuit.approach(MODEL)
    assert (gate.hold(), gate.enter()) == (None, None)


@pytest.mark.parametrize(
    ("error", "held"), [(UNPAID, {MODEL, "qwen-image"}), (CLOSED_MODEL, {MODEL})], ids=["account", "model"]
)
def test_circuit_keeps_away_whom_a_refusal_is_about(error: UpstreamSuspended, held: set[str]) -> None:
    case = Case()
    case.circuit.approach(MODEL).refused(error)
    assert {model for model in (MODEL, "qwen-image") if case.hold(model)} == held


def test_circuit_says_to_the_job_that_finds_it_when_to_come_back() -> None:
    hold = Case().circuit.approach(MODEL).refused(UNPAID)
    assert (hold.seconds, hold.error) == (FIRST, UNPAID)


def test_circuit_tries_less_and_less_often() -> None:
    case, waits = Case(), list[int]()
    case.circuit.approach(MODEL).refused(UNPAID)
    for _ in range(9):
        waits.append(_seconds(case.hold()))
        case.probe(UNPAID)
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert case.table.circuits[ACCOUNT].wait_ms == LONGEST_WAIT_MS


def test_circuit_has_one_job_try_at_a_time() -> None:
    case = Case(Circuit.opened(ACCOUNT, "Arrearage", NOW - HOUR))
    gates = [case.circuit.approach(MODEL) for _ in range(5)]
    assert [gate.hold() for gate in gates] == [None] * 5
    tried = [gate.enter() for gate in gates]
    assert [hold is None for hold in tried] == [True] + [False] * 4
    assert {_seconds(hold) for hold in tried[1:]} == {PROBE_MS // SECOND}


def test_circuit_has_another_job_try_where_one_never_told_how_it_went() -> None:
    case = Case(Circuit.opened(ACCOUNT, "Arrearage", NOW - HOUR))
    case.circuit.approach(MODEL).enter()
    assert _seconds(case.hold()) == PROBE_MS // SECOND
    case.clock.now += PROBE_MS
    assert case.circuit.approach(MODEL).enter() is None


def test_circuit_is_closed_by_any_other_answer() -> None:
    case = Case(*(Circuit.opened(scope, "Arrearage", NOW - HOUR) for scope in (ACCOUNT, MODEL)))
    case.probe(None)
    assert case.table.circuits == {}


def test_circuit_is_not_kept_open_for_longer_by_those_who_were_under_way() -> None:
    """Of a hundred that were sent at one moment, each is refused."""
    case = Case()
    gates = [case.circuit.approach(MODEL) for _ in range(100)]
    for gate in gates:
        gate.refused(UNPAID)
    assert case.table.circuits == {ACCOUNT: Circuit.opened(ACCOUNT, "Arrearage", NOW)}


def test_circuit_spreads_those_who_wait_from_the_next_probe_on() -> None:
    opened = Circuit.opened(ACCOUNT, "Arrearage", NOW)
    waits = [_seconds(Case(opened, spread=spread).hold()) for spread in (0.0, 0.5, 1.0)]
    assert waits == [FIRST, FIRST * 1.5 + 0.5, FIRST * 2]


@pytest.mark.parametrize(
    ("ago", "spread_ms"), [(HOUR // 2, HOUR // 8), (DAY, LONGEST_SPREAD_MS)], ids=["half an hour", "a day"]
)
def test_circuit_spreads_them_further_the_longer_it_lasts(ago: int, spread_ms: int) -> None:
    circuit = Circuit(scope=ACCOUNT, code="Arrearage", opened_at=NOW - ago, probe_at=NOW + SECOND)
    assert _seconds(Case(circuit, spread=1.0).hold()) == 1 + spread_ms // SECOND


def test_circuit_tells_the_operator_what_upstream_said(logged: io.StringIO) -> None:
    Case().circuit.approach(MODEL).refused(UpstreamSuspended("Arrearage", detail="Pay."))
    line = json.loads(logged.getvalue())
    assert (line["level"], line["scope"], line["code"], line["said"]) == (
        "ERROR",
        ACCOUNT,
        "Arrearage",
        "Pay.",
    )


def _lose(case: Case) -> None:
    gate = case.circuit.approach(MODEL)
    assert gate.enter() is None
    gate.lost()


def test_circuit_that_an_answer_is_owed_to_lets_one_at_a_time_through() -> None:
    case = Case()
    _lose(case)
    assert _seconds(case.hold()) == FIRST
    case.clock.now += FIRST * SECOND
    probe, late = case.circuit.approach(MODEL), case.circuit.approach(MODEL)
    assert (probe.hold(), probe.enter()) == (None, None)
    assert _seconds(late.enter()) == PROBE_MS // SECOND
    probe.answered()
    assert case.hold() is None


def test_circuit_waits_longer_after_each_loss() -> None:
    case, waits = Case(), []
    for _ in range(3):
        _lose(case)
        waits.append(_seconds(case.hold()))
        case.clock.now += waits[-1] * SECOND
    assert waits == [FIRST, 2 * FIRST, 4 * FIRST]


def test_loss_keeps_no_other_model_and_no_new_order_away() -> None:
    case = Case()
    _lose(case)
    assert case.hold("qwen-image-plus") is None
    case.circuit.check(MODEL)
