"""The official openai SDK, of which only the base URL is changed."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

from tests.embedded.conftest import Deployed
from tests.embedded.sdk import add_fault, download

WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture
def client(deployed: Deployed) -> Iterator[openai.OpenAI]:
    url, key = f"{deployed.stack.gateway_url}/v1", deployed.stack.issue_key("openai")
    with openai.OpenAI(base_url=url, api_key=key) as made:
        yield made


def test_pictures_come_by_links(client: openai.OpenAI) -> None:
    made = client.images.generate(model="wanx-v1", prompt="an openai fox", n=2, size="1024x1024")

    assert made.data is not None
    assert [download(str(image.url))[:4] for image in made.data] == [b"\x89PNG"] * 2
    assert [image.revised_prompt for image in made.data] == ["an openai fox"] * 2
    assert made.created > 1_700_000_000


def test_pictures_come_inside_the_reply(client: openai.OpenAI, deployed: Deployed) -> None:
    made = client.images.generate(
        model="qwen-image-2.0", prompt="an openai cat", size="512x512", response_format="b64_json"
    )

    assert made.data is not None
    assert made.model_extra is not None
    contents = [base64.b64decode(str(image.b64_json)) for image in made.data]
    assert contents == deployed.objects(made.model_extra["task_id"])


def test_a_repeated_order_makes_no_second_task(client: openai.OpenAI, deployed: Deployed) -> None:
    prompt = "an openai order sent twice"
    key = {"Idempotency-Key": "openai-order-1"}

    made = [client.images.generate(model="wanx-v1", prompt=prompt, extra_headers=key) for _ in range(2)]

    first, second = ((reply.model_extra or {})["task_id"] for reply in made)
    assert first == second
    assert len(deployed.ledger("submit", prompt)) == 1


def test_chat_answers_over_several_turns(client: openai.OpenAI) -> None:
    turns: list[ChatCompletionMessageParam] = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "my name is Li"},
        {"role": "assistant", "content": "hello Li"},
        {"role": "user", "content": "what is my name"},
    ]
    answer = client.chat.completions.create(model="qwen-plus", messages=turns, temperature=0.5)

    [choice] = answer.choices
    assert choice.finish_reason == "stop"
    assert "my name is Li" in str(choice.message.content)
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_chat_answers_in_json(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model="qwen-plus",
        messages=[{"role": "user", "content": "answer in json: hello"}],
        response_format={"type": "json_object"},
    )

    assert "hello" in str(json.loads(str(answer.choices[0].message.content)))


def test_chat_calls_tools_and_takes_their_results(client: openai.OpenAI) -> None:
    turns: list[ChatCompletionMessageParam] = [{"role": "user", "content": "the weather in 北京"}]
    asked = client.chat.completions.create(model="qwen-plus", messages=turns, tools=[WEATHER]).choices[0]
    assert asked.finish_reason == "tool_calls"
    [call] = asked.message.tool_calls or []
    assert call.type == "function"
    assert (call.function.name, json.loads(call.function.arguments).keys()) == ("get_weather", {"city"})

    turns += [
        {"role": "assistant", "content": "", "tool_calls": [{**call.to_dict(), "type": "function"}]},  # type: ignore[list-item]
        {"role": "tool", "tool_call_id": call.id, "content": "sunny"},
    ]
    told = client.chat.completions.create(model="qwen-plus", messages=turns, tools=[WEATHER])
    assert told.choices[0].finish_reason == "stop"


def test_models_are_listed(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert {"qwen-plus", "wanx-v1", "qwen-image-2.0-pro"} <= set(names)
    assert client.models.retrieve("wanx-v1").owned_by == "alibaba"


def test_refusals_become_the_sdks_own_errors(client: openai.OpenAI, deployed: Deployed) -> None:
    with pytest.raises(openai.BadRequestError, match="n: 9 is out of range") as bad:
        client.images.generate(model="wanx-v1", prompt="x", n=9)
    assert (bad.value.code, bad.value.param, bad.value.type) == (
        "InvalidParameter",
        "n",
        "invalid_request_error",
    )
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("no-such-model")
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="no-such-key").models.list()
    key = {"Idempotency-Key": "one key"}
    client.images.generate(prompt="one order", extra_headers=key)
    with pytest.raises(openai.ConflictError):
        client.images.generate(prompt="another order", extra_headers=key)


def test_a_stream_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="stream"):
        client.chat.completions.create(
            model="qwen-plus", messages=[{"role": "user", "content": "hello"}], stream=True
        )
    with pytest.raises(openai.BadRequestError, match="stream"):
        client.images.generate(prompt="hello", stream=True)


def test_content_that_upstream_refuses_is_a_bad_request(client: openai.OpenAI, deployed: Deployed) -> None:
    prompt = "an openai prompt that is refused"
    refusal = {"kind": "status", "status": 400, "code": "DataInspectionFailed", "message": "inappropriate"}
    add_fault(deployed, endpoint="submit", prompt_contains=prompt, **refusal)

    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(model="wanx-v1", prompt=prompt)

    assert refused.value.code == "DataInspectionFailed"


def test_a_throttled_chat_is_a_rate_limit(client: openai.OpenAI, deployed: Deployed) -> None:
    prompt = "an openai chat that is throttled"
    fault = {"kind": "status", "status": 429, "code": "limit_requests", "times": None}
    add_fault(deployed, endpoint="compatible", prompt_contains=prompt, **fault)
    patient = client.with_options(max_retries=0)

    with pytest.raises(openai.RateLimitError):
        patient.chat.completions.create(model="qwen-plus", messages=[{"role": "user", "content": prompt}])


def test_a_chat_whose_answer_was_lost_is_not_repeated(client: openai.OpenAI, deployed: Deployed) -> None:
    prompt = "an openai chat whose answer is lost"
    add_fault(deployed, endpoint="compatible", kind="drop", after=True, prompt_contains=prompt, times=None)

    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(model="qwen-plus", messages=[{"role": "user", "content": prompt}])

    assert len(deployed.ledger("compatible", prompt)) == 1
