"""Orders of the images route: sizes and numbers that a model does not take are made to fit, unless strictly asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongyi.errors import InvalidParameter
from tongyi.models.images.bodies import parse_image_request, parse_lenient_request
from tongyi.models.images.catalog import IMAGE_MODELS, STYLES
from tongyi.models.images.request import ImageRequest, Notice

PICTURE = "https://example.com/cat.png"
QWEN = [name for name in IMAGE_MODELS if name != "wanx-v1"]
PLUS, MAX, PRO = "qwen-image-plus", "qwen-image-max", "qwen-image-2.0-pro"
FITTING = {"wanx-v1": "720*1280", PLUS: "1328*1328", MAX: "928*1664", PRO: "1440*1440"}
MAPPED = [
    ("wanx-v1", "1440*1440", "1024*1024"),
    (PLUS, "1024*1024", "1328*1328"),
    (PRO, "256*256", "512*512"),
]


def _body(model: str = PLUS, *, prompt: str = "a cat", **parameters: Any) -> dict[str, Any]:
    return {"model": model, "input": {"prompt": prompt}, "parameters": parameters}


def _lenient(model: str = PLUS, **parameters: Any) -> ImageRequest:
    return parse_lenient_request(_body(model, **parameters))


def _complaint(body: Any) -> str:
    with pytest.raises(InvalidParameter) as caught:
        parse_lenient_request(body)
    return caught.value.message


@pytest.mark.parametrize("model", IMAGE_MODELS)
@given(st.integers(1, 4), st.integers(512, 1440), st.integers(512, 1440))
def test_lenient_request_takes_what_the_document_allows(model: str, n: int, width: int, height: int) -> None:
    """For each of its models: both sides 512 to 1440, n 1 to 4."""
    request = _lenient(model, n=n, size=f"{width}*{height}")
    sent = request.parameters["size"]
    assert request.model.sizes.nearest(sent) == sent
    assert (request.n, request.requested_size in (None, f"{width}*{height}")) == (n, True)


@pytest.mark.parametrize("model", IMAGE_MODELS)
@given(st.integers(1, 4), st.integers(512, 1440), st.integers(512, 1440))
def test_lenient_request_says_so_where_the_size_is_another(
    model: str, n: int, width: int, height: int
) -> None:
    request = _lenient(model, n=n, size=f"{width}*{height}")
    mapped = request.parameters["size"] != f"{width}*{height}"
    assert (request.requested_size is not None) == mapped
    assert [notice.code for notice in request.notices] == ["SizeMapped"] * mapped


@pytest.mark.parametrize(("model", "size", "made"), MAPPED)
def test_lenient_request_maps_a_size_and_tells_both(model: str, size: str, made: str) -> None:
    request = _lenient(model, size=size)
    message = f"{model} makes no pictures of {size}; the nearest size was taken, {made}."
    assert (request.parameters["size"], request.requested_size) == (made, size)
    assert request.notices == (Notice("SizeMapped", "size", message),)


@pytest.mark.parametrize(("model", "size"), FITTING.items())
@pytest.mark.parametrize("strict", [False, True])
def test_lenient_request_leaves_a_size_that_fits_alone(model: str, size: str, strict: bool) -> None:
    request = _lenient(model, size=size, strict=strict)
    assert (request.parameters["size"], request.requested_size, request.notices) == (size, None, ())


def test_lenient_request_takes_the_letter_x_without_a_word() -> None:
    request = _lenient(PLUS, size="1328x1328")
    assert (request.parameters["size"], request.requested_size, request.notices) == ("1328*1328", None, ())


def test_lenient_request_sends_no_size_where_none_is_asked_for() -> None:
    request = _lenient(PLUS)
    assert (request.parameters, request.requested_size) == ({"n": 1}, None)


@pytest.mark.parametrize(("model", "size", "made"), MAPPED)
def test_strict_request_names_the_sizes_that_are_allowed(model: str, size: str, made: str) -> None:
    complaint = _complaint(_body(model, size=size, strict=True))
    assert complaint == f"size: {size!r} is not one of: {IMAGE_MODELS[model].sizes.described}."


@pytest.mark.parametrize("strict", [False, True])
def test_lenient_request_refuses_what_is_no_size(strict: bool) -> None:
    assert _complaint(_body(size="large", strict=strict)).startswith("size: 'large' is no size")


@pytest.mark.parametrize("model", IMAGE_MODELS)
def test_lenient_request_takes_as_many_pictures_as_several_calls_make(model: str) -> None:
    most = IMAGE_MODELS[model].max_images
    assert _lenient(model, n=most).n == most
    assert _complaint(_body(model, n=most + 1)) == f"n: {most + 1} is out of range, it takes 1 to {most}."


@pytest.mark.parametrize("model", IMAGE_MODELS)
def test_strict_request_takes_as_many_pictures_as_one_call_makes(model: str) -> None:
    most = IMAGE_MODELS[model].images_per_call
    assert _lenient(model, n=most, strict=True).n == most
    complaint = _complaint(_body(model, n=most + 1, strict=True))
    assert complaint == f"n: {most + 1} is out of range, it takes 1 to {most}."


@pytest.mark.parametrize("n", [0, -1])
def test_lenient_request_refuses_no_pictures(n: int) -> None:
    assert _complaint(_body(n=n)).startswith("n: ")


def test_lenient_request_sends_no_strict() -> None:
    assert "strict" not in _lenient(PLUS, strict=True).parameters


@pytest.mark.parametrize("strict", ["true", 1, "no"])
def test_lenient_request_needs_to_know_whether_it_is_strict(strict: Any) -> None:
    assert "strict" in _complaint(_body(strict=strict))


@pytest.mark.parametrize("model", QWEN)
@pytest.mark.parametrize(
    ("name", "value"), [("style", STYLES[0]), ("ref_strength", 0.5), ("ref_mode", "repaint")]
)
def test_qwen_models_refuse_by_name_what_only_wanx_takes(model: str, name: str, value: Any) -> None:
    assert _complaint(_body(model, **{name: value})) == f"{name}: {model} does not take it, remove it."


@pytest.mark.parametrize("model", QWEN)
@pytest.mark.parametrize("name", ["ref_img", "ref_image"])
def test_qwen_models_take_no_reference_picture(model: str, name: str) -> None:
    body = {"model": model, "input": {"prompt": "a cat", name: PICTURE}}
    assert _complaint(body) == f"ref_img: {model} does not take it, remove it."


@pytest.mark.parametrize("name", ["prompt_extend", "watermark"])
@pytest.mark.parametrize("value", [True, False])
def test_wanx_refuses_by_name_what_only_qwen_models_take(name: str, value: bool) -> None:
    body = {"model": "wanx-v1", "input": {"prompt": "a cat"}, "parameters": {name: value}}
    assert _complaint(body) == f"{name}: wanx-v1 does not take it, remove it."


@pytest.mark.parametrize("model", QWEN)
@pytest.mark.parametrize("value", [True, False])
def test_qwen_models_take_their_own_parameters(model: str, value: bool) -> None:
    sent = _lenient(model, prompt_extend=value, watermark=value, seed=2**31 - 1).parameters
    assert sent == {"n": 1, "prompt_extend": value, "watermark": value, "seed": 2**31 - 1}


@pytest.mark.parametrize("model", QWEN)
def test_qwen_models_refuse_a_seed_out_of_range(model: str) -> None:
    assert _complaint(_body(model, seed=2**31)).startswith("seed: 2147483648 is out of range")


@pytest.mark.parametrize("model", IMAGE_MODELS)
def test_lenient_request_cuts_a_long_prompt_and_says_so(model: str) -> None:
    limit = IMAGE_MODELS[model].prompt_limit
    request = parse_lenient_request(_body(model, prompt="猫" * (limit + 1)))
    assert (request.input["prompt"], request.notices[0].code) == ("猫" * limit, "PromptTruncated")


def test_lenient_request_can_cut_and_map_at_once() -> None:
    request = parse_lenient_request(_body(PLUS, prompt="猫" * 801, size="1024*1024"))
    assert [notice.code for notice in request.notices] == ["PromptTruncated", "SizeMapped"]


def test_lenient_request_takes_an_empty_negative_prompt() -> None:
    body = {"model": PLUS, "input": {"prompt": "a cat", "negative_prompt": ""}}
    assert parse_lenient_request(body).input == {"prompt": "a cat"}


@pytest.mark.parametrize("parameters", [{}, None])
def test_lenient_request_takes_empty_parameters(parameters: Any) -> None:
    assert parse_lenient_request({"input": {"prompt": "a"}, "parameters": parameters}).n == 1


def test_lenient_request_has_wanx_as_its_default() -> None:
    assert parse_lenient_request({"input": {"prompt": "a"}}).model.name == "wanx-v1"


@pytest.mark.parametrize("body", [{"prompt": "a"}, {}, [], None, "a", {"model": PLUS, "prompt": "a", "n": 1}])
def test_lenient_request_takes_the_nested_shape_only(body: Any) -> None:
    assert _complaint(body)


@pytest.mark.parametrize("place", ["input", "parameters"])
def test_lenient_request_refuses_two_spellings_of_one_thing(place: str) -> None:
    body = _body("wanx-v1")
    names = {"input": ("ref_img", "ref_image"), "parameters": ("ref_strength", "strength")}[place]
    body[place] |= dict.fromkeys(names, PICTURE if place == "input" else 0.5)
    assert _complaint(body) == f"{names[0]}: is the same as {names[1]}, send one of the two."


@pytest.mark.parametrize("model", QWEN)
def test_request_to_the_letter_maps_nothing(model: str) -> None:
    allowed = IMAGE_MODELS[model].sizes.described
    with pytest.raises(InvalidParameter) as caught:
        parse_image_request(_body(model, size="100*100"))
    assert caught.value.message == f"size: '100*100' is not one of: {allowed}."


def test_request_to_the_letter_knows_no_strict() -> None:
    with pytest.raises(InvalidParameter, match="strict"):
        parse_image_request(_body(PLUS, strict=True))


def test_request_to_the_letter_takes_one_call_at_most() -> None:
    with pytest.raises(InvalidParameter, match=r"^n: 2 is out of range, it takes 1 to 1\.$"):
        parse_image_request(_body(PLUS, n=2))
