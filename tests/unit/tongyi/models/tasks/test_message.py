"""Orders that come as messages: what they may look like, whose they are, and what tells two apart."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongyi.errors import InvalidParameter
from tongyi.models.images.bodies import parse_lenient_request, parse_openai_request
from tongyi.models.tasks.message import (
    DEFAULT_OWNER,
    LONGEST_KEY,
    REQUESTED,
    OrderMessage,
    parse_order_message,
)

FLAT = {"prompt": "a cat"}
ORDERS: dict[str, dict[str, Any]] = {
    "flat": {"prompt": "a cat", "n": 2, "style": "<sketch>"},
    "openai": {"model": "qwen-image-plus", "prompt": "a cat", "size": "1024x1024", "user": "u-1"},
    "nested": {"model": "wanx-v1", "input": {"prompt": "a cat"}, "parameters": {"n": 2}},
    "nested without parameters": {"model": "qwen-image-plus", "input": {"prompt": "a cat"}},
    "lenient": {"input": {"prompt": "a cat"}, "parameters": {"size": "1000*1000"}},
}
EACH_ORDER = pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)


def _event(detail: Any, **changes: Any) -> dict[str, Any]:
    """An event as EventBridge hands it to a queue."""
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": REQUESTED,
        "source": "my.shop",
        "account": "123456789012",
        "time": "2026-01-15T12:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
        **changes,
    }


def _parse(body: Any) -> OrderMessage:
    return parse_order_message(body, "message-1")


def _refusal(body: Any) -> str:
    with pytest.raises(InvalidParameter) as caught:
        _parse(body)
    return caught.value.message


@EACH_ORDER
def test_message_is_the_same_order_as_on_the_images_route(order: dict[str, Any]) -> None:
    nested = "input" in order
    assert _parse(order).order == (
        parse_lenient_request(order) if nested else parse_openai_request(order).request
    )


@EACH_ORDER
def test_message_may_say_whose_it_is_and_what_tells_it_from_others(order: dict[str, Any]) -> None:
    found = _parse({**order, "owner": "alice", "idempotency_key": "order-1"})
    assert (found.order, found.owner, found.key) == (_parse(order).order, "alice", "order-1")


@EACH_ORDER
def test_event_holds_an_order_as_its_detail(order: dict[str, Any]) -> None:
    found = _parse(_event({**order, "owner": "alice", "idempotency_key": "order-1"}))
    assert (found.order, found.owner, found.key) == (_parse(order).order, "alice", "order-1")


def test_message_that_names_nobody_belongs_to_events() -> None:
    assert (_parse(FLAT).owner, _parse(_event(FLAT)).owner, DEFAULT_OWNER) == ("events",) * 3


def test_message_without_a_key_is_told_from_others_by_its_id() -> None:
    assert parse_order_message(FLAT, "m-1").key == "sqs-m-1"
    assert parse_order_message(FLAT, "m-2").key == "sqs-m-2"


def test_event_without_a_key_is_told_from_others_by_its_own_id() -> None:
    """EventBridge may deliver it twice, each time in a message of its own."""
    keys = {parse_order_message(_event(FLAT), message).key for message in ("m-1", "m-2")}
    assert keys == {"event-6a7e8feb-b491-4cf7-a9f1-bf3703467718"}
    assert _parse(_event(FLAT, id="another")).key == "event-another"


@pytest.mark.parametrize("event_id", [None, 7, "", ["a"], {"a": 1}], ids=repr)
def test_event_with_an_id_that_is_none_is_told_from_others_by_its_message(event_id: Any) -> None:
    """Else two such events would be one."""
    assert _parse(_event(FLAT, id=event_id)).key == "sqs-message-1"


def test_event_without_an_id_is_told_from_others_by_its_message() -> None:
    event = _event(FLAT)
    del event["id"]
    assert _parse(event).key == "sqs-message-1"


def test_event_without_an_id_may_have_a_key_of_its_own() -> None:
    event = _event({**FLAT, "idempotency_key": "order-1"})
    del event["id"]
    assert _parse(event).key == "order-1"


@pytest.mark.parametrize("owner", ["a", "A.b_c-9", "x" * 64])
def test_message_takes_every_name_that_keys_are_issued_to(owner: str) -> None:
    assert _parse({**FLAT, "owner": owner}).owner == owner


@pytest.mark.parametrize("owner", ["", "x" * 65, "a b", "a\n", "爱丽丝", "OWNER#a", None, 7, ["alice"]])
def test_message_takes_no_other_name(owner: Any) -> None:
    for body in ({**FLAT, "owner": owner}, _event({**FLAT, "owner": owner})):
        assert _refusal(body) == 'owner: takes 1 to 64 letters, digits, "_", "." or "-".'


@pytest.mark.parametrize("key", ["k", "键", "k" * LONGEST_KEY, "a\tb"])
def test_message_takes_every_text_for_a_key(key: str) -> None:
    assert _parse({**FLAT, "idempotency_key": key}).key == key


@pytest.mark.parametrize("key", ["", "k" * (LONGEST_KEY + 1), None, 7, True, {}])
def test_message_takes_nothing_else_for_a_key(key: Any) -> None:
    for body in ({**FLAT, "idempotency_key": key}, _event({**FLAT, "idempotency_key": key})):
        assert _refusal(body) == "idempotency_key: takes a text of 1 to 255 characters."


@pytest.mark.parametrize("body", [None, True, 7, 1.5, "a cat", [], [FLAT]], ids=repr)
def test_message_must_be_an_object(body: Any) -> None:
    assert _refusal(body) == "The message must be a JSON object."


@pytest.mark.parametrize(
    "event",
    [
        _event(FLAT, **{"detail-type": "Image Task Succeeded"}),
        _event(FLAT, **{"detail-type": REQUESTED.lower()}),
        _event(FLAT, **{"detail-type": None}),
        _event(None),
        _event("{}"),
        _event([FLAT]),
        {"detail-type": REQUESTED},
    ],
    ids=range(7),
)
def test_event_must_be_a_request_with_an_order(event: dict[str, Any]) -> None:
    assert _refusal(event) == "detail-type: must be Image Task Requested, with an order as its detail."


def test_event_passes_over_what_stands_beside_its_detail() -> None:
    event = _event(FLAT, owner="mallory", idempotency_key="mine", prompt="a dog")
    assert _parse(event) == _parse(_event(FLAT))


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "prompt: is required"),
        ({"prompt": ""}, "prompt: must not be empty"),
        ({"prompt": "a cat", "n": 0}, "n: 0 is out of range"),
        ({"prompt": "a cat", "model": "no-such"}, "model: 'no-such' is not one of"),
        ({"prompt": "a cat", "colour": "red"}, "colour: is not a parameter"),
        ({"prompt": "a cat", "stream": True}, "stream: pictures are not streamed"),
        ({"prompt": "a cat", "ref_img": "x", "ref_image": "y"}, "ref_img: is the same as ref_image"),
        ({"prompt": "\ud800"}, "prompt: holds U+D800"),
        ({"input": "a cat"}, "input: must be an object"),
        ({"input": {"prompt": "a cat"}, "owner": "alice", "n": 1}, "n: is not a parameter"),
        ({"input": {"prompt": "a cat"}, "parameters": {"strict": True, "n": 5}}, "n: 5 is out of range"),
    ],
)
def test_message_with_a_bad_order_is_told_what_is_wrong_with_it(body: dict[str, Any], named: str) -> None:
    assert named in _refusal(body)
    assert named in _refusal(_event(body))


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
_NAMES = st.sampled_from(
    ["prompt", "input", "parameters", "owner", "idempotency_key", "model", "n", "size", "id", "detail"]
) | st.text(max_size=4)
_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=5)
)


def _never_anything_else(body: Any) -> None:
    try:
        found = _parse(body)
    except InvalidParameter:
        return
    assert found.order.input["prompt"]
    assert len(found.key) > 0
    assert 0 < len(found.owner) <= 64


@given(_JSON)
def test_message_is_an_order_or_a_bad_one_whatever_it_holds(body: Any) -> None:
    _never_anything_else(body)


@given(st.dictionaries(_NAMES, _JSON, max_size=5), _JSON)
def test_event_is_an_order_or_a_bad_one_whatever_it_holds(detail: dict[str, Any], event_id: Any) -> None:
    _never_anything_else(_event(detail, id=event_id))
    _never_anything_else(_event({**FLAT, **detail}, id=event_id))
    _never_anything_else({**FLAT, **detail})
