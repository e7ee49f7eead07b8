"""Data: the models this stand-in plays, and the documented limits of models and endpoints."""

from __future__ import annotations

import re
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
        "qwen-image": Limit(requests=2, seconds=1.0, running=2),
        "qwen-image-plus": Limit(requests=2, seconds=1.0, running=2),
        "qwen-image-max": Limit(requests=2, seconds=60.0),
        "qwen-image-2.0": Limit(requests=2, seconds=1.0),
        "qwen-image-2.0-pro": Limit(requests=2, seconds=60.0),
        "qwen-turbo": Limit(requests=1200, seconds=60.0),
        "qwen-plus": Limit(requests=30000, seconds=60.0),
        "qwen-flash": Limit(requests=30000, seconds=60.0),
        "qwen-max": Limit(requests=1200, seconds=60.0),
        "query": Limit(requests=20, seconds=1.0),
        "list": Limit(requests=20, seconds=1.0),
        "cancel": Limit(requests=20, seconds=1.0),
        "upload_policy": Limit(requests=100, seconds=1.0),
    }
)


_SIZE = re.compile(r"(?P<width>[1-9][0-9]{0,6})\*(?P<height>[1-9][0-9]{0,6})")


@dataclass(frozen=True)
class ImageRules:
    """What an image model accepts.

    `sizes` are listed, unless `pixels` gives the least and the most of width times height. Without
    `styles` there is none to choose. A prompt is cut at `prompt_characters` (None: never), a negative
    one refused beyond `negative_characters` (None: any length). A seed of -1 means a random one.
    """

    sizes: tuple[str, ...]
    styles: tuple[str, ...]
    default_size: str
    default_n: int
    most_images: int
    most_seed: int
    prompt_characters: int | None
    size_refusal: str
    least_seed: int = 0
    pixels: tuple[int, int] | None = None
    negative_characters: int | None = None
    extends_prompts: bool = False

    def allows(self, size: str) -> bool:
        """Whether a size, 'width*height', is one the model paints."""
        if self.pixels is None:
            return size in self.sizes
        sides = _SIZE.fullmatch(size)
        if sides is None:
            return False
        least, most = self.pixels
        return least <= int(sides["width"]) * int(sides["height"]) <= most


@dataclass(frozen=True)
class Model:
    """A model by name; one that makes pictures has rules for them, the others are for chat.

    Pictures are made by a task (`asynchronous`), while the caller waits (`synchronous`), or either way.
    """

    name: str
    image: ImageRules | None = None
    asynchronous: bool = True
    synchronous: bool = False


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
    least_seed=-1,
    most_seed=4294967290,
    prompt_characters=500,
    # Upstream's own words, which name three of the four sizes.
    size_refusal="The size is not match the allowed size ['1024*1024', '720*1280', '1280*720']",
)

QWEN_IMAGE = ImageRules(
    sizes=("1664*928", "1472*1104", "1328*1328", "1104*1472", "928*1664"),
    styles=(),
    default_size="1664*928",
    default_n=1,
    most_images=1,
    most_seed=2147483647,
    prompt_characters=800,
    size_refusal="The size is not match the allowed size "
    "['1664*928', '1472*1104', '1328*1328', '1104*1472', '928*1664']",
    negative_characters=500,
    extends_prompts=True,
)

QWEN_IMAGE_2 = ImageRules(
    sizes=(),
    pixels=(512 * 512, 2048 * 2048),
    styles=(),
    default_size="2048*2048",
    default_n=1,
    most_images=6,
    most_seed=2147483647,
    # Documented as about 1300 tokens, without a word on what becomes of the rest.
    prompt_characters=None,
    size_refusal="The total pixels of the size must be between 512*512 and 2048*2048",
    negative_characters=500,
    extends_prompts=True,
)

MODELS = MappingProxyType(
    {
        model.name: model
        for model in (
            Model("wanx-v1", WANX_V1),
            Model("qwen-image", QWEN_IMAGE, synchronous=True),
            Model("qwen-image-plus", QWEN_IMAGE, synchronous=True),
            Model("qwen-image-max", QWEN_IMAGE, asynchronous=False, synchronous=True),
            Model("qwen-image-2.0", QWEN_IMAGE_2, asynchronous=False, synchronous=True),
            Model("qwen-image-2.0-pro", QWEN_IMAGE_2, asynchronous=False, synchronous=True),
            Model("qwen-turbo"),
            Model("qwen-plus"),
            Model("qwen-flash"),
            Model("qwen-max"),
        )
    }
)
