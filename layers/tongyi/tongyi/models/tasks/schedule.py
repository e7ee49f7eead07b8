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
# A job that was never sent gives up a day after it was ordered, one that was sent when upstream has forgotten it. An
# execution that was ended meanwhile is started again within an hour, and needs time to find that out.
OPEN_LIMIT = UPSTREAM_MEMORY + 2 * HOUR
# When a task that nobody has finished is looked at: first, then again, and at the longest. An order that is just being
# taken is started by whoever takes it.
FIRST_LOOK = 120
NEXT_LOOK = 300
LONGEST_LOOK = HOUR
# A reply that would end a billed task, and may be a slip of upstream's, is asked for again after these waits: half an
# hour for a task that DashScope says it does not know, eight minutes for results that cannot be used. Where some of the
# pictures are there, a second look that shows the same is enough.
UNKNOWN_WAITS = (60, 120, 240, 480, 900)
RESULT_WAITS = (15, 30, 60, 120, 240)
PARTIAL_WAITS = (15,)


def check_wait(elapsed: float, first: int) -> int:
    """Whole seconds until the next check of a job that was submitted `elapsed` seconds ago.

    A quarter of the time already spent, so a finished picture is noticed at most 25 % late; at most a minute, and
    after the three hours a task may run, half an hour: what is still queued then is queued for long.
    """
    ceiling = LONGEST_WAIT if elapsed < RUNNING_LIMIT else LATE_WAIT
    return round(min(max(first, elapsed * GROWTH), ceiling))


def search_wait(elapsed: float, first: int) -> int:
    """Whole seconds until the next look for a submission that was sent `elapsed` seconds ago: half of them."""
    return round(min(max(first, elapsed / 2), LATE_WAIT))


def repeat_wait(losses: int) -> int:
    """Whole seconds until a job is sent again whose calls never arrived, so many times: 60, 120, 240 … 3600."""
    return min(LONGEST_WAIT << min(losses - 1, 6), HOUR)


def is_overdue(elapsed: float, running: float | None) -> bool:
    """Whether to give up on a job submitted `elapsed` seconds ago and seen running for `running` seconds."""
    return elapsed > UPSTREAM_MEMORY or (running is not None and running > RUNNING_LIMIT)


def may_end_by_itself(elapsed: float) -> bool:
    """Whether an open job may yet end otherwise than by being closed over.

    It was ordered, was due or was sent `elapsed` seconds ago, whichever came last.
    """
    return elapsed < OPEN_LIMIT


def look_wait(elapsed: float) -> int:
    """Whole seconds until somebody looks again whether a task of that age is being seen through."""
    return round(min(max(NEXT_LOOK, elapsed * GROWTH), LONGEST_LOOK))


def round_wait(round_number: int) -> int:
    """Whole seconds from the start of a round to the look that may start another: 5 minutes, 10, 20 … an hour."""
    return int(min(NEXT_LOOK * 2 ** min(round_number, 10), LONGEST_LOOK))


def refusal_wait(refusals: int, retry_after: float | None) -> float:
    """Seconds to stay away after the given number of refusals in a row: 1, 2, 4 … 1800; upstream may ask for more."""
    own = min(2.0 ** min(refusals - 1, 11), LONGEST_REFUSAL_WAIT)
    return max(own, min(retry_after or 0, HOUR))


def copy_wait(attempts: int) -> int:
    """Whole seconds between two attempts at copying a picture: 1, 2, 4 … 60."""
    return int(min(2 ** (attempts - 1), LONGEST_WAIT))
