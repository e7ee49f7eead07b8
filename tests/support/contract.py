"""Holds each reply against docs/openapi.yaml, more strictly than the document itself: no field may be unheard of."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from local.tools import template

DOCUMENT = template.ROOT / "docs" / "openapi.yaml"
# What DashScope says is passed on as it came.
PASSED_ON = ("OpenAIChatReply",)


def check_reply(method: str, path: str, status: int, body: str) -> None:
    """Raises AssertionError for a reply that the document does not have."""
    responses = _document()["paths"][path][method.lower()]["responses"]
    assert str(status) in responses, (
        f"{method} {path} answered {status}, which the document does not have: {body}"
    )
    content = responses[str(status)].get("content")
    if content is None:
        assert body == "", f"{method} {path} answered {status} with a body: {body}"
        return
    schema = {**content["application/json"]["schema"], "components": _document()["components"]}
    faults = [fault.message for fault in Draft202012Validator(schema).iter_errors(json.loads(body))]
    assert not faults, f"{method} {path} {status} is not as documented: {faults}\n{body}"


@lru_cache(maxsize=1)
def _document() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    for name in schemas.keys() - set(PASSED_ON):
        if "properties" in schemas[name]:
            schemas[name]["additionalProperties"] = False
    return document
