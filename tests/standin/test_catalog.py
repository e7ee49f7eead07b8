"""What the models accept."""

from __future__ import annotations

import pytest

from local.standin.catalog import LIMITS, MODELS, QWEN_IMAGE, QWEN_IMAGE_2, WANX_V1, ImageRules, Limit


@pytest.mark.parametrize("name", MODELS)
def test_every_model_has_limits(name: str) -> None:
    assert name in LIMITS


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("qwen-image", Limit(requests=2, seconds=1.0, running=2)),
        ("qwen-image-plus", Limit(requests=2, seconds=1.0, running=2)),
        ("qwen-image-max", Limit(requests=2, seconds=60.0)),
        ("qwen-image-2.0", Limit(requests=2, seconds=1.0)),
        ("qwen-image-2.0-pro", Limit(requests=2, seconds=60.0)),
    ],
)
def test_qwen_image_models_have_their_documented_limits(name: str, limit: Limit) -> None:
    assert LIMITS[name] == limit


@pytest.mark.parametrize("rules", [WANX_V1, QWEN_IMAGE, QWEN_IMAGE_2])
def test_a_default_size_is_allowed(rules: ImageRules) -> None:
    assert rules.allows(rules.default_size)


@pytest.mark.parametrize("size", ["512*512", "2048*2048", "4096*1024", "262144*1"])
def test_any_shape_with_enough_pixels_and_not_too_many_is_allowed(size: str) -> None:
    assert QWEN_IMAGE_2.allows(size)


@pytest.mark.parametrize(
    "size", ["512*511", "2048*2049", "0*0", "1024", "1024x1024", "-1024*-1024", "²*²", ""]
)
def test_too_few_pixels_too_many_or_no_size_at_all_is_not_allowed(size: str) -> None:
    assert not QWEN_IMAGE_2.allows(size)


def test_a_listed_size_is_allowed_and_no_other() -> None:
    assert [QWEN_IMAGE.allows(size) for size in ("928*1664", "1024*1024")] == [True, False]
