"""Bodies, read to their end or not at all: against their announced length, a limit and a deadline."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from tongyi.clock import Deadline
from tongyi.gateways.http_client import BodyBroken, BodyTooLarge, BodyTooSlow, read_body


@dataclass(frozen=True)
class Moment(Deadline):
    """A deadline that passes when it is told to."""

    over: list[bool] = field(default_factory=list)

    @property
    def left(self) -> float:
        return 0.0 if self.over else 1.0


class Raw:
    """Gives one piece after the other; the deadline passes as the body ends, if it is `late`."""

    def __init__(self, pieces: tuple[bytes, ...], deadline: Moment, *, late: bool) -> None:
        self.pieces, self._deadline, self._late = list(pieces), deadline, late

    def read1(self, most: int, decode_content: bool) -> bytes:
        if self.pieces:
            return self.pieces.pop(0)
        if self._late:
            self._deadline.over.append(True)
        return b""


class Case:
    """A reply with that body, of which at most ten bytes are wanted."""

    def __init__(self, *pieces: bytes, late: bool = False, **headers: str) -> None:
        deadline = Moment(at=0)
        self.raw = Raw(pieces, deadline, late=late)
        response: Any = requests.Response()
        response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        response.raw = self.raw
        self.response, self.deadline = response, deadline

    def run(self) -> bytes:
        return read_body(self.response, self.deadline, 10)


def test_body_that_announces_too_much_is_not_read() -> None:
    case = Case(b"1", Content_Length="11")
    with pytest.raises(BodyTooLarge):
        case.run()
    assert case.raw.pieces == [b"1"]


def test_body_without_a_length_is_cut_off_at_the_limit() -> None:
    case = Case(b"12345", b"678901", b"2")
    with pytest.raises(BodyTooLarge):
        case.run()
    assert case.raw.pieces == [b"2"]


@pytest.mark.parametrize(("late", "length"), [(False, None), (False, "3"), (True, "3")])
def test_body_that_is_surely_whole_is_taken(late: bool, length: str | None) -> None:
    headers = {"Content_Length": length} if length else {}
    assert Case(b"12", b"3", late=late, **headers).run() == b"123"


def test_body_that_may_have_been_cut_off_at_the_deadline_is_not_taken() -> None:
    with pytest.raises(BodyTooSlow):
        Case(b"12", b"3", late=True).run()


@pytest.mark.parametrize("length", ["2", "4"])
def test_body_of_another_length_than_announced_is_broken(length: str) -> None:
    with pytest.raises(BodyBroken):
        Case(b"123", Content_Length=length).run()


def test_body_that_was_packed_is_as_long_as_it_is() -> None:
    assert Case(b"123", Content_Length="2", Content_Encoding="gzip").run() == b"123"


def test_body_is_not_read_after_the_deadline() -> None:
    case = Case(b"123")
    case.deadline.over.append(True)
    with pytest.raises(BodyTooSlow):
        case.run()
    assert case.raw.pieces == [b"123"]


@pytest.mark.parametrize("length", ["", "x", "-1", "+3", "3.0", "３"])
def test_body_of_a_length_that_is_no_number_is_broken(length: str) -> None:
    with pytest.raises(BodyBroken):
        Case(b"123", Content_Length=length).run()
