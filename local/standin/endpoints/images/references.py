"""Reference pictures of a submission: the links to them, and uploaded files behind oss:// links."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

from PIL import Image

from local.standin.endpoints.fields import choice, fraction, optional_text
from local.standin.endpoints.routing import Call
from local.standin.errors import BAD_URL, invalid_parameter
from local.standin.exchange import Request
from local.standin.images.uploads import MEGABYTE, Upload
from local.standin.tasks.outcome import Failure
from local.standin.world import World

# An uploaded file keeps the name that its owner gave it, in any language.
_ADDRESS = re.compile(r"https?://[!-~]+|oss://[^\x00-\x1f]+")
_UPLOADED = "oss://"
# The documents use both names, so both are taken.
_NAMES = ("ref_img", "ref_image")
_FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")
_MOST_BYTES = 10 * MEGABYTE
_SIDES = (256, 4096)
_TOO_MANY_PIXELS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_BAD_SIDES = f"must have sides of {_SIDES[0]} to {_SIDES[1]} pixels."


def check_references(given: Mapping[str, Any], parameters: Mapping[str, Any], request: Request) -> None:
    """Refuse a link or a strength that cannot be used, and an oss:// link nobody is told to resolve."""
    for name in _NAMES:
        address = optional_text(given, name, f"input.{name}")
        if address and not _ADDRESS.fullmatch(address):
            raise invalid_parameter(f"input.{name} must be a URL without non-ASCII characters.")
        if address and address.startswith(_UPLOADED) and not _resolves(request):
            raise invalid_parameter(BAD_URL)
    for name in ("ref_strength", "strength"):
        fraction(parameters, name, f"parameters.{name}")
    choice(parameters, "ref_mode", "parameters.ref_mode", ("repaint", "refonly"))


def reference_failure(world: World, call: Call, model: str) -> Failure | None:
    """Why the task fails for an uploaded file that cannot be used, or None. Web links are not followed."""
    given = call.request.fields["input"]
    for name in _NAMES:
        address = given.get(name) or ""
        if address.startswith(_UPLOADED):
            upload = world.uploads.find(address.removeprefix(_UPLOADED), world.clock.now())
            fault = _fault(upload, call.key, model)
            if fault:
                return "InvalidParameter", f"input.{name} {fault}"
    return None


def _resolves(request: Request) -> bool:
    return request.headers.get("x-dashscope-ossresourceresolve", "").lower() == "enable"


def _fault(upload: Upload | None, key: str, model: str) -> str | None:
    if upload is None or upload.key != key:
        return "cannot be found: it must be uploaded with the same API key within the last 48 hours."
    if upload.model != model:
        return f"was uploaded for the model {upload.model}, not for {model}."
    if len(upload.content) > _MOST_BYTES:
        return "must be of at most 10 MB."
    return _picture_fault(upload.content)


def _picture_fault(content: bytes) -> str | None:
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
            # Before the pixels are read: a small file can promise a huge picture.
            if not all(_SIDES[0] <= side <= _SIDES[1] for side in picture.size):
                return _BAD_SIDES
            picture.load()
    except _TOO_MANY_PIXELS:
        return _BAD_SIDES
    except (OSError, SyntaxError, ValueError):
        return "must be a JPG, PNG, BMP, TIFF or WEBP picture."
    return None
