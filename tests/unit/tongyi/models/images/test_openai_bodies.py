"""OpenAI's body of an order for pictures, and what DashScope's models take besides."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongyi.errors import InvalidParameter
from tongyi.models.images.bodies import OpenAIOrder, parse_lenient_request, parse_openai_request
from tongyi.models.images.catalog import IMAGE_MODELS, STYLES
from tongyi.models.images.request import ImageRequest, Notice

PLUS = "qwen-image-plus"
PICTURE = "https://example.com/cat.png"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 7) | st.floats() | st.sampled_from(["a cat", "auto", "url"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
NAMES = ["prompt", "model", "n", "size", "response_format", "quality", "user", "stream", "strict", "seed"]
BODIES = JSON | st.dictionaries(st.sampled_from(NAMES), JSON | st.sampled_from(sorted(IMAGE_MODELS)))


def _order(**given: Any) -> OpenAIOrder:
    return parse_openai_request({"prompt": "a cat", **given})


def _request(**given: Any) -> ImageRequest:
    return _order(**given).request


def _complaint(**given: Any) -> str:
    with pytest.raises(InvalidParameter) as caught:
        _order(**given)
    return caught.value.message


def _nested(model: str, **parameters: Any) -> ImageRequest:
    return parse_lenient_request({"model": model, "input": {"prompt": "a cat"}, "parameters": parameters})


@given(BODIES)
def test_openai_order_is_made_of_any_json_or_refused(body: Any) -> None:
    try:
        order = parse_openai_request(body)
    except InvalidParameter:
        return
    assert 1 <= order.request.n <= order.request.model.max_images
    assert order.inline is (body.get("response_format") == "b64_json")


def test_openai_order_needs_a_prompt_only() -> None:
    assert _order() == OpenAIOrder(_nested("wanx-v1"), inline=False)


def test_openai_order_is_the_nested_one_in_another_shape() -> None:
    given = {"n": 3, "seed": 7, "size": "1024*1024", "watermark": True, "prompt_extend": False}
    assert _request(model=PLUS, **given) == _nested(PLUS, **given)


def test_openai_order_takes_what_dashscopes_models_take_besides() -> None:
    request = _request(negative_prompt="a dog", ref_image=PICTURE, strength=0.5, style=STYLES[1])
    assert request.input == {"prompt": "a cat", "negative_prompt": "a dog", "ref_img": PICTURE}
    assert request.parameters == {"n": 1, "ref_strength": 0.5, "style": STYLES[1]}


@pytest.mark.parametrize("size", ["1328x1328", "1328*1328"])
def test_openai_order_takes_a_size_in_both_spellings(size: str) -> None:
    request = _request(model=PLUS, size=size)
    assert (request.parameters["size"], request.requested_size, request.notices) == ("1328*1328", None, ())


def test_openai_order_maps_a_size_that_the_model_does_not_make() -> None:
    request = _request(model=PLUS, size="1024x1024")
    message = f"{PLUS} makes no pictures of 1024x1024; the nearest size was taken, 1328*1328."
    assert (request.parameters["size"], request.requested_size) == ("1328*1328", "1024x1024")
    assert request.notices == (Notice("SizeMapped", "size", message),)


@pytest.mark.parametrize("strict", [False, True])
def test_openai_order_leaves_the_size_auto_to_the_model(strict: bool) -> None:
    request = _request(model=PLUS, size="auto", strict=strict)
    assert (request.parameters, request.requested_size, request.notices) == ({"n": 1}, None, ())


def test_openai_order_refuses_what_is_no_size() -> None:
    assert _complaint(size="large") == "size: 'large' is no size, write it as 1024*1024."


@pytest.mark.parametrize("model", IMAGE_MODELS)
def test_openai_order_takes_as_many_pictures_as_several_calls_make(model: str) -> None:
    most = IMAGE_MODELS[model].max_images
    assert _request(model=model, n=most).n == most
    assert _complaint(model=model, n=most + 1) == f"n: {most + 1} is out of range, it takes 1 to {most}."


@pytest.mark.parametrize("n", [0, -1])
def test_openai_order_refuses_no_pictures(n: int) -> None:
    assert _complaint(n=n).startswith(f"n: {n} is out of range")


@pytest.mark.parametrize(("name", "value"), [("n", 2), ("size", "1024x1024"), ("size", "1328x1328")])
def test_strict_openai_order_takes_only_what_the_model_takes(name: str, value: Any) -> None:
    assert _complaint(model=PLUS, strict=True, **{name: value}).startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("given", "inline"),
    [({}, False), ({"response_format": "url"}, False), ({"response_format": "b64_json"}, True)],
)
def test_openai_order_says_whether_its_pictures_come_inside(given: dict[str, Any], inline: bool) -> None:
    assert _order(**given).inline is inline


@pytest.mark.parametrize("value", ["png", "", None, "B64_JSON"])
def test_openai_order_knows_two_ways_of_reply(value: Any) -> None:
    assert _complaint(response_format=value).startswith("response_format: ")


@pytest.mark.parametrize(
    "given",
    [
        {"user": "u-1"},
        {"user": None},
        {"quality": "auto"},
        {"quality": "standard"},
        {"quality": None},
        {"stream": False},
        {"stream": None},
    ],
)
def test_openai_order_passes_over_what_asks_for_nothing(given: dict[str, Any]) -> None:
    assert _order(**given) == _order()


@pytest.mark.parametrize("quality", ["hd", "high", "low", 1])
def test_openai_order_refuses_a_quality_that_it_cannot_give(quality: Any) -> None:
    assert _complaint(quality=quality).startswith("quality: ")


def test_openai_order_refuses_a_stream() -> None:
    assert _complaint(stream=True) == "stream: pictures are not streamed, leave it out or send false."


@pytest.mark.parametrize("name", ["background", "moderation", "output_format", "partial_images", "input"])
def test_openai_order_refuses_what_nothing_here_can_follow(name: str) -> None:
    assert _complaint(**{name: "x"}) == f"{name}: is not a parameter of this route, remove it."


@pytest.mark.parametrize("style", ["vivid", "natural"])
def test_openai_order_refuses_the_styles_of_another_model(style: str) -> None:
    assert _complaint(style=style).startswith(f"style: {style!r} is not one of: ")


def test_openai_order_names_an_unknown_model() -> None:
    assert _complaint(model="gpt-image-1").startswith("model: 'gpt-image-1' is not one of: wanx-v1, ")


@pytest.mark.parametrize("names", [("ref_img", "ref_image"), ("ref_strength", "strength")])
def test_openai_order_refuses_two_spellings_of_one_thing(names: tuple[str, str]) -> None:
    said = f"{names[0]}: is the same as {names[1]}, send one of the two."
    assert _complaint(**dict.fromkeys(names, 1)) == said


@pytest.mark.parametrize("prompt", ["", " \n", None, 1, ["a cat"]])
def test_openai_order_needs_words(prompt: Any) -> None:
    assert _complaint(prompt=prompt).startswith("prompt: ")
