"""Synchronous pictures: the caller waits, and the answer carries the links."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from local.standin.catalog import ImageRules, Model
from local.standin.endpoints.fields import body_of, model_of, section, text
from local.standin.endpoints.images.parameters import check_negative, is_asynchronous, order_for
from local.standin.endpoints.routing import Call
from local.standin.errors import BAD_URL, NO_ASYNCHRONOUS_CALLS, UpstreamError, invalid_parameter
from local.standin.tasks.outcome import Fate
from local.standin.tasks.schedule import Order, Task
from local.standin.world import World


def generate(world: World, call: Call) -> dict[str, Any]:
    """POST …/multimodal-generation/generation: check the order, take its time, and show the pictures."""
    body = body_of(call.request)
    model = model_of(body)
    if model.image is None or not model.synchronous:
        raise invalid_parameter(BAD_URL)
    if is_asynchronous(call.request) and not model.asynchronous:
        raise UpstreamError(403, "AccessDenied", NO_ASYNCHRONOUS_CALLS)
    order = _order(model, model.image, body, world.dice)
    # In real time, since the caller holds the connection; nothing is locked meanwhile.
    world.pause(world.settings.seconds_per_image * order.n)
    work = _finish(world, call, order)
    call.images = order.n
    return _shown(work, [world.signer.link(world.picture_origin, work, index) for index in range(order.n)])


def _order(model: Model, rules: ImageRules, body: Mapping[str, Any], dice: random.Random) -> Order:
    prompt = _prompt(section(body, "input", required=True))
    parameters = section(body, "parameters", required=False)
    check_negative(parameters, "parameters.negative_prompt", rules)
    order = order_for(model, rules, prompt, parameters, dice)
    if not rules.allows(order.size):
        raise invalid_parameter(f"parameters.size {order.size!r} cannot be used. {rules.size_refusal}.")
    return order


def _prompt(given: Mapping[str, Any]) -> str:
    message = _only(given, "messages", "input.messages")
    if message.get("role") != "user":
        raise invalid_parameter("input.messages[0].role must be user.")
    part = _only(message, "content", "input.messages[0].content")
    path = "input.messages[0].content[0]"
    if set(part) - {"text"}:
        raise invalid_parameter(f"{path} must have text and nothing else.")
    return text(part, "text", f"{path}.text")


def _only(owner: Mapping[str, Any], name: str, path: str) -> dict[str, Any]:
    items = owner.get(name)
    if items is None:
        raise invalid_parameter(f"Field required: {path}")
    if not isinstance(items, list) or len(items) != 1 or not isinstance(items[0], dict):
        raise invalid_parameter(f"{path} must be a list of exactly one object.")
    return items[0]


def _finish(world: World, call: Call, order: Order) -> Task:
    with world.lock:
        now = world.clock.now()
        work = Task(
            key=call.key,
            order=order,
            fate=Fate(),
            request_id=call.request_id,
            submitted=now,
            pending_seconds=0.0,
            seconds_per_image=0.0,
            id=call.request_id,
            starts=now,
        )
        world.tasks.add_answered(work)
        return work


def _shown(work: Task, links: list[str]) -> dict[str, Any]:
    width, _, height = work.order.size.partition("*")
    made = work.order.n
    # One choice with every picture: that is how the models that make several answer.
    message = {"role": "assistant", "content": [{"image": link} for link in links]}
    return {
        "output": {
            "choices": [{"finish_reason": "stop", "message": message}],
            "task_metric": {"TOTAL": made, "SUCCEEDED": made, "FAILED": 0},
        },
        "usage": {"image_count": made, "width": int(width), "height": int(height)},
    }
