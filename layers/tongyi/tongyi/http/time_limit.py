"""How long a request may be kept: API Gateway gives up on one 29 s after it came, and the function's cold start counts.

Whoever is answered by API Gateway in the function's place never learns the task's id.
"""

from __future__ import annotations

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

# The rest of the 29 s is for the last look at the task, for pictures inside the reply, and for the way back.
REPLY_SECONDS = 26.5
# A request that is older than that, or comes from the future, is a sample that somebody handed to the function.
MOST_SKEW_MS = 60_000


def seconds_left(event: APIGatewayProxyEvent, now_ms: int) -> float:
    """Seconds until the request must have its reply, zero or more; the whole limit for one that is no live request."""
    came = event.request_context.get("requestTimeEpoch")
    age_ms = now_ms - came if isinstance(came, int) else 0
    if abs(age_ms) > MOST_SKEW_MS:
        return REPLY_SECONDS
    return min(REPLY_SECONDS, max(0.0, REPLY_SECONDS - age_ms / 1000))
