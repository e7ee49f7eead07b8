"""Data: the models this stand-in plays, and the documented limits of models and endpoints."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Limit:
    """At most `requests` per sliding `seconds`, and `running` tasks at once (0: any number), per key."""

    requests: int
    seconds: float
    running: int = 0


# One row per model, and one per endpoint whose limit does not depend on a model.
LIMITS = MappingProxyType(
    {
        "wanx-v1": Limit(requests=2, seconds=1.0, running=1),
        "qwen-turbo": Limit(requests=1200, seconds=60.0),
        "qwen-plus": Limit(requests=30000, seconds=60.0),
        "qwen-flash": Limit(requests=30000, seconds=60.0),
        "qwen-max": Limit(requests=1200, seconds=60.0),
        "query": Limit(requests=20, seconds=1.0),
        "list": Limit(requests=20, seconds=1.0),
        "cancel": Limit(requests=20, seconds=1.0),
    }
)


@dataclass(frozen=True)
class ImageRules:
    """What an image model accepts."""

    sizes: tuple[str, ...]
    styles: tuple[str, ...]
    default_size: str
    default_n: int
    most_images: int
    most_seed: int
    prompt_characters: int
    size_refusal: str


@dataclass(frozen=True)
class Model:
    """A model by name; one that makes pictures has rules for them, the others are for chat."""

    name: str
    image: ImageRules | None = None


WANX_V1 = ImageRules(
    sizes=("1024*1024", "720*1280", "1280*720", "768*1152"),
    styles=(
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
    ),
    default_size="1024*1024",
    # The documents say 1 in one place and 4 in another; with 4 a client that forgets `n` is found out.
    default_n=4,
    most_images=4,
    most_seed=4294967290,
    prompt_characters=500,
    # Upstream's own words, which name three of the four sizes.
    size_refusal="The size is not match the allowed size ['1024*1024', '720*1280', '1280*720']",
)

MODELS = MappingProxyType(
    {
        model.name: model
        for model in (
            Model("wanx-v1", WANX_V1),
            Model("qwen-turbo"),
            Model("qwen-plus"),
            Model("qwen-flash"),
            Model("qwen-max"),
        )
    }
)
