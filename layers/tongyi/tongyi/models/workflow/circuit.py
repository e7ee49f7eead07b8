"""A circuit that is open: DashScope refuses what only the operator can mend, or owes an answer.

Times are milliseconds since the epoch.
"""

from __future__ import annotations

from tongyi.models.tasks.records import Record
from tongyi.models.workflow.suspension import Scope

ACCOUNT = str(Scope.ACCOUNT)
# What is said of a circuit that is open since an answer was lost.
LOST = "SubmissionLost"
_LOST_OF = "LOST#"
# From one probe to the next: at first, and at the most. It doubles with each that is refused.
FIRST_WAIT_MS = 5_000
LONGEST_WAIT_MS = 300_000
# Jobs do not come back all at once, but spread over as long as the last wait was, or a quarter of the whole time, up to
# this: a thousand that have waited for an hour then cost one call a second, and one alone comes soon enough.
LONGEST_SPREAD_MS = 900_000
SPREAD = 0.25


class Circuit(Record):
    """What is suspended (`scope`: the account, a model's name, or its `lost_scope`), and how that goes on.

    Attributes:
        code: what DashScope said last.
        opened_at: since when it has said so.
        wait_ms: how long it was waited for the next probe.
        probe_at: when one job may try again. It is moved on by whoever does.
    """

    scope: str
    code: str
    opened_at: int
    wait_ms: int = FIRST_WAIT_MS
    probe_at: int

    @classmethod
    def opened(cls, scope: str, code: str, now_ms: int) -> Circuit:
        """One that was just found open."""
        first = FIRST_WAIT_MS
        return cls(scope=scope, code=code, opened_at=now_ms, wait_ms=first, probe_at=now_ms + first)

    @property
    def is_refusal(self) -> bool:
        """Whether DashScope has said no; an answer that was lost is none."""
        return not self.scope.startswith(_LOST_OF)

    def prolonged(self, code: str, now_ms: int) -> Circuit:
        """As it is after a probe was refused."""
        wait_ms = min(2 * self.wait_ms, LONGEST_WAIT_MS)
        return self.model_copy(update={"code": code, "wait_ms": wait_ms, "probe_at": now_ms + wait_ms})

    def until_probe_ms(self, now_ms: int) -> int:
        """How long it is to the next probe; 0 where it is due."""
        return max(0, self.probe_at - now_ms)

    def spread_ms(self, now_ms: int) -> float:
        """Over how long those who wait come back."""
        return max(self.wait_ms, min((now_ms - self.opened_at) * SPREAD, LONGEST_SPREAD_MS))


def lost_scope(model: str) -> str:
    """Of the circuit that is open since an answer to a call of the model was lost."""
    return f"{_LOST_OF}{model}"


def scopes_of(model: str) -> tuple[str, ...]:
    """Of all circuits that a call of the model has to pass."""
    return ACCOUNT, model, lost_scope(model)
