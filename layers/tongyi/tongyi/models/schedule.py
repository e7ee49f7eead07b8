"""How long the workflow waits, and when it stops waiting. All arguments and results are seconds."""

from __future__ import annotations

HOUR = 3600
# DashScope gives a running task up after 3 h (InternalError.Timeout); a little more lets it say so itself.
RUNNING_LIMIT = 3 * HOUR + 600
# DashScope forgets a task 24 h after it was submitted, and runs few at a time: a long line upstream is no fault.
UPSTREAM_MEMORY = 24 * HOUR
# A job that DashScope did not take for so long after its order is given up.
SENDING_LIMIT = 24 * HOUR
LONGEST_WAIT = 60
LATE_WAIT = 1800
LONGEST_REFUSAL_WAIT = 1800
GROWTH = 0.25


def check_wait(elapsed: float, first: int) -> int:
    """Whole seconds until the next check of a job that was submitted `elapsed` seconds ago.

    A quarter of the time already spent, so a finished picture is noticed at most 25 % late; at most a minute, and
    after the three hours a task may run, half an hour: what is still queued then is queued for long.
    """
    ceiling = LONGEST_WAIT if elapsed < RUNNING_LIMIT else LATE_WAIT
    return round(min(max(first, elapsed * GROWTH), ceiling))


def look_wait(elapsed: float, first: int) -> int:
    """Whole seconds until the next look for a submission that was sent `elapsed` seconds ago: half of them."""
    return round(min(max(first, elapsed / 2), LATE_WAIT))


def repeat_wait(losses: int) -> int:
    """Whole seconds until a job is sent again whose calls never arrived, so many times: 60, 120, 240 … 3600."""
    return min(LONGEST_WAIT << min(losses - 1, 6), HOUR)


def is_overdue(elapsed: float, running: float | None) -> bool:
    """Whether to give up on a job submitted `elapsed` seconds ago and seen running for `running` seconds."""
    return elapsed > UPSTREAM_MEMORY or (running is not None and running > RUNNING_LIMIT)


def refusal_wait(refusals: int, retry_after: float | None) -> float:
    """Seconds to stay away after the given number of refusals in a row: 1, 2, 4 … 1800; upstream may ask for more."""
    own = min(2.0 ** min(refusals - 1, 11), LONGEST_REFUSAL_WAIT)
    return max(own, min(retry_after or 0, HOUR))


def copy_wait(attempts: int) -> int:
    """Whole seconds between two attempts at copying a picture: 1, 2, 4, 8 …"""
    return int(min(2 ** (attempts - 1), LONGEST_WAIT))
