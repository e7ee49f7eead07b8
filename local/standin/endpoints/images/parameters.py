"""Reading what a picture is to be: the parameters that both image protocols share."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from local.standin.catalog import ImageRules, Model
from local.standin.endpoints.fields import choice, flag, optional_text, whole
from local.standin.errors import ONE_IMAGE_ONLY, invalid_parameter
from local.standin.exchange import Request
from local.standin.images.palettes import AUTO
from local.standin.tasks.schedule import Order

_EXTENSION = "in fine detail, with soft natural light and a calm, balanced composition"


def is_asynchronous(request: Request) -> bool:
    """Whether a request asks for a task."""
    return request.headers.get("x-dashscope-async", "").lower() == "enable"


def order_for(
    model: Model, rules: ImageRules, prompt: str, parameters: Mapping[str, Any], dice: random.Random
) -> Order:
    """The order for a prompt; its size may be one the model does not paint."""
    flag(parameters, "watermark", "parameters.watermark", False)
    kept = prompt[: rules.prompt_characters]
    return Order(
        model=model.name,
        prompt=kept,
        n=_count(parameters, rules),
        size=optional_text(parameters, "size", "parameters.size") or rules.default_size,
        style=choice(parameters, "style", "parameters.style", rules.styles) if rules.styles else AUTO,
        seed=_seed(parameters, rules, dice),
        actual_prompt=_actual_prompt(kept, parameters) if rules.extends_prompts else None,
    )


def check_negative(owner: Mapping[str, Any], path: str, rules: ImageRules) -> None:
    """Refuse a negative prompt that is no string or too long."""
    negative = optional_text(owner, "negative_prompt", path)
    most = rules.negative_characters
    if negative and most is not None and len(negative) > most:
        raise invalid_parameter(f"{path} must have at most {most} characters.")


def _count(parameters: Mapping[str, Any], rules: ImageRules) -> int:
    if rules.most_images > 1:
        return whole(parameters, "n", "parameters.n", 1, rules.most_images, rules.default_n)
    given = parameters.get("n")
    if given is not None and (given != 1 or not isinstance(given, int) or isinstance(given, bool)):
        raise invalid_parameter(ONE_IMAGE_ONLY)
    return 1


def _seed(parameters: Mapping[str, Any], rules: ImageRules, dice: random.Random) -> int:
    seed = whole(parameters, "seed", "parameters.seed", rules.least_seed, rules.most_seed, -1)
    return dice.randint(0, rules.most_seed) if seed == -1 else seed


def _actual_prompt(prompt: str, parameters: Mapping[str, Any]) -> str:
    extended = flag(parameters, "prompt_extend", "parameters.prompt_extend", True)
    return f"{prompt}, {_EXTENSION}" if extended else prompt
