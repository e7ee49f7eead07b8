"""How long a caller wants to wait: by the header Prefer (RFC 7240), or by the query parameter `wait`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tongyi.errors import InvalidParameter

LONGEST_WAIT = 25
_WAIT = re.compile(r'wait\s*=\s*"?(\d{1,9})"?')


@dataclass(frozen=True, slots=True)
class Preference:
    """Seconds to wait, and what of the header was followed, for Preference-Applied."""

    seconds: int
    applied: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """What the reply says about it."""
        return {"Preference-Applied": self.applied} if self.applied else {}


def preference(prefer: str | None) -> Preference:
    """`wait=N` waits N seconds, 25 at the most; `respond-async` alone does not wait; anything else waits 25."""
    asked = [part.strip().lower() for part in (prefer or "").split(",")]
    waits = [found for found in map(_WAIT.fullmatch, asked) if found]
    if waits:
        seconds = min(int(waits[0][1]), LONGEST_WAIT)
        return Preference(seconds, f"wait={seconds}")
    if "respond-async" in asked:
        return Preference(0, "respond-async")
    return Preference(LONGEST_WAIT)


def long_poll_seconds(wait: str | None) -> int:
    """The query parameter `wait`, in seconds; 0 where there is none. Raises InvalidParameter."""
    if not wait:
        return 0
    if not (wait.isascii() and wait.isdecimal() and len(wait) < 4 and int(wait) <= LONGEST_WAIT):
        raise InvalidParameter(f"wait: takes whole seconds, 0 to {LONGEST_WAIT}.")
    return int(wait)
