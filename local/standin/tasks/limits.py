"""Request rates over sliding windows, per key and per row of the table of limits."""

from __future__ import annotations

from collections import deque

from local.standin.catalog import Limit


class RateBook:
    """Remembers when each key's requests were let in. Not thread-safe: callers hold the world's lock."""

    def __init__(self) -> None:
        self._admitted: dict[tuple[str, str], deque[float]] = {}

    def admit(self, key: str, row: str, limit: Limit, now: float) -> bool:
        """Let a request in and count it, or refuse it (a refused one is not counted)."""
        window = self._admitted.setdefault((key, row), deque())
        while window and window[0] <= now - limit.seconds:
            window.popleft()
        if len(window) >= limit.requests:
            return False
        window.append(now)
        return True

    def clear(self) -> None:
        """Forget every request."""
        self._admitted.clear()
