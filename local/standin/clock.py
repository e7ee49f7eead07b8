"""The stand-in's one clock, and upstream's two ways of writing time."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta, timezone

UPSTREAM_ZONE = timezone(timedelta(hours=8))
DAY = 24 * 3600.0


class Clock:
    """Epoch seconds that can be moved forward, or stopped so that only `advance` moves them."""

    def __init__(self, *, frozen: bool = False) -> None:
        self._lock = threading.Lock()
        # Wall time is read once: a machine that corrects its clock must not make time jump here.
        self._origin = time.time() - time.monotonic()
        self._offset = 0.0
        self._starts_frozen = frozen
        self._frozen_at = self._running() if frozen else None

    def _running(self) -> float:
        return self._origin + time.monotonic() + self._offset

    def now(self) -> float:
        """The current time in epoch seconds."""
        with self._lock:
            return self._running() if self._frozen_at is None else self._frozen_at

    @property
    def frozen(self) -> bool:
        """Whether time stands still."""
        return self._frozen_at is not None

    def advance(self, seconds: float) -> None:
        """Move time forward by `seconds`; a negative value raises ValueError."""
        if seconds < 0:
            raise ValueError("time cannot go back")
        with self._lock:
            if self._frozen_at is None:
                self._offset += seconds
            else:
                self._frozen_at += seconds

    def freeze(self, frozen: bool) -> None:
        """Stop time, or let it run on from where it stopped."""
        with self._lock:
            if frozen and self._frozen_at is None:
                self._frozen_at = self._running()
            elif not frozen and self._frozen_at is not None:
                self._offset += self._frozen_at - self._running()
                self._frozen_at = None

    def reset(self) -> None:
        """Back to the time of the machine."""
        with self._lock:
            self._offset = 0.0
            self._frozen_at = self._running() if self._starts_frozen else None


def write_time(moment: float) -> str:
    """Epoch seconds as 'YYYY-MM-DD HH:mm:ss.SSS' in UTC+8, as task replies carry it."""
    return datetime.fromtimestamp(moment, UPSTREAM_ZONE).isoformat(" ", "milliseconds")[:23]


def read_compact_time(text: str) -> float:
    """'YYYYMMDDhhmmss' in UTC+8 as epoch seconds; anything else raises ValueError."""
    if len(text) != 14 or not text.isascii() or not text.isdigit():
        raise ValueError("not a time in the form YYYYMMDDhhmmss")
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UPSTREAM_ZONE).timestamp()


def write_day(moment: float) -> str:
    """The UTC+8 day of a moment as 'YYYYMMDD'."""
    return datetime.fromtimestamp(moment, UPSTREAM_ZONE).strftime("%Y%m%d")


def write_date(moment: float) -> str:
    """The UTC+8 day of a moment as 'YYYY-MM-DD'."""
    return datetime.fromtimestamp(moment, UPSTREAM_ZONE).strftime("%Y-%m-%d")


def write_iso(moment: float) -> str:
    """Epoch seconds as 'YYYY-MM-DDThh:mm:ss.SSSZ', as object storage writes it."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
