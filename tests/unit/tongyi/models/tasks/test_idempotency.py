"""What makes two orders one: the caller, the key, and what is ordered."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongyi.models.images.bodies import parse_image_request, parse_lenient_request
from tongyi.models.tasks.idempotency import fingerprint, open_task_id_for, task_id_for

OWNERS = st.none() | st.text(max_size=8)
KEYS = st.text(min_size=1, max_size=8)


@given(KEYS, OWNERS, KEYS, OWNERS)
def test_task_id_differs_with_the_key_and_with_the_caller(
    key: str, owner: str | None, other_key: str, other_owner: str | None
) -> None:
    assert (_id(key, owner) == _id(other_key, other_owner)) == ((key, owner) == (other_key, other_owner))


@given(KEYS, OWNERS)
def test_task_id_has_the_documented_shape(key: str, owner: str | None) -> None:
    assert str(uuid.UUID(_id(key, owner))) == _id(key, owner)


@given(KEYS)
def test_task_id_of_an_open_order_can_be_worked_out_only_with_the_secret(key: str) -> None:
    assert len({open_task_id_for(key, salt) for salt in ("one", "another", "")}) == 3


def _id(key: str, owner: str | None) -> str:
    return open_task_id_for(key, "salt") if owner is None else task_id_for(key, owner)


def test_fingerprint_is_the_same_for_the_same_order_in_other_words() -> None:
    flat = parse_image_request({"prompt": "a cat", "n": 1, "strength": 0.5})
    nested = parse_image_request({"input": {"prompt": "a cat"}, "parameters": {"ref_strength": 0.5}})

    assert fingerprint(flat) == fingerprint(nested)


@pytest.mark.parametrize(
    "other",
    [{"prompt": "a dog"}, {"prompt": "a cat", "n": 2}, {"prompt": "a cat", "seed": 1}],
)
def test_fingerprint_differs_with_the_order(other: dict[str, Any]) -> None:
    assert fingerprint(parse_image_request(other)) != fingerprint(parse_image_request({"prompt": "a cat"}))


def test_fingerprint_differs_with_the_size_asked_for() -> None:
    asked, mapped = (
        parse_lenient_request({"input": {"prompt": "a cat"}, "parameters": {"size": size}})
        for size in ("1024*1024", "1000*1000")
    )

    assert asked.parameters == mapped.parameters
    assert fingerprint(asked) != fingerprint(mapped)


def test_fingerprint_of_an_order_without_a_callback_is_what_it_was_before_there_were_any() -> None:
    """Else an order that is repeated across a deployment would be refused as another."""
    order = parse_image_request({"prompt": "a cat", "n": 1})
    kept = ["wanx-v1", {"prompt": "a cat"}, {"n": 1}, None]

    assert fingerprint(order) == hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def test_fingerprint_differs_with_the_callback() -> None:
    links = [None, "https://a.example/", "https://b.example/"]
    orders = [parse_image_request({"prompt": "a cat", "callback_url": link}) for link in links]

    assert len({fingerprint(order) for order in orders}) == 3
