"""The event of a task's end as docs/events.md has it, and nothing that is not in there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema

TYPES = {
    "SUCCEEDED": "Image Task Succeeded",
    "FAILED": "Image Task Failed",
    "CANCELED": "Image Task Canceled",
}


def _object(needed: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    properties = {**needed, **(optional or {})}
    return {
        "type": "object",
        "properties": properties,
        "required": list(needed),
        "additionalProperties": False,
    }


_TEXT = {"type": "string", "minLength": 1}
_NUMBER = {"type": "integer", "minimum": 1}
_COUNT = {"type": "integer", "minimum": 0}
_MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
_ERROR = _object({"code": _TEXT, "message": {"type": "string"}})
_STORED = _object(
    {
        "number": _NUMBER,
        "key": {"type": "string", "pattern": r"^images/[0-9a-f-]{36}/\d+\.(png|jpg|webp)$"},
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "content_type": {"type": "string", "pattern": "^image/"},
        "bytes": _NUMBER,
        "width": _NUMBER,
        "height": _NUMBER,
    }
)
_UNCOPIED = _object({"number": _NUMBER, "url": _TEXT, "url_expires_at": _MOMENT})
_UNMADE = _object({"number": _NUMBER, "error": _ERROR})
DETAIL = _object(
    {
        "version": {"const": "1"},
        "task_id": {"type": "string", "pattern": "^[0-9a-f-]{36}$"},
        "status": {"enum": list(TYPES)},
        "model": _TEXT,
        "submitted_at": _MOMENT,
        "ended_at": _MOMENT,
        "bucket": _TEXT,
        "metrics": _object({"total": _NUMBER, "succeeded": _COUNT, "failed": _COUNT}),
        "pictures": {"type": "array", "items": {"oneOf": [_STORED, _UNCOPIED, _UNMADE]}},
    },
    {"owner": _TEXT, "error": _ERROR, "prompt": _TEXT},
)


def check(event: Mapping[str, Any]) -> None:
    """Fails unless the event is as documented."""
    detail = event["detail"]
    jsonschema.validate(detail, DETAIL)
    assert (event["source"], event["detail-type"]) == ("tongyi-gateway", TYPES[detail["status"]])
    assert ("error" in detail) == (detail["status"] == "FAILED")
    assert detail["submitted_at"] <= detail["ended_at"]
    without = [picture["number"] for picture in detail["pictures"] if "error" in picture]
    assert len(detail["pictures"]) - len(without) == detail["metrics"]["succeeded"]
