"""The picture models the gateway knows, as data: limits, sizes, lengths. Source: DashScope's model pages."""

from __future__ import annotations

from dataclasses import dataclass

from tongyi.errors import InvalidParameter

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


@dataclass(frozen=True, slots=True)
class ImageModel:
    """What one picture model takes.

    Attributes:
        rate: how often it may be called.
        sizes: allowed `width*height` in pixels; the first is the default.
        max_images: the largest n of one call.
        prompt_limit: characters of a prompt; what is longer is cut, as DashScope does.
        max_seed: the largest seed; the smallest is 0, and -1 asks for a random one.
    """

    name: str
    rate: RateLimit
    sizes: tuple[str, ...]
    max_images: int
    prompt_limit: int
    max_seed: int


IMAGE_MODELS = {
    model.name: model
    for model in (
        ImageModel(
            name="wanx-v1",
            rate=RateLimit(calls=2, seconds=1),
            sizes=("1024*1024", "720*1280", "1280*720", "768*1152"),
            max_images=4,
            prompt_limit=500,
            max_seed=4_294_967_290,
        ),
    )
}
DEFAULT_IMAGE_MODEL = "wanx-v1"


def image_model(name: str) -> ImageModel:
    """The model of that name. Raises InvalidParameter with the names that exist."""
    try:
        return IMAGE_MODELS[name]
    except KeyError:
        known = ", ".join(IMAGE_MODELS)
        raise InvalidParameter(f"model: {name[:64]!r} is not one of: {known}.") from None
