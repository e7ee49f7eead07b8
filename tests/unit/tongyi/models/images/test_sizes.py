"""Sizes: what a model takes stays as it is, and what it does not take becomes the nearest that it does."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tongyi.models.images.catalog import IMAGE_MODELS
from tongyi.models.images.sizes import ListedSizes, PixelRange, Sizes

QWEN = ListedSizes(("1664*928", "1472*1104", "1328*1328", "1104*1472", "928*1664"))
WANX = ListedSizes(("1024*1024", "720*1280", "1280*720", "768*1152"))
QWEN_2 = PixelRange(512 * 512, 2048 * 2048, default="2048*2048")
# What people ask for; the document names 512 to 1440.
SIDE = st.integers(64, 4096)
ANY_SIDE = st.integers(1, 99_999)
EVERY = pytest.mark.parametrize("name", IMAGE_MODELS)


def _sides(size: str) -> tuple[int, int]:
    width, _, height = size.partition("*")
    return int(width), int(height)


def _allowed(sizes: Sizes, size: str) -> bool:
    """Told apart from `nearest`, by the data alone."""
    if isinstance(sizes, ListedSizes):
        return size in sizes.sizes
    assert isinstance(sizes, PixelRange)
    return sizes.least <= math.prod(_sides(size)) <= sizes.most


@EVERY
@given(width=ANY_SIDE, height=ANY_SIDE)
def test_nearest_is_always_allowed(name: str, width: int, height: int) -> None:
    sizes = IMAGE_MODELS[name].sizes
    assert _allowed(sizes, sizes.nearest(f"{width}*{height}"))


@EVERY
@given(width=SIDE, height=SIDE)
def test_nearest_of_the_nearest_is_itself(name: str, width: int, height: int) -> None:
    sizes = IMAGE_MODELS[name].sizes
    found = sizes.nearest(f"{width}*{height}")
    assert sizes.nearest(found) == found


@given(width=SIDE, height=SIDE)
def test_nearest_keeps_what_is_within_a_range(width: int, height: int) -> None:
    assume(_allowed(QWEN_2, f"{width}*{height}"))
    assert QWEN_2.nearest(f"{width}*{height}") == f"{width}*{height}"


@pytest.mark.parametrize("sizes", [QWEN, WANX])
def test_nearest_keeps_each_size_of_a_list(sizes: ListedSizes) -> None:
    assert [sizes.nearest(size) for size in sizes.sizes] == list(sizes.sizes)


@pytest.mark.parametrize("sizes", [QWEN, WANX, QWEN_2])
@given(width=SIDE, height=SIDE)
def test_nearest_does_not_care_which_sign_is_between(sizes: Sizes, width: int, height: int) -> None:
    assert sizes.nearest(f"{width}x{height}") == sizes.nearest(f"{width}*{height}")


@given(width=SIDE, height=SIDE)
def test_nearest_has_a_shape_that_no_other_size_comes_closer_to(width: int, height: int) -> None:
    def difference(size: str) -> float:
        wide, high = _sides(size)
        return abs(math.log(wide / high) - math.log(width / height))

    found = QWEN.nearest(f"{width}*{height}")
    assert difference(found) <= min(map(difference, QWEN.sizes)) + 1e-5


@given(width=SIDE, height=SIDE)
def test_nearest_turns_with_the_picture(width: int, height: int) -> None:
    assume(abs(math.log(width / height)) > 0.001)
    wide, high = _sides(QWEN.nearest(f"{width}*{height}"))
    shown = QWEN.nearest(f"{height}*{width}")
    # Half way between two shapes either will do.
    assert shown == f"{high}*{wide}" or _is_half_way(width, height)


def _is_half_way(width: int, height: int) -> bool:
    shapes = sorted(abs(math.log(w / h) - math.log(width / height)) for w, h in map(_sides, QWEN.sizes))
    return shapes[1] - shapes[0] < 1e-5


@pytest.mark.parametrize(
    ("size", "found"),
    [
        ("1024*1024", "1328*1328"),
        ("512*512", "1328*1328"),
        ("1440*1440", "1328*1328"),
        ("1280*720", "1664*928"),
        ("720*1280", "928*1664"),
        ("768*1152", "1104*1472"),
        ("1024*768", "1472*1104"),
        ("4000*100", "1664*928"),
        ("1*1", "1328*1328"),
    ],
)
def test_nearest_of_the_sizes_people_ask_for(size: str, found: str) -> None:
    assert QWEN.nearest(size) == found


@pytest.mark.parametrize(("size", "found"), [("900*900", "1000*1000"), ("3000*3000", "2000*2000")])
def test_nearest_goes_by_area_where_the_shape_is_the_same(size: str, found: str) -> None:
    assert ListedSizes(("1000*1000", "2000*2000", "1000*2000")).nearest(size) == found


@pytest.mark.parametrize(
    ("size", "found"),
    [
        ("256*256", "512*512"),
        ("512*512", "512*512"),
        ("1440*1440", "1440*1440"),
        ("2048*2048", "2048*2048"),
        ("4096*4096", "2048*2048"),
        ("4096*1024", "4096*1024"),
        ("8192*2048", "4096*1024"),
    ],
)
def test_nearest_scales_into_the_range(size: str, found: str) -> None:
    assert QWEN_2.nearest(size) == found


@given(st.integers(1, 9_999))
@example(239)
@example(2078)
def test_nearest_scales_every_square_to_the_bound(side: int) -> None:
    kept = min(max(side, 512), 2048)
    assert QWEN_2.nearest(f"{side}*{side}") == f"{kept}*{kept}"


@given(width=SIDE, height=SIDE)
def test_nearest_scales_without_changing_the_shape(width: int, height: int) -> None:
    wide, high = _sides(QWEN_2.nearest(f"{width}*{height}"))
    # A side is off by less than a pixel.
    assert abs(wide / width - high / height) <= 1 / width + 1 / height


@pytest.mark.parametrize("sizes", [QWEN, QWEN_2])
@pytest.mark.parametrize(
    "size", ["", "big", "1024", "1024*", "*1024", "0*1024", "1024*0", "1024*1024*3", "1e3*1", "-1*1", " 1*1"]
)
def test_nearest_refuses_what_is_no_size(sizes: Sizes, size: str) -> None:
    with pytest.raises(ValueError, match=rf"^{re.escape(size)}$"):
        sizes.nearest(size)


@given(st.text(max_size=12))
def test_nearest_finds_a_size_for_any_text_or_refuses_it(text: str) -> None:
    for sizes in (QWEN, QWEN_2):
        try:
            assert _allowed(sizes, sizes.nearest(text))
        except ValueError:
            continue


def test_sizes_say_what_they_allow() -> None:
    assert WANX.described == "1024*1024, 720*1280, 1280*720, 768*1152"
    assert QWEN_2.described == "width*height with 262144 to 4194304 pixels in all"


def test_sizes_of_a_list_have_the_first_as_their_default() -> None:
    assert (QWEN.default, QWEN_2.default) == ("1664*928", "2048*2048")
