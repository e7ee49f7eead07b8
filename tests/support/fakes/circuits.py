"""Circuits in memory. The table extends the real class, as those in `gateways` do."""

from __future__ import annotations

from tests.support.fakes.gateways import FakeClock
from tongyi.gateways.dynamodb.circuit_table import CircuitTable
from tongyi.models.workflow.circuit import Circuit, scopes_of
from tongyi.usecases.workflow.circuit_breaker import CircuitBreaker


class FakeCircuitTable(CircuitTable):
    """Open circuits by their scope; nothing in it expires."""

    def __init__(self, *circuits: Circuit) -> None:
        self.circuits = {circuit.scope: circuit for circuit in circuits}

    def open_for(self, model: str) -> list[Circuit]:
        return [found for scope, found in self.circuits.items() if scope in scopes_of(model)]

    def open(self, circuit: Circuit) -> bool:
        return self.circuits.setdefault(circuit.scope, circuit) is circuit

    def move_on(self, seen: Circuit, circuit: Circuit) -> bool:
        found = self.circuits.get(seen.scope)
        if found is None or found.probe_at != seen.probe_at:
            return False
        self.circuits[seen.scope] = circuit
        return True

    def close(self, scope: str) -> None:
        self.circuits.pop(scope, None)


def a_circuit(clock: FakeClock, *circuits: Circuit) -> CircuitBreaker:
    """The circuit of an account with which all is well, but for those; nobody's wait is spread."""
    return CircuitBreaker(FakeCircuitTable(*circuits), clock, lambda: 0.0)
