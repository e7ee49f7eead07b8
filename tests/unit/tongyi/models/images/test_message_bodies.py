"""DashScope's body of a synchronous order: one message with one text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongyi.errors import InvalidParameter
from tongyi.models.images.bodies import parse_image_request, parse_message_request
from tongyi.models.images.catalog import IMAGE_MODELS
from tongyi.models.images.request import ImageRequest

MAX = "qwen-image-max"
TEXT, PICTURE = {"text": "a cat"}, {"image": "https://example.com/cat.png"}
USER = {"role": "user", "content": [TEXT]}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 7) | st.sampled_from(["a cat", "user", MAX, "message"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["messages", "role", "content", "text", "image", "n", "stream"]), inner
        )
    ),
    max_leaves=6,
)


def _body(*messages: Any, model: str = MAX, **parameters: Any) -> dict[str, Any]:
    return {"model": model, "input": {"messages": list(messages or [USER])}, "parameters": parameters}


def _said(content: Any) -> dict[str, Any]:
    return _body({"role": "user", "content": content})


def _flat(model: str = MAX, **given: Any) -> ImageRequest:
    return parse_image_request({"model": model, "prompt": "a cat", **given})


def _complaint(body: Any) -> str:
    with pytest.raises(InvalidParameter) as caught:
        parse_message_request(body)
    return caught.value.message


@given(JSON | st.fixed_dictionaries({"model": st.just(MAX), "input": JSON}, optional={"parameters": JSON}))
def test_message_request_is_made_of_any_json_or_refused(body: Any) -> None:
    try:
        request = parse_message_request(body)
    except InvalidParameter:
        return
    assert request.input["prompt"].strip()


@pytest.mark.parametrize("content", ["a cat", [TEXT]], ids=["text", "list"])
def test_message_request_has_its_prompt_in_the_one_message(content: Any) -> None:
    assert parse_message_request(_said(content)) == _flat()


@pytest.mark.parametrize("model", IMAGE_MODELS)
def test_message_request_is_for_every_model(model: str) -> None:
    assert parse_message_request(_body(model=model)) == _flat(model)


def test_message_request_takes_the_parameters_of_the_model() -> None:
    given: dict[str, Any] = {"size": "928*1664", "seed": 7, "prompt_extend": True, "watermark": False}
    assert parse_message_request(_body(**given)) == _flat(**given)


def test_message_request_has_its_negative_prompt_among_the_parameters() -> None:
    request = parse_message_request(_body(negative_prompt="a dog"))
    assert (request.input, request.parameters) == (
        {"prompt": "a cat", "negative_prompt": "a dog"},
        {"n": 1},
    )


@pytest.mark.parametrize(
    "body", [{"model": MAX, "input": {"messages": [USER]}}, {**_body(), "parameters": None}]
)
def test_message_request_can_do_without_parameters(body: Any) -> None:
    assert parse_message_request(body) == _flat()


@pytest.mark.parametrize(
    "given", [{"result_format": "message"}, {"result_format": None}, {"stream": False}, {"stream": None}]
)
def test_message_request_passes_over_what_asks_for_what_it_does_anyway(given: dict[str, Any]) -> None:
    assert parse_message_request(_body(**given)) == _flat()


def test_message_request_knows_one_format() -> None:
    assert _complaint(_body(result_format="text")).startswith("parameters.result_format: ")


def test_message_request_refuses_a_stream() -> None:
    assert _complaint(_body(stream=True)) == "stream: pictures are not streamed, leave it out or send false."


@pytest.mark.parametrize("messages", [[], [USER, USER], None, USER])
def test_message_request_takes_one_message(messages: Any) -> None:
    body = {"model": MAX, "input": {"messages": messages}}
    assert _complaint(body).startswith("input.messages: ")


@pytest.mark.parametrize("role", ["system", "assistant", None, ""])
def test_message_request_takes_the_users_message(role: Any) -> None:
    assert _complaint(_body({"role": role, "content": "a cat"})).startswith("input.messages.0.role: ")


@pytest.mark.parametrize(
    "content",
    [[], [TEXT, TEXT], [TEXT, PICTURE], [PICTURE], [{**TEXT, **PICTURE}], ["a cat"], None, TEXT],
    ids=["nothing", "two texts", "text and picture", "picture", "both in one", "bare", "none", "no list"],
)
def test_message_request_takes_one_text(content: Any) -> None:
    assert _complaint(_said(content)).startswith("input.messages.0.content.")


@pytest.mark.parametrize("content", ["", " ", [{"text": ""}]])
def test_message_request_refuses_an_empty_prompt(content: Any) -> None:
    assert _complaint(_said(content)) == "prompt: must not be empty."


def test_message_request_needs_a_model() -> None:
    assert _complaint({"input": {"messages": [USER]}}) == "model: is required."


def test_message_request_names_an_unknown_model() -> None:
    assert _complaint(_body(model="dall-e")).startswith("model: 'dall-e' is not one of: ")


@pytest.mark.parametrize(("name", "value"), [("n", 2), ("size", "1024*1024"), ("style", "<sketch>")])
def test_message_request_is_to_the_letter(name: str, value: Any) -> None:
    assert _complaint(_body(**{name: value})).startswith(f"{name}: ")


def test_message_request_takes_a_number_that_one_call_makes() -> None:
    assert parse_message_request(_body(model="qwen-image-2.0-pro", n=6)).n == 6


@pytest.mark.parametrize("body", [{**_body(), "prompt": "a"}, {**_body(), "n": 1}, {"model": MAX}, [], None])
def test_message_request_takes_its_own_shape_only(body: Any) -> None:
    assert _complaint(body)
