"""What routes take besides a body."""

from __future__ import annotations

from typing import Any, Literal

from tongyi.http.api import MAX_KEY_LENGTH
from tongyi.http.preferences import LONGEST_WAIT
from tongyi.models.tasks.filter import MOST_PER_PAGE
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.webhooks.delivery import DeliveryStatus

Parameter = dict[str, Any]
Place = Literal["path", "query", "header"]
TEXT = {"type": "string"}


def _parameter(
    name: str, place: Place, text: str, schema: dict[str, Any] | None = None, *, required: bool = False
) -> Parameter:
    return {
        "name": name,
        "in": place,
        "required": required or place == "path",
        "description": text,
        "schema": schema or TEXT,
    }


TASK_IN_PATH = _parameter("task_id", "path", "The task.")
TASK_IN_QUERY = _parameter("task_id", "query", "The task.", required=True)
NUMBER = _parameter("number", "path", "The picture, counted from 1.", {"type": "integer", "minimum": 1})
MODEL_IN_PATH = _parameter("model", "path", "The model.")
WAIT = _parameter(
    "wait",
    "query",
    "Seconds to wait for the task's end (long polling).",
    {"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT, "default": 0},
)
ROUND = _parameter("round", "query", "Counted by the gateway's redirects.", {"type": "integer"})
RESPONSE_FORMAT = _parameter(
    "response_format", "query", "As in the order.", {"type": "string", "enum": ["url", "b64_json"]}
)
IDEMPOTENCY_KEY = _parameter(
    "Idempotency-Key",
    "header",
    "Makes an order safe to repeat: the same key with the same order leads to the first one's task.",
    {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH},
)
PREFER = _parameter(
    "Prefer", "header", f"`respond-async`, or `wait=N` with up to {LONGEST_WAIT} seconds (RFC 7240)."
)
LANGUAGE = _parameter("Accept-Language", "header", "`zh` (the default) or `en`, for `suggestion`.")
ASYNC = _parameter("X-DashScope-Async", "header", "`enable` asks for a task.", required=True)
ASYNC_OR_NOT = _parameter("X-DashScope-Async", "header", "`enable` asks for a task instead of pictures.")
ACTION = _parameter("action", "query", "What is asked for.", {"const": "getPolicy"}, required=True)
UPLOAD_MODEL = _parameter("model", "query", "The model that the picture is for.", required=True)
_TIME = {"type": "string", "pattern": "^[0-9]{14}$"}
PAGE = _parameter("page_no", "query", "Which page.", {"type": "integer", "minimum": 1, "default": 1})
LIST = (
    _parameter(
        "start_time", "query", "Created no earlier (`YYYYMMDDhhmmss`, in China); a day before the end.", _TIME
    ),
    _parameter("end_time", "query", "Created no later; now, or a day after the start.", _TIME),
    _parameter("model_name", "query", "Only tasks of this model."),
    _parameter(
        "status",
        "query",
        "Only tasks with this status.",
        {"type": "string", "enum": [str(status) for status in TaskStatus]},
    ),
    _parameter("task_id", "query", "Only this task."),
    PAGE,
    _parameter(
        "page_size",
        "query",
        "Tasks on a page.",
        {"type": "integer", "minimum": 1, "maximum": MOST_PER_PAGE, "default": 10},
    ),
)
DELIVERY_IN_PATH = _parameter(
    "delivery_id", "path", "The webhook's id, `msg_` and the task's without dashes."
)
DELIVERIES = (
    _parameter(
        "status",
        "query",
        "Only webhooks with this status.",
        {"type": "string", "enum": [str(status) for status in DeliveryStatus]},
    ),
    PAGE,
    _parameter(
        "page_size",
        "query",
        "Webhooks on a page.",
        {"type": "integer", "minimum": 1, "maximum": MOST_PER_PAGE, "default": 10},
    ),
)
