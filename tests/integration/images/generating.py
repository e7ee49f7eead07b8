"""Orders on POST /v1/images/generations, and what upstream was sent for them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

import boto3

from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway
from tongyi.models.images import catalog

ROUTE = "/v1/images/generations"
TASK_MODELS = ("wanx-v1", "qwen-image-plus")
MESSAGE_MODELS = ("qwen-image-max", "qwen-image-2.0", "qwen-image-2.0-pro")
MODELS = (*TASK_MODELS, *MESSAGE_MODELS)
RESPOND_ASYNC = {"Prefer": "respond-async"}


def new_prompt() -> str:
    """A prompt that no other order has, so that its calls can be told from others'."""
    return f"a cat {uuid.uuid4()}"


def order(model: str, prompt: str, **parameters: Any) -> dict[str, Any]:
    """A body of the nested shape."""
    return {"model": model, "input": {"prompt": prompt}, "parameters": parameters}


def generate(running: Gateway, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """Sends an order."""
    return running.request("POST", ROUTE, body, headers)


def calls(running: Gateway, prompt: str) -> list[dict[str, Any]]:
    """The calls to upstream that could have made pictures of a prompt, in order."""
    found = running.standin.ledger(prompt_contains=prompt)
    return [dict(call) for call in found if call["endpoint"] in ("submit", "generate")]


def tasks_taken(running: Gateway) -> int:
    """How many tasks are written down: an order that is refused is none. Others go on meanwhile, and call upstream."""
    found = boto3.client("dynamodb").scan(
        TableName=running.names["Table"],
        FilterExpression="sk = :task",
        ExpressionAttributeValues={":task": {"S": "TASK"}},
        Select="COUNT",
    )
    return found["Count"]


def results_target(reply: Reply) -> str:
    """Where a reply says that its task can be looked at."""
    return urljoin(ROUTE, reply.headers["location"])


def task_id(reply: Reply) -> str:
    """The task of a reply."""
    return str(reply.body["output"]["task_id"])


def spacing_ms(model: str) -> int:
    """Milliseconds between two calls of the model."""
    return catalog.IMAGE_MODELS[model].rate.spacing_ms
