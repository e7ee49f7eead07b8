"""The record of every upstream and picture call, in the order of arrival."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

Entry = dict[str, Any]
_KEPT = 100_000


class Ledger:
    """An append-only list of calls; the oldest go when it grows beyond 100,000."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._last = 0

    def open(self, **facts: Any) -> Entry:
        """Write down a call that has arrived; status and code stay null until it is answered."""
        with self._lock:
            self._last += 1
            entry: Entry = {
                "seq": self._last,
                "time": 0.0,
                "endpoint": None,
                "method": None,
                "path": None,
                "status": None,
                "code": None,
                "request_id": None,
                "task_id": None,
                "model": None,
                "prompt": None,
                "key": None,
                "images": None,
                "fault": None,
                "body": None,
            }
            entry.update(facts)
            self._entries.append(entry)
            return entry

    def note(self, entry: Entry, **facts: Any) -> None:
        """Add what became known about a call since it arrived."""
        with self._lock:
            entry.update(facts)

    def read(
        self, endpoint: str | None = None, since: int = 0, prompt_contains: str | None = None
    ) -> list[Entry]:
        """Copies of the entries with seq > `since` that match, oldest first."""
        with self._lock:
            return [
                dict(entry)
                for entry in self._entries
                if entry["seq"] > since
                and (endpoint is None or entry["endpoint"] == endpoint)
                and (prompt_contains is None or prompt_contains in (entry["prompt"] or ""))
            ]

    def clear(self) -> None:
        """Drop the entries; numbering goes on, so that `since` keeps its meaning."""
        with self._lock:
            self._entries.clear()

    def reset(self) -> None:
        """Drop the entries and number from 1 again."""
        with self._lock:
            self._entries.clear()
            self._last = 0
