"""Submitting an asynchronous text-to-image task."""

from __future__ import annotations

import random
from typing import Any

from local.standin.catalog import ImageRules, Model
from local.standin.endpoints.fields import body_of, model_of, section, text
from local.standin.endpoints.images.parameters import check_negative, is_asynchronous, order_for
from local.standin.endpoints.images.references import check_references, reference_failure
from local.standin.endpoints.routing import Call, Subject
from local.standin.errors import (
    BAD_URL,
    NO_ASYNCHRONOUS_CALLS,
    NO_SYNCHRONOUS_CALLS,
    UpstreamError,
    invalid_parameter,
)
from local.standin.tasks.outcome import Fate, fate_from
from local.standin.tasks.schedule import Order, Task
from local.standin.world import World


def subject(world: World, call: Call) -> Subject:
    """What a submission is about: its model and its prompt."""
    body = call.request.fields
    model, given = body.get("model"), body.get("input")
    prompt = given.get("prompt") if isinstance(given, dict) else None
    name = model if isinstance(model, str) else None
    return Subject(limit_row=name, model=name, prompt=prompt if isinstance(prompt, str) else None)


def submit(world: World, call: Call) -> dict[str, Any]:
    """POST …/text2image/image-synthesis: check the order, and queue a task for it."""
    if not is_asynchronous(call.request):
        raise UpstreamError(403, "AccessDenied", NO_SYNCHRONOUS_CALLS)
    body = body_of(call.request)
    model = model_of(body)
    if model.image is None:
        raise invalid_parameter(BAD_URL)
    if not model.asynchronous:
        raise UpstreamError(403, "AccessDenied", NO_ASYNCHRONOUS_CALLS)
    order = _order(model, model.image, call, world.dice)
    task = _queue(world, call, order, _fate(world, order, model.image, call))
    call.task_id = task.id
    return {"output": {"task_status": "PENDING", "task_id": task.id}}


def _order(model: Model, rules: ImageRules, call: Call, dice: random.Random) -> Order:
    body = body_of(call.request)
    given = section(body, "input", required=True)
    parameters = section(body, "parameters", required=False)
    prompt = text(given, "prompt", "input.prompt")
    check_negative(given, "input.negative_prompt", rules)
    check_references(given, parameters, call.request)
    return order_for(model, rules, prompt, parameters, dice)


def _fate(world: World, order: Order, rules: ImageRules, call: Call) -> Fate:
    if not rules.allows(order.size):
        # Upstream takes such a task in, and lets it fail.
        return Fate(failure=("InvalidParameter", rules.size_refusal), at_once=True)
    failure = reference_failure(world, call, order.model)
    if failure:
        return Fate(failure=failure, at_once=True)
    if call.task_fault is None:
        return Fate()
    return fate_from(call.task_fault.kind, call.task_fault.options, order.n)


def _queue(world: World, call: Call, order: Order, fate: Fate) -> Task:
    with world.lock:
        task = Task(
            key=call.key,
            order=order,
            fate=fate,
            request_id=call.request_id,
            submitted=world.clock.now(),
            pending_seconds=world.settings.pending_seconds,
            seconds_per_image=world.settings.seconds_per_image,
        )
        world.tasks.add(task, world.settings.limits[order.model])
        return task
