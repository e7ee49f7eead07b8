"""Which fault a call gets, and which faults cannot be scripted."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from local.standin.errors import ControlError
from local.standin.faults.markers import MARKERS, markers_in
from local.standin.faults.script import FaultBook, read_fault


def _book(*specs: dict[str, Any]) -> FaultBook:
    book = FaultBook(threading.RLock())
    for spec in specs:
        book.add({"endpoint": "submit", **spec})
    return book


def _kinds(book: FaultBook, calls: int, prompt: str = "a cat") -> list[str | None]:
    return [book.take("submit", prompt, "scope").kinds for _ in range(calls)]


def test_a_fault_is_used_once_by_default() -> None:
    assert _kinds(_book({"kind": "drop"}), 2) == ["drop", None]


def test_times_says_how_often() -> None:
    assert _kinds(_book({"kind": "drop", "times": 2}), 3) == ["drop", "drop", None]


def test_times_null_means_always() -> None:
    assert _kinds(_book({"kind": "drop", "times": None}), 3) == ["drop"] * 3


def test_skip_lets_the_first_calls_pass() -> None:
    assert _kinds(_book({"kind": "drop", "skip": 2}), 4) == [None, None, "drop", None]


def test_faults_follow_each_other_in_the_order_they_were_added() -> None:
    assert _kinds(_book({"kind": "drop"}, {"kind": "truncate"}), 3) == ["drop", "truncate", None]


def test_another_endpoint_is_left_alone() -> None:
    assert _book({"kind": "drop"}).take("query", "a cat", "scope").kinds is None


def test_prompt_contains_chooses_by_prompt() -> None:
    book = _book({"kind": "drop", "prompt_contains": "dog"})
    assert [book.take("submit", prompt, "").kinds for prompt in ("a cat", "a dog")] == [None, "drop"]


def test_a_change_of_the_answer_and_one_of_the_task_go_together() -> None:
    assert _kinds(_book({"kind": "fail"}, {"kind": "drop", "after": True}), 1) == ["drop+fail"]


def test_a_scripted_fault_goes_before_a_marker() -> None:
    assert _kinds(_book({"kind": "drop"}), 1, "#forbidden") == ["drop"]


def test_remove_drops_one_fault() -> None:
    book = _book({"kind": "drop"}, {"kind": "truncate"})
    assert book.remove(1)
    assert _kinds(book, 2) == ["truncate", None]


def test_shown_tells_how_often_a_fault_was_used() -> None:
    book = _book({"kind": "drop", "times": 3})
    _kinds(book, 2)
    assert (book.shown()[0]["used"], book.shown()[0]["times"]) == (2, 1)


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        ({"endpoint": "submit"}, "kind"),
        ({"endpoint": "submit", "kind": "explode"}, "kind"),
        ({"kind": "drop"}, "endpoint"),
        ({"endpoint": "nowhere", "kind": "drop"}, "endpoint"),
        ({"endpoint": "query", "kind": "partial", "indexes": [0]}, "endpoint"),
        ({"endpoint": "submit", "kind": "corrupt"}, "endpoint"),
        ({"endpoint": "submit", "kind": "drop", "times": 0}, "times"),
        ({"endpoint": "submit", "kind": "drop", "times": "2"}, "times"),
        ({"endpoint": "submit", "kind": "drop", "skip": -1}, "skip"),
        ({"endpoint": "submit", "kind": "drop", "prompt_contains": 5}, "prompt_contains"),
        ({"endpoint": "submit", "kind": "drop", "seconds": 5}, "seconds"),
        ({"endpoint": "submit", "kind": "status"}, "status"),
        ({"endpoint": "submit", "kind": "status", "status": 200}, "status"),
        ({"endpoint": "submit", "kind": "status", "status": 500, "headers": {"A": "b\r\nC: d"}}, "headers"),
        ({"endpoint": "submit", "kind": "delay"}, "seconds"),
        ({"endpoint": "submit", "kind": "delay", "seconds": -1}, "seconds"),
        ({"endpoint": "submit", "kind": "delay", "seconds": True}, "seconds"),
        ({"endpoint": "submit", "kind": "drip", "bytes": 0}, "bytes"),
        ({"endpoint": "submit", "kind": "redirect"}, "location"),
        ({"endpoint": "submit", "kind": "body"}, "json"),
        ({"endpoint": "submit", "kind": "partial"}, "indexes"),
        ({"endpoint": "submit", "kind": "partial", "indexes": [-1]}, "indexes"),
        ({"endpoint": "submit", "kind": "stuck", "task_status": ""}, "task_status"),
        ({"endpoint": "submit", "kind": "link_host"}, "origin"),
    ],
)
def test_a_mistake_is_named(spec: dict[str, Any], named: str) -> None:
    with pytest.raises(ControlError, match=named):
        read_fault(1, spec)


@pytest.mark.parametrize("marker", MARKERS, ids=lambda marker: marker.word)
def test_every_marker_means_a_valid_fault(marker: Any) -> None:
    for endpoint in marker.endpoints:
        assert read_fault(0, {"endpoint": endpoint, **marker.fault}).kind == marker.fault["kind"]


def test_a_marker_is_a_whole_word() -> None:
    assert list(markers_in("#failed", "submit")) == []


def test_a_marker_works_on_its_own_endpoints_only() -> None:
    assert list(markers_in("#corrupt", "submit")) == []


def test_a_once_only_marker_works_once_for_a_scope() -> None:
    book = _book()
    taken = [book.take("submit", "#throttle", scope).kinds for scope in ("one", "one", "two")]
    assert taken == ["status", None, "status"]


def test_clear_lets_once_only_markers_work_again() -> None:
    book = _book()
    book.take("submit", "#throttle", "one")
    book.clear()
    assert book.take("submit", "#throttle", "one").kinds == "status"
