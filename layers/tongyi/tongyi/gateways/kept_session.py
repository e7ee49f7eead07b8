"""A session that is used again, but not after it has idled.

Lambda freezes a function between two calls and drops connections that idle, without a sign: what is sent over one then
is answered by nobody (AWS Lambda developer guide, best practices). So what has idled for longer than two calls are
usually apart is not used again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tongyi.clock import Clock

if TYPE_CHECKING:
    import requests

MOST_IDLE_MS = 20_000


def has_idled(used_at: int, now_ms: int) -> bool:
    """Whether what was used at that moment (milliseconds) is too old. A clock that was set back proves nothing."""
    return not 0 <= now_ms - used_at <= MOST_IDLE_MS


class KeptSession:
    """At most one session, which whoever takes it gives back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._session: requests.Session | None = None
        self._used_at = 0

    def take(self) -> requests.Session | None:
        """The session that was used a moment ago; None where there is none. One that has idled is closed."""
        session, self._session = self._session, None
        if session and has_idled(self._used_at, self._clock.now_ms()):
            session.close()
            return None
        return session

    def keep(self, session: requests.Session) -> None:
        """Keeps a session that was just used, in place of any other."""
        before, self._session = self._session, session
        self._used_at = self._clock.now_ms()
        if before:
            before.close()
