"""DynamoDB's typed JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from tongyi.gateways.dynamodb.base.items import ConditionFailed, conditional, decode, encode

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "No."}}, "UpdateItem")


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_decode_gives_back_what_was_encoded(values: dict[str, Any]) -> None:
    assert decode(encode(values)) == values


def test_encode_names_the_types() -> None:
    assert encode({"pk": "a", "n": 1}) == {"pk": {"S": "a"}, "n": {"N": "1"}}


def test_encode_takes_no_floats() -> None:
    with pytest.raises(TypeError, match="Float"):
        encode({"n": 0.5})


def test_decode_gives_numbers_as_decimals() -> None:
    assert isinstance(decode({"n": {"N": "1"}})["n"], Decimal)


def test_conditional_turns_a_failed_condition_into_ours() -> None:
    with pytest.raises(ConditionFailed), conditional():
        raise _refusal("ConditionalCheckFailedException")


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "ValidationException"])
def test_conditional_lets_every_other_error_through(code: str) -> None:
    with pytest.raises(ClientError, match=code), conditional():
        raise _refusal(code)


def test_conditional_lets_success_through() -> None:
    with conditional():
        pass
