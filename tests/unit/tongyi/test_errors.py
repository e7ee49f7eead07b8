"""The tree of errors, and what each carries into HTTP."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tongyi import errors
from tongyi.errors import (
    GatewayError,
    LimitExceeded,
    QueueFull,
    TaskNotFound,
    UpstreamAmbiguous,
    UpstreamError,
    UpstreamRefused,
    UpstreamThrottled,
)

_LINE = re.compile(r"^(?P<branch>[│├└─ ]*)(?P<name>[A-Z]\w+)\s*(?P<status>\d{3})?")


class Leaf(NamedTuple):
    name: str
    parent: str | None
    status: int | None


def _drawn() -> Iterator[Leaf]:
    """The tree as the module's docstring draws it."""
    path: list[str] = []
    for line in inspect.getdoc(errors).__str__().splitlines():
        found = _LINE.match(line)
        if found and (found["branch"] or found["name"] == "GatewayError"):
            depth = len(found["branch"]) // 4
            path[depth:] = [found["name"]]
            status = int(found["status"]) if found["status"] else None
            yield Leaf(found["name"], path[depth - 1] if depth else None, status)


def _classes() -> dict[str, type[GatewayError]]:
    found = vars(errors).items()
    return {name: kind for name, kind in found if isinstance(kind, type) and issubclass(kind, GatewayError)}


DRAWN = list(_drawn())


def test_errors_are_all_in_the_tree_of_the_docstring() -> None:
    assert {leaf.name for leaf in DRAWN} == set(_classes())


@pytest.mark.parametrize("leaf", DRAWN[1:], ids=lambda leaf: leaf.name)
def test_errors_have_the_parents_that_the_tree_draws(leaf: Leaf) -> None:
    assert [base.__name__ for base in _classes()[leaf.name].__bases__] == [leaf.parent]


@pytest.mark.parametrize("leaf", [leaf for leaf in DRAWN if leaf.status], ids=lambda leaf: leaf.name)
def test_errors_have_the_status_that_the_tree_gives(leaf: Leaf) -> None:
    assert _classes()[leaf.name].status == leaf.status


@pytest.mark.parametrize("kind", _classes().values(), ids=lambda kind: kind.__name__)
def test_errors_say_when_they_are_raised(kind: type[GatewayError]) -> None:
    said = inspect.cleandoc(kind.__doc__ or "")
    assert said.startswith("Raised when") or kind is GatewayError


def test_gateway_error_has_no_headers_of_its_own() -> None:
    assert GatewayError("It broke.").headers == {}


def test_gateway_error_shows_its_message() -> None:
    assert str(GatewayError("It broke.")) == GatewayError("It broke.").message == "It broke."


def test_task_not_found_does_not_repeat_the_id_to_the_caller() -> None:
    assert "some-id" not in TaskNotFound("some-id").message


def test_task_not_found_keeps_the_id() -> None:
    assert TaskNotFound("some-id").task_id == "some-id"


@pytest.mark.parametrize("kind", LimitExceeded.__subclasses__())
def test_limit_exceeded_says_when_to_come_back(kind: type[LimitExceeded]) -> None:
    assert kind("Too much.", retry_after=17).headers == {"Retry-After": "17"}


def test_limit_exceeded_codes_tell_the_limits_apart() -> None:
    assert QueueFull.code != errors.DailyLimitExceeded.code


def test_upstream_error_shows_upstreams_status_in_a_header() -> None:
    assert UpstreamError("No.", upstream_status=403).headers == {"X-DashScope-Status": "403"}


def test_upstream_error_without_an_answer_has_no_header() -> None:
    assert UpstreamError("No.").headers == {}


def test_upstream_error_takes_upstreams_code() -> None:
    assert UpstreamRefused("No.", code="Arrearage").code == "Arrearage"


def test_upstream_error_falls_back_to_its_own_code() -> None:
    assert UpstreamAmbiguous("No.", code=None).code == "UpstreamAmbiguous"


def test_upstream_error_keeps_what_upstream_said() -> None:
    error = UpstreamThrottled("No.", upstream_status=429, request_id="r-1", retry_after=2.5)
    assert (error.upstream_status, error.request_id, error.retry_after) == (429, "r-1", 2.5)


@pytest.mark.parametrize(("seconds", "header"), [(0.0, "1"), (0.2, "1"), (1.0, "1"), (7.0, "7")])
def test_upstream_error_asks_for_a_whole_number_of_seconds(seconds: float, header: str) -> None:
    assert UpstreamThrottled("No.", retry_after=seconds).headers["Retry-After"] == header
