"""Faults of a body, in words that a caller can act on."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import Field

from tongyi.errors import InvalidParameter
from tongyi.models.validation import FAULTS_NAMED, Body, parse


class Inner(Body):
    flag: bool


class Sample(Body):
    text: str
    whole: int | None = None
    number: float | None = None
    words: list[str] | None = None
    inner: Inner | None = None
    table: dict[str, int] | None = None
    short: Annotated[str | None, Field(max_length=3)] = None


def _complaint(body: Any) -> str:
    with pytest.raises(InvalidParameter) as caught:
        parse(Sample, body)
    return caught.value.message


def test_parse_returns_the_model() -> None:
    assert parse(Sample, {"text": "a", "whole": 1}) == Sample(text="a", whole=1)


@pytest.mark.parametrize("body", [None, [], "text", 1, 1.5, True])
def test_parse_takes_objects_only(body: Any) -> None:
    assert _complaint(body) == "The body must be a JSON object."


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"text": 1}, "text: must be a string."),
        ({"whole": "1"}, "whole: must be an integer."),
        ({"whole": 1.0}, "whole: must be an integer."),
        ({"whole": True}, "whole: must be an integer."),
        ({"number": "1"}, "number: must be a number."),
        ({"number": True}, "number: must be a number."),
        ({"number": float("nan")}, "number: must be a finite number."),
        ({"number": float("inf")}, "number: must be a finite number."),
        ({"words": "a"}, "words: must be a list."),
        ({"words": ["a", 1]}, "words.1: must be a string."),
        ({"inner": "a"}, "inner: must be an object."),
        ({"inner": {"flag": 1}}, "inner.flag: must be true or false."),
        ({"inner": {}}, "inner.flag: is required."),
        ({"table": []}, "table: must be an object."),
        ({"colour": "red"}, "colour: is not a parameter of this route, remove it."),
        ({"short": "long"}, "short: string should have at most 3 characters."),
    ],
)
def test_parse_says_what_is_wrong(fault: dict[str, Any], sentence: str) -> None:
    assert _complaint({"text": "a", **fault}) == sentence


def test_parse_says_what_is_missing() -> None:
    assert _complaint({}) == "text: is required."


def test_parse_names_several_faults() -> None:
    assert _complaint({"whole": "x"}) == "text: is required; whole: must be an integer."


def test_parse_names_a_few_faults_of_many() -> None:
    assert _complaint({str(number): 1 for number in range(100)}).count(";") == FAULTS_NAMED - 1


def test_parse_shortens_the_names_of_fields() -> None:
    assert len(_complaint({"text": "a", "x" * 10_000: 1})) < 200


def test_parse_keeps_a_callers_values_to_itself() -> None:
    assert "s3cret" not in _complaint({"text": "a", "whole": "s3cret"})


def test_parse_does_not_bend_what_it_was_given() -> None:
    body = {"text": "a", "inner": {"flag": True}}
    parse(Sample, body)
    assert body == {"text": "a", "inner": {"flag": True}}
