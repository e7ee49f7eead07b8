"""The picture models the gateway knows, as data: limits, sizes, lengths. Source: DashScope's model pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from tongyi.errors import InvalidParameter
from tongyi.models.images.sizes import ListedSizes, PixelRange, Sizes

STYLES = (
    "<auto>",
    "<photography>",
    "<portrait>",
    "<3d cartoon>",
    "<anime>",
    "<oil painting>",
    "<watercolor>",
    "<sketch>",
    "<chinese painting>",
    "<flat illustration>",
)
REFERENCE_MODES = ("repaint", "refonly")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`calls` submissions in `seconds`, counted per DashScope account and model."""

    calls: int
    seconds: float

    # Start-up and network jitter can push sends together. With this much more than the bare interval, any three sends
    # stay more than a second apart though the first is late by 100 ms and 400 ms longer on its way than the third.
    GUARD_MS = 250

    @property
    def spacing_ms(self) -> int:
        """Milliseconds between two submissions that never exceed the limit."""
        return round(self.seconds * 1000 / self.calls) + self.GUARD_MS


class Dialect(StrEnum):
    """How DashScope is spoken to."""

    TASK = "task"
    """Asynchronous: a submission answers with a task, which is then checked."""
    MESSAGE = "message"
    """Synchronous: the answer to a call holds the pictures."""


@dataclass(frozen=True, slots=True)
class ImageModel:
    """What one picture model takes.

    Attributes:
        dialect: how it is called.
        rate: how often it may be called.
        running: how many tasks of an account DashScope makes of it at a time; 0 where it says nothing of that.
        sizes: which sizes it makes.
        images_per_call: the largest n of one call; more are made by several calls.
        max_images: the largest n of one order.
        prompt_limit, negative_limit: characters; what is longer is cut, as DashScope does.
        max_seed: the largest seed; the smallest is 0, and -1 asks for a random one.
        parameters: what else it takes, by name.
    """

    name: str
    dialect: Dialect
    rate: RateLimit
    running: int
    sizes: Sizes
    images_per_call: int
    max_images: int
    prompt_limit: int
    negative_limit: int
    max_seed: int
    parameters: frozenset[str]


_TWO_A_SECOND = RateLimit(calls=2, seconds=1)
_TWO_A_MINUTE = RateLimit(calls=2, seconds=60)


_WANX_V1 = ImageModel(
    name="wanx-v1",
    dialect=Dialect.TASK,
    rate=_TWO_A_SECOND,
    running=1,
    sizes=ListedSizes(("1024*1024", "720*1280", "1280*720", "768*1152")),
    images_per_call=4,
    max_images=4,
    prompt_limit=500,
    negative_limit=500,
    max_seed=4_294_967_290,
    parameters=frozenset({"ref_img", "style", "ref_strength", "ref_mode"}),
)
_QWEN_IMAGE_MAX = ImageModel(
    name="qwen-image-max",
    dialect=Dialect.MESSAGE,
    rate=_TWO_A_MINUTE,
    running=0,
    sizes=ListedSizes(("1664*928", "1472*1104", "1328*1328", "1104*1472", "928*1664")),
    images_per_call=1,
    max_images=4,
    prompt_limit=800,
    negative_limit=500,
    max_seed=2**31 - 1,
    parameters=frozenset({"prompt_extend", "watermark"}),
)
_QWEN_IMAGE_2_PRO = replace(
    _QWEN_IMAGE_MAX,
    name="qwen-image-2.0-pro",
    sizes=PixelRange(512 * 512, 2048 * 2048, default="2048*2048"),
    images_per_call=6,
    max_images=6,
    # DashScope counts tokens here, of which a character is at most one.
    prompt_limit=1300,
)
IMAGE_MODELS = {
    model.name: model
    for model in (
        _WANX_V1,
        replace(_QWEN_IMAGE_MAX, name="qwen-image-plus", dialect=Dialect.TASK, rate=_TWO_A_SECOND, running=2),
        _QWEN_IMAGE_MAX,
        replace(_QWEN_IMAGE_2_PRO, name="qwen-image-2.0", rate=_TWO_A_SECOND),
        _QWEN_IMAGE_2_PRO,
    )
}
DEFAULT_IMAGE_MODEL = _WANX_V1.name


def image_model(name: str) -> ImageModel:
    """The model of that name. Raises InvalidParameter with the names that exist."""
    try:
        return IMAGE_MODELS[name]
    except KeyError:
        known = ", ".join(IMAGE_MODELS)
        raise InvalidParameter(f"model: {name[:64]!r} is not one of: {known}.") from None
