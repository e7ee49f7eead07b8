"""An order for pictures: the flat body of the gateway's document, and DashScope's nested one.

Source: the wanx-v1 API reference. Where its two spellings differ (`ref_img`/`ref_image`, `ref_strength`/`strength`)
both are taken, and the first is sent.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field

from tongyi.errors import InvalidParameter
from tongyi.models.catalog import DEFAULT_IMAGE_MODEL, REFERENCE_MODES, STYLES, ImageModel, image_model
from tongyi.models.validation import Body, parse

RANDOM_SEED = -1
TWO_SPELLINGS = (("ref_img", "ref_image"), ("ref_strength", "strength"))
# Names that no public resolver answers for (RFC 6761, RFC 6762, RFC 8375, and common private zones).
_PRIVATE_ENDINGS = (".localhost", ".local", ".internal", ".home.arpa", ".lan", ".test", ".invalid")


class _Input(Body):
    prompt: str
    negative_prompt: str | None = None
    ref_img: str | None = Field(None, validation_alias=AliasChoices(*TWO_SPELLINGS[0]))


class _Parameters(Body):
    style: str | None = None
    size: str | None = None
    n: int | None = None
    seed: int | None = None
    ref_strength: float | None = Field(None, validation_alias=AliasChoices(*TWO_SPELLINGS[1]))
    ref_mode: str | None = None


class _FlatBody(_Input, _Parameters):
    model: str = DEFAULT_IMAGE_MODEL


class _NestedBody(Body):
    model: str = DEFAULT_IMAGE_MODEL
    input: _Input
    parameters: _Parameters | None = None


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
    default, and every picture is billed.
    """

    model: ImageModel
    input: dict[str, Any]
    parameters: dict[str, Any]
    notices: tuple[Notice, ...] = field(default=())

    @property
    def n(self) -> int:
        """How many pictures are ordered."""
        return int(self.parameters["n"])


def parse_image_request(body: Any) -> ImageRequest:
    """Checks a body of either shape. Raises InvalidParameter naming the field and what it takes."""
    if isinstance(body, dict):
        for part in (body, body.get("input"), body.get("parameters")):
            _check_spelling(part)
    if isinstance(body, dict) and ("input" in body or "parameters" in body):
        nested = parse(_NestedBody, body)
        return _checked(nested.model, nested.input, nested.parameters or _Parameters.model_validate({}))
    flat = parse(_FlatBody, body)
    return _checked(flat.model, flat, flat)


def _check_spelling(part: Any) -> None:
    for one, other in TWO_SPELLINGS:
        if isinstance(part, dict) and one in part and other in part:
            raise InvalidParameter(f"{one}: is the same as {other}, send one of the two.")


def _checked(name: str, given: _Input, wanted: _Parameters) -> ImageRequest:
    model = image_model(name)
    notices: list[Notice] = []
    sent = {
        "prompt": _non_empty(_cut("prompt", given.prompt, model, notices)),
        "negative_prompt": _cut("negative_prompt", given.negative_prompt or "", model, notices),
        "ref_img": _public_url(given.ref_img) if given.ref_img else "",
    }
    return ImageRequest(
        model=model,
        input={key: value for key, value in sent.items() if value},
        parameters=_checked_parameters(model, wanted),
        notices=tuple(notices),
    )


def _checked_parameters(model: ImageModel, wanted: _Parameters) -> dict[str, Any]:
    count = 1 if wanted.n is None else wanted.n
    seed = None if wanted.seed == RANDOM_SEED else wanted.seed
    _between("n", count, 1, model.max_images)
    _between("seed", seed, 0, model.max_seed)
    _between("ref_strength", wanted.ref_strength, 0.0, 1.0)
    _among("size", wanted.size, model.sizes)
    _among("style", wanted.style, STYLES)
    _among("ref_mode", wanted.ref_mode, REFERENCE_MODES)
    sent = {
        "style": wanted.style,
        "size": wanted.size,
        "n": count,
        "seed": seed,
        "ref_strength": wanted.ref_strength,
        "ref_mode": wanted.ref_mode,
    }
    return {key: value for key, value in sent.items() if value is not None}


def _non_empty(prompt: str) -> str:
    if not prompt.strip():
        raise InvalidParameter("prompt: must not be empty.")
    return prompt


def _cut(name: str, text: str, model: ImageModel, notices: list[Notice]) -> str:
    """DashScope cuts silently at the limit; we cut at the same place and say so."""
    if len(text) <= model.prompt_limit:
        return text
    message = (
        f"{name} has {len(text)} characters and was cut to the {model.prompt_limit} that {model.name} takes."
    )
    notices.append(Notice("PromptTruncated", name, message))
    return text[: model.prompt_limit]


def _between(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise InvalidParameter(f"{name}: {value} is out of range, it takes {low} to {high}.")


def _among(name: str, value: str | None, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        raise InvalidParameter(f"{name}: {value[:64]!r} is not one of: {', '.join(allowed)}.")


def _public_url(url: str) -> str:
    if not url.isascii() or any(character.isspace() for character in url):
        raise InvalidParameter(
            "ref_img: the URL must not hold Chinese or other non-ASCII characters, or spaces."
        )
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidParameter("ref_img: this is no valid URL.") from None
    if parts.scheme not in ("http", "https") or not _is_public_host(host):
        raise InvalidParameter("ref_img: must be an http or https URL that anyone on the internet can open.")
    return url


def _is_public_host(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        name = host.removesuffix(".")
        labels = name.split(".")
        # A last label with digits is an address in disguise (127.1, 0x7f.1), unless it is a name in Punycode.
        named = labels[-1].isalpha() or labels[-1].startswith("xn--")
        return len(labels) > 1 and all(labels) and named and not name.endswith(_PRIVATE_ENDINGS)
