"""An order for pictures, checked against what its model takes.

Source: the wanx-v1 API reference. Where its two spellings differ (`ref_img`/`ref_image`, `ref_strength`/`strength`)
both are taken, and the first is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import AliasChoices, Field

from tongyi.errors import InvalidParameter
from tongyi.models.images.catalog import REFERENCE_MODES, STYLES, ImageModel, image_model
from tongyi.models.images.reference_image import reference_link
from tongyi.models.validation import Body

RANDOM_SEED = -1
TWO_SPELLINGS = (("ref_img", "ref_image"), ("ref_strength", "strength"))


class ImageInput(Body):
    """What is to be seen."""

    prompt: str
    negative_prompt: str | None = None
    ref_img: str | None = Field(None, validation_alias=AliasChoices(*TWO_SPELLINGS[0]))


class Callback(Body):
    """What stands at the top level of every body."""

    callback_url: str | None = Field(
        None, description="Where a webhook tells the task's end: an absolute https URL. Needs a key."
    )


class ImageParameters(Body):
    """How it is to be made."""

    style: str | None = None
    size: str | None = None
    n: int | None = None
    seed: int | None = None
    ref_strength: float | None = Field(None, validation_alias=AliasChoices(*TWO_SPELLINGS[1]))
    ref_mode: str | None = None
    prompt_extend: bool | None = None
    watermark: bool | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the caller should know about an accepted request."""

    code: str
    parameter: str
    message: str


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """A checked order.

    `input` and `parameters` are what DashScope is sent, with n always present: its documents disagree on the
    default, and every picture is billed. `requested_size` is the size asked for, where another is made.
    `callback_url`, where a webhook is to tell the task's end, is not for DashScope, and checked where it is taken.
    """

    model: ImageModel
    input: dict[str, Any]
    parameters: dict[str, Any]
    requested_size: str | None = None
    notices: tuple[Notice, ...] = field(default=())
    callback_url: str | None = None

    @property
    def n(self) -> int:
        """How many pictures are ordered."""
        return int(self.parameters["n"])


def checked(
    name: str,
    given: ImageInput,
    wanted: ImageParameters,
    *,
    lenient: bool = False,
    callback_url: str | None = None,
) -> ImageRequest:
    """The order for the model of that name. Raises InvalidParameter naming the field and what it takes.

    With `lenient`, a size becomes the nearest that the model makes, and pictures over its number are made by further
    calls.
    """
    model = image_model(name)
    notices: list[Notice] = []
    sent = {
        "prompt": _non_empty(_cut("prompt", given.prompt, model.prompt_limit, notices)),
        "negative_prompt": _cut(
            "negative_prompt", given.negative_prompt or "", model.negative_limit, notices
        ),
        "ref_img": reference_link(given.ref_img) if given.ref_img else "",
    }
    _check_taken(model, sent)
    parameters = _checked_parameters(model, wanted, lenient=lenient)
    size = _size(model, wanted.size, notices, lenient=lenient)
    return ImageRequest(
        model=model,
        input={key: value for key, value in sent.items() if value},
        parameters={**parameters, **({"size": size} if size else {})},
        requested_size=_asked_for(wanted.size, size),
        notices=tuple(notices),
        callback_url=callback_url,
    )


def _checked_parameters(model: ImageModel, wanted: ImageParameters, *, lenient: bool) -> dict[str, Any]:
    count = 1 if wanted.n is None else wanted.n
    seed = None if wanted.seed == RANDOM_SEED else wanted.seed
    _between("n", count, 1, model.max_images if lenient else model.images_per_call)
    _between("seed", seed, 0, model.max_seed)
    _between("ref_strength", wanted.ref_strength, 0.0, 1.0)
    _among("style", wanted.style, STYLES)
    _among("ref_mode", wanted.ref_mode, REFERENCE_MODES)
    own = {
        "style": wanted.style,
        "ref_strength": wanted.ref_strength,
        "ref_mode": wanted.ref_mode,
        "prompt_extend": wanted.prompt_extend,
        "watermark": wanted.watermark,
    }
    _check_taken(model, own)
    sent = {**own, "n": count, "seed": seed}
    return {key: value for key, value in sent.items() if value is not None}


def _check_taken(model: ImageModel, given: Mapping[str, Any]) -> None:
    """Refuses what other models take, and this one would pass over."""
    for name, value in given.items():
        if value not in (None, "") and name not in {"prompt", "negative_prompt", *model.parameters}:
            raise InvalidParameter(f"{name}: {model.name} does not take it, remove it.")


def _asked_for(asked: str | None, size: str | None) -> str | None:
    """What was asked for, where it is not what is made."""
    return None if asked is None or asked.replace("x", "*") == size else asked


def _size(model: ImageModel, size: str | None, notices: list[Notice], *, lenient: bool) -> str | None:
    if size is None:
        return None
    try:
        nearest = model.sizes.nearest(size)
    except ValueError:
        raise InvalidParameter(f"size: {size[:64]!r} is no size, write it as 1024*1024.") from None
    if nearest == size or (lenient and nearest == size.replace("x", "*")):
        return nearest
    if not lenient:
        raise InvalidParameter(f"size: {size[:64]!r} is not one of: {model.sizes.described}.")
    message = f"{model.name} makes no pictures of {size}; the nearest size was taken, {nearest}."
    notices.append(Notice("SizeMapped", "size", message))
    return nearest


def _non_empty(prompt: str) -> str:
    if not prompt.strip():
        raise InvalidParameter("prompt: must not be empty.")
    return prompt


def _cut(name: str, text: str, limit: int, notices: list[Notice]) -> str:
    """DashScope cuts silently at the limit; we cut at the same place and say so."""
    if len(text) <= limit:
        return text
    message = f"{name} has {len(text)} characters and was cut to the {limit} that the model takes."
    notices.append(Notice("PromptTruncated", name, message))
    return text[:limit]


def _between(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise InvalidParameter(f"{name}: {value} is out of range, it takes {low} to {high}.")


def _among(name: str, value: str | None, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        raise InvalidParameter(f"{name}: {value[:64]!r} is not one of: {', '.join(allowed)}.")
