"""Data: the colours and the motif of each style."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from local.standin.images import motifs
from local.standin.images.canvas import Canvas, Palette

AUTO = "<auto>"


@dataclass(frozen=True)
class Style:
    """What a style paints, and with which sets of colours."""

    motif: Callable[[Canvas], None]
    palettes: tuple[Palette, ...]


def _palette(sky: str, layers: str, accent: str) -> Palette:
    top, middle, bottom = sky.split()
    return Palette((top, middle, bottom), tuple(layers.split()), accent)


_DUSK = _palette("#23305e #b5637b #f9c58d", "#8f5b7c #6b4470 #47325d #2a2347 #171632", "#fff1d0")
_MORNING = _palette("#5d9bc7 #a9d0e0 #fbe9d0", "#8fb3bd #6a97a0 #4a7a80 #2f5a5c #1b3b3c", "#fffbe8")
_AURORA = _palette("#0b1533 #1e4f6e #63c6a5", "#2f7a7d #1f5a68 #163f52 #0f2a3d #081826", "#e9fff4")
_ROSE = _palette("#3a2238 #8c4a5c #e7a98c", "#f2c6a0 #e58f7b #c55f6b #8a3b58 #f7e3c7", "#ffe9d6")
_TEAL = _palette("#10272e #2b6470 #9cc9b8", "#d6efe0 #7fc4b4 #3f8f90 #f0d9a8 #245a66", "#fdf6df")
_CANDY = _palette("#7fd1ff #bfe8ff #fff3c9", "#ff7b6b #ffc145 #4fc98e #5b8def #b57bee", "#ffffff")
_TOYS = _palette("#ffd6e8 #ffe9f1 #d9f4ff", "#ff9eb5 #7ed6df #f6e58d #a29bfe #badc58", "#ffffff")
_SUMMER = _palette("#1f6fd6 #63b8ff #e4f6ff", "#7bd389 #4caf6d #2e8b57 #f4a6c0 #1f6f4a", "#ffffff")
_EVENING = _palette("#402a7a #d3629b #ffcf87", "#a84f96 #7a3a86 #4e2b70 #ff9a76 #2d1b52", "#fff4c8")
_ORCHARD = _palette("#2e5fa3 #7fb2c9 #f2d98b", "#e2b04a #7d9c3c #c2572f #3d6b4f #f2e2b8", "#fff0c0")
_NIGHT = _palette("#0f1c4d #27479a #5a86c9", "#f4d35e #1b2f73 #3f6fc4 #f7f0c3 #14214f", "#fff3b0")
_WASH = _palette("#fdf8f0 #f4efe8 #e9f0ee", "#7fb7be #d3a0b4 #f0c987 #8d99c9 #a7c7a0", "#5a7d8c")
_BLOOM = _palette("#fffaf5 #fdf0ee #f2ecf5", "#e58a9c #b48ac9 #f2b98a #8fb8d9 #9fcaa5", "#8c5a78")
_PAPER = _palette("#fbf9f4 #f5f2ea #ece8de", "#2c2c30 #47474d #6a6a70 #8e8e93 #1c1c20", "#3a3a40")
_SEPIA = _palette("#fbf3e4 #f3e6cf #e8d6b8", "#4a3424 #66492f #86623f #a88358 #33231a", "#5a3f2a")
_INK = _palette("#f4efe2 #ece5d3 #ddd5c0", "#a7aaa2 #7f8580 #565d5b #343b3b #1b2020", "#b8352a")
_JADE = _palette("#eef0e4 #dfe6d6 #c9d6c6", "#a3b8a8 #78978a #4f746b #30524d #183230", "#c2452f")
_POSTER = _palette("#fdf3df #fbe8c6 #f8dcae", "#e4572e #17bebb #ffc914 #2e282a #76b041", "#ffffff")
_MODERN = _palette("#e9f1f7 #dbe7f0 #cfdde9", "#22577a #38a3a5 #57cc99 #c7f9cc #f28482", "#ffffff")

STYLES = MappingProxyType(
    {
        AUTO: Style(motifs.mountains, (_DUSK,)),
        "<photography>": Style(motifs.mountains, (_DUSK, _MORNING, _AURORA)),
        "<portrait>": Style(motifs.bokeh, (_ROSE, _TEAL, _DUSK)),
        "<3d cartoon>": Style(motifs.balls, (_CANDY, _TOYS)),
        "<anime>": Style(motifs.sunburst, (_SUMMER, _EVENING)),
        "<oil painting>": Style(motifs.strokes, (_ORCHARD, _NIGHT, _DUSK)),
        "<watercolor>": Style(motifs.washes, (_WASH, _BLOOM)),
        "<sketch>": Style(motifs.hatching, (_PAPER, _SEPIA)),
        "<chinese painting>": Style(motifs.ink, (_INK, _JADE)),
        "<flat illustration>": Style(motifs.tiles, (_POSTER, _MODERN)),
    }
)
