"""Orders for pictures: both shapes of body, every parameter, and nothing but InvalidParameter for the rest."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tongyi.errors import InvalidParameter
from tongyi.models.images.bodies import is_nested, parse_image_request
from tongyi.models.images.catalog import IMAGE_MODELS, REFERENCE_MODES, STYLES, image_model
from tongyi.models.images.request import ImageRequest, Notice

WANX = image_model("wanx-v1")
PICTURE = "https://example.com/cat.png"
FULL = {
    "prompt": "a cat",
    "negative_prompt": "a dog",
    "ref_img": PICTURE,
    "style": "<sketch>",
    "size": "720*1280",
    "n": 3,
    "seed": 7,
    "ref_strength": 0.5,
    "ref_mode": "refonly",
}
IN_INPUT = ("prompt", "negative_prompt", "ref_img")
QWEN = {"prompt_extend": True, "watermark": False}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("a cat"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = [*FULL, *QWEN, "model", "ref_image", "strength", "input", "parameters"]
NEAR = st.one_of(
    JSON,
    st.sampled_from([*IMAGE_MODELS, PICTURE, *STYLES, WANX.sizes.default, *REFERENCE_MODES]),
    st.integers(-2, 6),
    st.floats(-1, 2),
)
FLAT = st.dictionaries(st.sampled_from(NAMES), NEAR, max_size=6)
BODIES = JSON | FLAT | st.fixed_dictionaries({"input": FLAT | JSON}, optional={"parameters": FLAT | JSON})


def _nested(flat: dict[str, Any]) -> dict[str, Any]:
    return {
        "model": "wanx-v1",
        "input": {name: value for name, value in flat.items() if name in IN_INPUT},
        "parameters": {name: value for name, value in flat.items() if name not in IN_INPUT},
    }


def _complaint(**given: Any) -> str:
    with pytest.raises(InvalidParameter) as caught:
        parse_image_request({"prompt": "a cat", **given})
    return caught.value.message


def _parsed(body: Any) -> ImageRequest | None:
    try:
        return parse_image_request(body)
    except InvalidParameter:
        return None


@given(BODIES)
@example({"prompt": "\ud800"})
@example({"\ud800": 1, "prompt": "a"})
@example({"prompt": "a", "ref_strength": 10**400})
@example({"prompt": "a", "ref_img": "http://[::1/x"})
@example({"prompt": "a", "ref_img": "http://a.com:x/"})
@example({1: 2})
def test_image_request_is_made_of_any_json_or_refused(body: Any) -> None:
    request = _parsed(body)
    if request is None:
        return
    sent, model = request.parameters, request.model
    assert 1 <= request.n <= model.images_per_call
    assert 0 <= sent.get("seed", 0) <= model.max_seed
    assert 0 <= sent.get("ref_strength", 0) <= 1
    assert len(request.input["prompt"].strip()) > 0
    assert max(map(len, request.input.values())) <= max(
        model.prompt_limit, len(request.input.get("ref_img", ""))
    )
    assert model.sizes.nearest(sent.get("size", model.sizes.default)) == sent.get("size", model.sizes.default)
    assert str(request.input).encode()


@given(BODIES)
def test_image_request_sends_nothing_that_is_not_dashscopes(body: Any) -> None:
    if request := _parsed(body):
        assert set(request.input) | set(request.parameters) <= {*FULL, *QWEN}
        own = {*request.input, *request.parameters} - {"prompt", "negative_prompt", "size", "n", "seed"}
        assert own <= request.model.parameters


@pytest.mark.parametrize(
    ("body", "nested"),
    [({"input": {}}, True), ({"parameters": {}}, True), ({"prompt": "a cat"}, False), (["input"], False)],
)
def test_image_request_is_nested_with_either_of_its_parts(body: Any, nested: bool) -> None:
    assert is_nested(body) is nested


def test_image_request_refuses_what_is_nested_without_end() -> None:
    """Deeper than Python's own recursion goes."""
    nested: list[Any] = []
    for _ in range(5000):
        nested = [nested]
    assert _parsed({"prompt": "a cat", "style": nested}) is None


def test_image_request_needs_a_prompt_only() -> None:
    request = parse_image_request({"prompt": "a cat"})
    assert (request.model, request.input, request.parameters) == (WANX, {"prompt": "a cat"}, {"n": 1})


def test_image_request_takes_every_parameter_flat() -> None:
    request = parse_image_request(FULL)
    assert {**request.input, **request.parameters} == FULL


def test_image_request_puts_each_parameter_where_dashscope_has_it() -> None:
    assert set(parse_image_request(FULL).input) == set(IN_INPUT)


def test_image_request_takes_dashscopes_own_shape() -> None:
    assert parse_image_request(_nested(FULL)) == parse_image_request(FULL)


def test_image_request_takes_a_nested_body_without_parameters() -> None:
    assert parse_image_request({"input": {"prompt": "a"}}) == parse_image_request({"prompt": "a"})


