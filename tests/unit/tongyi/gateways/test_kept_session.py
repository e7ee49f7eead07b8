"""The session that is kept: used again soon, and closed after it has idled."""

from __future__ import annotations

import requests

from tests.support.fakes.gateways import FakeClock
from tongyi.gateways.kept_session import MOST_IDLE_MS, KeptSession


class Session(requests.Session):
    """Says whether it was closed."""

    closed = False

    def close(self) -> None:
        self.closed = True


def _kept(idle_ms: int) -> tuple[requests.Session | None, Session]:
    clock, session = FakeClock(), Session()
    kept = KeptSession(clock)
    kept.keep(session)
    clock.now += idle_ms
    return kept.take(), session


def test_session_that_was_used_a_moment_ago_is_used_again() -> None:
    taken, session = _kept(MOST_IDLE_MS)
    assert (taken, session.closed) == (session, False)


def test_session_that_has_idled_is_closed() -> None:
    taken, session = _kept(MOST_IDLE_MS + 1)
    assert (taken, session.closed) == (None, True)


def test_nothing_is_kept_at_first() -> None:
    assert KeptSession(FakeClock()).take() is None
