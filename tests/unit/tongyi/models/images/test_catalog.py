"""The catalog of picture models against DashScope's documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongyi.errors import InvalidParameter
from tongyi.models.images.catalog import (
    DEFAULT_IMAGE_MODEL,
    IMAGE_MODELS,
    REFERENCE_MODES,
    STYLES,
    Dialect,
    ImageModel,
    RateLimit,
    image_model,
)
from tongyi.models.images.sizes import ListedSizes, PixelRange
from tongyi.usecases.workflow.dispatch_job import LATE_MS

WANX = image_model("wanx-v1")


def test_image_model_knows_the_default() -> None:
    assert image_model(DEFAULT_IMAGE_MODEL).name == DEFAULT_IMAGE_MODEL


def test_image_model_names_the_ones_there_are() -> None:
    with pytest.raises(InvalidParameter, match=r"^model: 'wanx-v9' is not one of: .*wanx-v1"):
        image_model("wanx-v9")


def test_image_model_does_not_repeat_a_long_name_whole() -> None:
    with pytest.raises(InvalidParameter) as caught:
        image_model("x" * 10_000)
    assert len(caught.value.message) < 500


def test_wanx_v1_takes_the_documented_sizes() -> None:
    assert WANX.sizes == ListedSizes(("1024*1024", "720*1280", "1280*720", "768*1152"))


def test_wanx_v1_makes_four_pictures_at_most() -> None:
    assert WANX.max_images == 4


def test_wanx_v1_takes_500_characters() -> None:
    assert WANX.prompt_limit == 500


def test_wanx_v1_takes_the_documented_seeds() -> None:
    assert WANX.max_seed == 4_294_967_290


def test_wanx_v1_may_be_sent_two_tasks_a_second() -> None:
    assert (WANX.rate.calls, WANX.rate.seconds) == (2, 1)


TWO_A_SECOND, TWO_A_MINUTE = (2, 1), (2, 60)


@pytest.mark.parametrize(
    ("name", "dialect", "rate", "images_per_call", "max_images"),
    [
        ("wanx-v1", Dialect.TASK, TWO_A_SECOND, 4, 4),
        ("qwen-image-plus", Dialect.TASK, TWO_A_SECOND, 1, 4),
        ("qwen-image-max", Dialect.MESSAGE, TWO_A_MINUTE, 1, 4),
        ("qwen-image-2.0", Dialect.MESSAGE, TWO_A_SECOND, 6, 6),
        ("qwen-image-2.0-pro", Dialect.MESSAGE, TWO_A_MINUTE, 6, 6),
    ],
)
def test_catalog_has_the_documented_limits(
    name: str, dialect: Dialect, rate: tuple[int, int], images_per_call: int, max_images: int
) -> None:
    model = image_model(name)
    assert (model.dialect, (model.rate.calls, model.rate.seconds)) == (dialect, rate)
    assert (model.images_per_call, model.max_images) == (images_per_call, max_images)


def test_catalog_has_no_model_beside_the_documented_ones() -> None:
    documented = {"qwen-image-plus", "qwen-image-max", "qwen-image-2.0", "qwen-image-2.0-pro"}
    assert set(IMAGE_MODELS) == {"wanx-v1", *documented}


@pytest.mark.parametrize("name", ["qwen-image-plus", "qwen-image-max"])
def test_first_qwen_models_take_the_documented_sizes(name: str) -> None:
    assert image_model(name).sizes == ListedSizes(
        ("1664*928", "1472*1104", "1328*1328", "1104*1472", "928*1664")
    )


@pytest.mark.parametrize("name", ["qwen-image-2.0", "qwen-image-2.0-pro"])
def test_second_qwen_models_take_the_documented_sizes(name: str) -> None:
    assert image_model(name).sizes == PixelRange(512 * 512, 2048 * 2048, default="2048*2048")


@pytest.mark.parametrize("name", [name for name in IMAGE_MODELS if name.startswith("qwen")])
def test_qwen_models_have_the_documented_seeds_and_parameters(name: str) -> None:
    model = image_model(name)
    assert model.max_seed == 2_147_483_647
    assert model.parameters == {"prompt_extend", "watermark"}


@pytest.mark.parametrize("name", ["qwen-image-plus", "qwen-image-max"])
def test_first_qwen_models_take_800_characters_and_500_of_what_is_unwanted(name: str) -> None:
    assert (image_model(name).prompt_limit, image_model(name).negative_limit) == (800, 500)


@pytest.mark.parametrize("model", IMAGE_MODELS.values(), ids=lambda model: model.name)
def test_catalog_allows_its_own_default_sizes(model: ImageModel) -> None:
    assert model.sizes.nearest(model.sizes.default) == model.sizes.default


@pytest.mark.parametrize("model", IMAGE_MODELS.values(), ids=lambda model: model.name)
def test_catalog_lets_an_order_have_as_many_pictures_as_a_call(model: ImageModel) -> None:
    assert 1 <= model.images_per_call <= model.max_images


def test_catalog_has_the_documented_styles() -> None:
    assert {"<auto>", "<3d cartoon>", "<oil painting>", "<chinese painting>"} < set(STYLES)
    assert len(STYLES) == len(set(STYLES)) == 10


def test_catalog_has_the_documented_reference_modes() -> None:
    assert REFERENCE_MODES == ("repaint", "refonly")


@pytest.mark.parametrize("model", IMAGE_MODELS.values(), ids=lambda model: model.name)
def test_catalog_is_keyed_by_name(model: ImageModel) -> None:
    assert IMAGE_MODELS[model.name] is model


@given(st.integers(1, 50), st.integers(1, 3600))
def test_rate_limit_spaces_sends_so_that_one_too_many_falls_out_of_the_span(calls: int, seconds: int) -> None:
    limit = RateLimit(calls=calls, seconds=seconds)
    assert limit.spacing_ms * calls > seconds * 1000


def test_rate_limit_of_wanx_forgives_a_late_first_send_and_a_slow_way() -> None:
    first_may_be_late_ms, way_may_differ_ms = LATE_MS, 400
    first_to_third_ms = 2 * WANX.rate.spacing_ms - first_may_be_late_ms - way_may_differ_ms
    assert first_to_third_ms >= 1000