@pytest.mark.parametrize("parameters", [{}, None])
def test_image_request_takes_empty_parameters(parameters: Any) -> None:
    assert parse_image_request({"input": {"prompt": "a"}, "parameters": parameters}).n == 1


def test_image_request_does_not_mix_the_shapes() -> None:
    assert "prompt: is not a parameter" in _complaint(input={"prompt": "a"})


@pytest.mark.parametrize(
    ("name", "alias", "value"), [("ref_img", "ref_image", PICTURE), ("ref_strength", "strength", 0.25)]
)
def test_image_request_takes_both_spellings(name: str, alias: str, value: Any) -> None:
    assert parse_image_request({"prompt": "a", alias: value}) == parse_image_request(
        {"prompt": "a", name: value}
    )


@pytest.mark.parametrize("prompt", ["", " ", "\n\t\u3000"])
def test_image_request_refuses_an_empty_prompt(prompt: str) -> None:
    assert _complaint(prompt=prompt) == "prompt: must not be empty."


def test_image_request_refuses_a_prompt_that_would_be_cut_to_nothing() -> None:
    assert _complaint(prompt=" " * WANX.prompt_limit + "cat").startswith("prompt: ")


@pytest.mark.parametrize("name", ["prompt", "negative_prompt"])
def test_image_request_refuses_text_that_is_no_unicode(name: str) -> None:
    assert _complaint(**{"prompt": "a", name: "\ud83d"}).startswith(f"{name}: holds U+D83D")


def test_image_request_names_an_unknown_model() -> None:
    assert _complaint(model="dall-e") == f"model: 'dall-e' is not one of: {', '.join(IMAGE_MODELS)}."


@pytest.mark.parametrize("count", [0, -1, 5, 10**9])
def test_image_request_refuses_a_number_of_pictures_out_of_range(count: int) -> None:
    assert _complaint(n=count) == f"n: {count} is out of range, it takes 1 to 4."


@pytest.mark.parametrize("count", [1, 4])
def test_image_request_takes_the_ends_of_the_range(count: int) -> None:
    assert parse_image_request({"prompt": "a", "n": count}).n == count


@pytest.mark.parametrize("seed", [0, WANX.max_seed])
def test_image_request_takes_a_seed(seed: int) -> None:
    assert parse_image_request({"prompt": "a", "seed": seed}).parameters["seed"] == seed


def test_image_request_sends_no_seed_for_a_random_one() -> None:
    assert "seed" not in parse_image_request({"prompt": "a", "seed": -1}).parameters


@pytest.mark.parametrize("seed", [-2, WANX.max_seed + 1])
def test_image_request_refuses_a_seed_out_of_range(seed: int) -> None:
    assert _complaint(seed=seed).startswith(f"seed: {seed} is out of range")


@pytest.mark.parametrize("strength", [0, 0.0, 1, 1.0])
def test_image_request_takes_the_ends_of_the_strength(strength: float) -> None:
    assert parse_image_request({"prompt": "a", "strength": strength}).parameters["ref_strength"] == strength


@pytest.mark.parametrize("strength", [-0.01, 1.01])
def test_image_request_refuses_a_strength_out_of_range(strength: float) -> None:
    assert _complaint(ref_strength=strength).startswith("ref_strength: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [("size", "1024x1024"), ("style", "sketch"), ("ref_mode", "copy"), ("size", "1024*1025")],
)
def test_image_request_refuses_a_word_that_is_none_of_those(name: str, value: str) -> None:
    assert _complaint(**{name: value}).startswith(f"{name}: {value!r} is not one of: ")


@pytest.mark.parametrize("size", ["", "large", "1024", "0*0", "1024*0", "-1*1", "123456*1", "1024 * 1024"])
def test_image_request_refuses_what_is_no_size(size: str) -> None:
    assert _complaint(size=size) == f"size: {size!r} is no size, write it as 1024*1024."


@pytest.mark.parametrize("name", ["prompt", "negative_prompt"])
def test_image_request_cuts_a_long_text(name: str) -> None:
    request = parse_image_request({"prompt": "a", name: "猫" * 501})
    assert request.input[name] == "猫" * 500


@pytest.mark.parametrize("name", ["prompt", "negative_prompt"])
def test_image_request_says_that_it_cut(name: str) -> None:
    message = f"{name} has 501 characters and was cut to the 500 that the model takes."
    request = parse_image_request({"prompt": "a", name: "猫" * 501})
    assert request.notices == (Notice("PromptTruncated", name, message),)


def test_image_request_leaves_a_text_of_the_full_length_alone() -> None:
    request = parse_image_request({"prompt": "猫" * 500})
    assert (request.input["prompt"], request.notices) == ("猫" * 500, ())


@pytest.mark.parametrize("name", ["negative_prompt", "ref_img"])
def test_image_request_leaves_out_what_is_empty(name: str) -> None:
    assert name not in parse_image_request({"prompt": "a", name: ""}).input
