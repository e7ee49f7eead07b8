"""Waits for the operator, where DashScope refuses what only the operator can mend; and for an answer that it owes.

The circuit of the account, or of one model, is open as long as DashScope refuses so. Jobs then stay away, and one at a
time tries: as soon as it is not refused so, all go on. Nothing is made and nothing billed by what is refused.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from tongyi.clock import Clock
from tongyi.errors import UpstreamSuspended
from tongyi.gateways.dynamodb.circuit_table import CircuitTable
from tongyi.models.workflow.circuit import ACCOUNT, LOST, Circuit, lost_scope
from tongyi.observability import count, logger

# A probe that has not said by then what became of it is not waited for any longer.
PROBE_MS = 30_000


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a job stays away, and for how many whole seconds."""

    error: UpstreamSuspended
    seconds: int


class CircuitBreaker:
    """What all jobs together know of DashScope's refusals. `jitter` gives numbers from 0 to 1."""

    def __init__(
        self, circuits: CircuitTable, clock: Clock, jitter: Callable[[], float] = random.random
    ) -> None:
        self._circuits = circuits
        self._clock = clock
        self._jitter = jitter

    def check(self, model: str) -> None:
        """Raises UpstreamSuspended where a new order would have to wait for the operator.

        One that comes when a probe is due is let through: it may be the only one there is to try with.
        """
        hold = self.approach(model).refusal()
        if hold:
            raise hold.error

    def approach(self, model: str) -> Gate:
        """The way of a job to DashScope. Nothing is taken yet."""
        return Gate(self._circuits, self._clock, self._jitter, model)


class Gate:
    """A job's way to DashScope, past the circuits that were open when it approached.

    First `hold`, before anything is reserved; then `enter`, right before the call; and then `answered`, `refused` or
    `lost`. Where DashScope cannot be reached, none of them: the next probe comes when this one is no longer waited for.
    """

    def __init__(self, circuits: CircuitTable, clock: Clock, jitter: Callable[[], float], model: str) -> None:
        self._circuits = circuits
        self._clock = clock
        self._jitter = jitter
        self._model = model
        self._open = circuits.open_for(model)

    def hold(self) -> Hold | None:
        """For how long to stay away; None where the job may go on, perhaps as a probe."""
        return self._longest(self._open)

    def refusal(self) -> Hold | None:
        """The same, for a new order: one is refused where DashScope refuses, not where it owes an answer."""
        return self._longest([circuit for circuit in self._open if circuit.is_refusal])

    def _longest(self, circuits: Sequence[Circuit]) -> Hold | None:
        now = self._clock.now_ms()
        waiting = [circuit for circuit in circuits if circuit.until_probe_ms(now)]
        return self._hold(max(waiting, key=lambda circuit: circuit.probe_at)) if waiting else None

    def enter(self) -> Hold | None:
        """Takes the probe where a circuit is open. Another job that was quicker is stayed away from."""
        until = self._clock.now_ms() + PROBE_MS
        for place, circuit in enumerate(self._open):
            probed = circuit.model_copy(update={"probe_at": until})
            if not self._circuits.move_on(circuit, probed):
                return self._hold(probed)
            self._open[place] = probed
        return None

    def answered(self) -> None:
        """DashScope did what was asked, or refused it for another reason: whatever was open is closed."""
        for circuit in self._open:
            self._circuits.close(circuit.scope)
            logger.info("a circuit is closed again", scope=circuit.scope, code=circuit.code)
        self._open = []

    def refused(self, error: UpstreamSuspended) -> Hold:
        """Opens the circuit, or keeps it open for longer."""
        scope = self._model if error.model_only else ACCOUNT
        count("AccountRefusals")
        logger.error("the operator must mend it", scope=scope, code=error.reason, said=error.detail)
        return Hold(error, self._hold(self._keep_open(scope, error.reason)).seconds)

    def lost(self) -> None:
        """DashScope owes an answer: until one comes, one job of the model at a time is sent, as a probe.

        So that what takes one answer away does not take all that would have followed; none of them can be repeated.
        """
        self._keep_open(lost_scope(self._model), LOST)

    def _keep_open(self, scope: str, code: str) -> Circuit:
        now = self._clock.now_ms()
        seen = next((circuit for circuit in self._open if circuit.scope == scope), None)
        if seen is None:
            circuit = Circuit.opened(scope, code, now)
            self._circuits.open(circuit)
        else:
            circuit = seen.prolonged(code, now)
            self._circuits.move_on(seen, circuit)
        return circuit

    def _hold(self, circuit: Circuit) -> Hold:
        now = self._clock.now_ms()
        probe_ms = circuit.until_probe_ms(now)
        error = UpstreamSuspended(
            circuit.code, model_only=circuit.scope != ACCOUNT, retry_after=ceil(probe_ms / 1000)
        )
        spread_ms = self._jitter() * circuit.spread_ms(now)
        return Hold(error, max(1, ceil((probe_ms + spread_ms) / 1000)))
