"""Rounds of a request that DynamoDB may put off: exponential backoff with full jitter, and an end.

Sources: DynamoDB developer guide, "Error retries and exponential backoff" and "Batch operations".
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from tongyi.clock import Clock

ROUNDS = 8
# The longest wait after the first round, in seconds. It doubles with each round, up to a second: 3.5 s together.
FIRST_WAIT = 0.05
LONGEST_WAIT = 1.0


def rounds(clock: Clock, jitter: Callable[[], float] = random.random) -> Iterator[int]:
    """Eight rounds, numbered from 0; sleeps between two of them. `jitter` gives numbers from 0 to 1.

    Whoever is done leaves the loop; whoever is not after the last one raises.
    """
    yield 0
    for number in range(1, ROUNDS):
        clock.sleep(jitter() * min(LONGEST_WAIT, FIRST_WAIT * 2 ** (number - 1)))
        yield number
