"""Whatever strangers can send, in a body, a header, a query, a file or a reply: it is taken or refused, in linear time.

Asserted is the ratio of two sizes measured in one run, with a wide margin: sixteen times the text may take four times
what is its due, and what is quadratic takes sixteen times that. It is the time of this thread alone, the best of some.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import product
from typing import Any

import pytest
import requests
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from tests.support.api_gateway import proxy_event
from tests.support.fakes.gateways import FakeClock
from tongyi.clock import Deadline
from tongyi.errors import GatewayError
from tongyi.gateways.dashscope.errors import retry_after_seconds, upstream_error
from tongyi.gateways.http_client import BodyTooLarge, body_chunks
from tongyi.http import api
from tongyi.http.dialects import is_resent, openai_error
from tongyi.http.language import preferred
from tongyi.http.preferences import long_poll_seconds, preference
from tongyi.http.waiting import named_task
from tongyi.models.batches.input_file import read_order_file
from tongyi.models.chat import parse_chat_request, parse_native_chat, parse_openai_chat
from tongyi.models.images.bodies import parse_image_request, parse_openai_request
from tongyi.models.images.hosts import PictureHosts
from tongyi.models.images.reference_image import reference_link
from tongyi.models.strict_json import parse_strict
from tongyi.models.tasks.filter import parse_task_filter
from tongyi.models.tasks.message import parse_order_message
from tongyi.models.webhooks.callback_url import CallbackRules
from tongyi.models.webhooks.filter import parse_delivery_filter
from tongyi.models.webhooks.payload import task_of_webhook

SIZE, LARGER, MARGIN = 1_000, 16, 4
# Seconds. What takes less is not told from nothing.
LEAST = 50e-6
MODELS = ("qwen-plus",)
CLOCK = FakeClock()
UNITS = (
    *(
        '"',
        '\\"',
        '"\\',
        "//",
        "/",
        '"//',
        "[",
        "{",
        '{"a":',
        "]",
        ",",
        '"a",',
        ":",
        "1",
        "0",
        "1e9",
        "-",
        ".",
        "a",
        " ",
    ),
    *(
        "\n",
        "\r\n",
        "\t",
        "\\",
        "\\u0000",
        "%41",
        "%",
        "@",
        "=",
        ";",
        "q=1,",
        "wait=",
        "sk-",
        "sk-a",
        "a.",
        "a/",
        "1.",
        "(",
        ")",
    ),
    *(
        "\x00",
        "\x1b",
        "\x85",
        "\ufffd",
        "\uffff",
        "猫",
        "😀",
        "'",
        "#",
        "?",
        "&",
        "*",
        "x",
        "_",
        "+",
        "<",
        "oss://",
    ),
)
# What stands before and after the repeated part, for readers that else would give up at once.
FRAMES: dict[str, tuple[tuple[str, str], ...]] = {
    "body": (("", "//"), ('"', "//"), ('{"prompt": "', '"} //')),
    "message": (('{"prompt": "', '"}'),),
    "JSON Lines": (('{"prompt": "', '"}'),),
    "CSV": (("prompt\n", ""), ('prompt\n"', "")),
    "callback": (("https://", ""), ("https://a/", "")),
    "reference picture": (("https://", ""), ("oss://", "/")),
    "picture's link": (("https://", ""), ("https://a:", "")),
}


def _event(body: str = "", headers: dict[str, str] | None = None, **query: str) -> APIGatewayProxyEvent:
    event = proxy_event("POST", "/v1/images/generations", body, headers)
    return APIGatewayProxyEvent({**event, "queryStringParameters": query})


def _order(name: str, text: str) -> object:
    return parse_image_request({"prompt": "a", name: text})


def _list(name: str, text: str) -> object:
    return parse_task_filter({name: text}, CLOCK.now_ms())


READERS: dict[str, Callable[[str], object]] = {
    "body": lambda text: api.json_body(_event(text)),
    "body of an error": lambda text: api.error_reply(_event(text), GatewayError("No.")),
    "message": lambda text: parse_order_message(parse_strict(text), "m"),
    "JSON Lines": lambda text: read_order_file("a.jsonl", text.encode()),
    "CSV": lambda text: read_order_file("a.csv", text.encode()),
    **{
        f"{name} of an order": partial(_order, name)
        for name in (
            "prompt",
            "negative_prompt",
            "size",
            "style",
            "model",
            "ref_img",
            "callback_url",
            "ref_mode",
        )
    },
    "user of OpenAI's": lambda text: parse_openai_request({"prompt": "a", "user": text}),
    "name of a field": lambda text: parse_image_request({text: "a"}),
    "owner": lambda text: parse_order_message({"prompt": "a", "owner": text}, "m"),
    "idempotency_key": lambda text: parse_order_message({"prompt": "a", "idempotency_key": text}, "m"),
    "prompt of a chat": lambda text: parse_chat_request({"prompt": text}, MODELS),
    "content of a chat": lambda text: parse_openai_chat(
        {"messages": [{"role": "user", "content": [{"text": text}]}]}, MODELS
    ),
    "callback": CallbackRules(("https://a", "http://b:8")).check,
    "reference picture": reference_link,
    "picture's link": PictureHosts(("a", "https://b")).admit,
    "Accept-Language": preferred,
    "Prefer": preference,
    "Idempotency-Key": lambda text: api.idempotency_key(_event(headers={"Idempotency-Key": text})),
    "X-Stainless-Retry-Count": lambda text: is_resent(_event(headers={"X-Stainless-Retry-Count": text})),
    "wait": long_poll_seconds,
    "task_id": lambda text: named_task(_event(task_id=text)),
    **{
        f"{name} of a list": partial(_list, name)
        for name in ("start_time", "end_time", "status", "model_name", "page_no", "page_size")
    },
    "page of deliveries": lambda text: parse_delivery_filter({"page_no": text, "status": text}),
    "webhook's id": task_of_webhook,
    "message of an error": lambda text: openai_error(
        {"code": "a", "message": text, "suggestion": "a", "request_id": "a"}, 400
    ),
    "upstream's error": lambda text: upstream_error(400, {"code": text, "message": text}, key="sk-secret"),
    "Retry-After": lambda text: retry_after_seconds(text, CLOCK),
    "Retry-After, a date": lambda text: retry_after_seconds(f"Mon, 5 Jan {text} 00:00:00 {text}", CLOCK),
}
SHAPES: dict[str, Callable[[int], object]] = {
    "many fields": lambda size: parse_image_request({f"a{number}": 1 for number in range(size)}),
    "many messages": lambda size: parse_chat_request({"messages": [{"role": "user"}] * size}, MODELS),
    "many parts": lambda size: parse_native_chat(
        {"input": {"messages": [{"role": "user", "content": [{"text": "a"}] * size}]}}, MODELS
    ),
    "many bad stops": lambda size: parse_chat_request({"prompt": "a", "stop": [1] * size}, MODELS),
    "many lists": lambda size: parse_native_chat({"input": {"prompt": [[]] * size}}, MODELS),
    "deep lists": lambda size: api.json_body(_event("[" * size + "]" * size)),
    "deep objects": lambda size: api.json_body(_event('{"a":' * size + "1" + "}" * size)),
    "long number": lambda size: api.json_body(_event("1." + "1" * size + "e-9")),
    "many numbers": lambda size: api.json_body(_event(f"[{','.join(['1e999'] * size)}]")),
    "equal names": lambda size: api.json_body(_event("{" + '"a":1,' * size + '"a":1}')),
    "many columns": lambda size: read_order_file("a.csv", (",".join(["prompt"] * size) + "\n1").encode()),
    "many cells": lambda size: read_order_file("a.csv", ("prompt\n" + "," * size).encode()),
    "many lines": lambda size: read_order_file("a.jsonl", b"1\n" * size),
    "many rows": lambda size: read_order_file("a.csv", b"prompt\n" + b"1\n" * size),
}


def _seconds(call: Callable[[], object], best_of: int) -> float:
    found = []
    for _ in range(best_of):
        began = time.thread_time()
        # Refused, as it should be; anything else fails the test.
        with suppress(GatewayError, ValueError, RecursionError):
            call()
        found.append(time.thread_time() - began)
    return min(found)


def _is_linear(small: Callable[[], object], large: Callable[[], object]) -> bool:
    return any(
        _seconds(large, best_of) <= LARGER * MARGIN * max(_seconds(small, best_of), LEAST)
        for best_of in (1, 3, 9)
    )


def _text(unit: str, frame: tuple[str, str], size: int) -> str:
    return frame[0] + unit * (size // len(unit)) + frame[1]


def _offenders(readers: dict[str, Callable[[str], object]]) -> Iterator[str]:
    for name, read in readers.items():
        for frame, unit in product((("", ""), *FRAMES.get(name, ())), UNITS):
            small, large = (partial(read, _text(unit, frame, size)) for size in (SIZE, SIZE * LARGER))
            if not _is_linear(small, large):
                yield f"{name}: {frame[0]!r} + {unit!r} * n + {frame[1]!r}"


def test_every_reader_is_linear() -> None:
    assert list(_offenders(READERS)) == []


def test_every_shape_is_read_in_linear_time() -> None:
    sizes = (SIZE // 4, SIZE // 4 * LARGER)
    assert [
        name for name, read in SHAPES.items() if not _is_linear(*(partial(read, size) for size in sizes))
    ] == []


def test_length_that_is_no_number_any_more_is_too_large() -> None:
    """Python makes none of more than 4,300 digits, and says so with an error of its own."""
    response = requests.Response()
    response.headers["Content-Length"] = "9" * 5000
    with pytest.raises(BodyTooLarge):
        list(body_chunks(response, Deadline.after(1), 1000))


@pytest.mark.parametrize("zone", ["+999999999999999", "-999999999999999"])
def test_moment_that_no_calendar_has_is_no_advice(zone: str) -> None:
    assert retry_after_seconds(f"Mon, 5 Jan 2026 00:00:00 {zone}", CLOCK) is None
    assert retry_after_seconds("Mon, 5 Jan 99999999999999999 00:00:00 GMT", CLOCK) is None


def test_reader_that_is_not_linear_is_found_out() -> None:
    def quadratic(text: str) -> Any:
        return [json.dumps(text[place:]) for place in range(0, len(text), 16)]

    assert next(_offenders({"quadratic": quadratic})).startswith("quadratic: ")
