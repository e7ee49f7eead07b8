"""Chats: at most two calls, and never a second one that could be billed twice."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.support.fakes.dashscope import FakeDashScope
from tests.support.fakes.gateways import FakeClock, FakeQuotaTable
from tongyi.config import ChatSettings
from tongyi.errors import (
    DailyLimitExceeded,
    InvalidParameter,
    NoTimeLeft,
    UpstreamAmbiguous,
    UpstreamError,
    UpstreamRefused,
    UpstreamThrottled,
    UpstreamUnreachable,
)
from tongyi.gateways.dashscope.client import CHAT_SECONDS
from tongyi.models.workflow.upstream import ChatAnswer
from tongyi.usecases import chat
from tongyi.usecases.chat import LONGEST_RETRY_SECONDS, RETRY_SECONDS, Chat

ANSWER = ChatAnswer("Hi", "qwen-plus", "stop", {"total_tokens": 3})
SETTINGS = ChatSettings(models=("qwen-plus", "qwen-max"), daily_open_chats=1)
BODY = {"prompt": "Hello"}
USER = {"role": "user", "content": "Hello"}
SAID = {"output": {"text": "Hi"}, "usage": {"total_tokens": 3}}


class Deadline(NamedTuple):
    """One that stands still."""

    left: float


class Case:
    """A chat with a script of what DashScope answers."""

    def __init__(self, *script: object) -> None:
        self.dashscope = FakeDashScope(*script)
        self.quotas = FakeQuotaTable()
        self.clock = FakeClock()
        self._chat = Chat(self.dashscope, self.quotas, SETTINGS, self.clock)

        self.generate, self.complete = self._chat.generate, self._chat.complete

    def run(self, body: Any = BODY, owner: str | None = "alice", seconds: float = CHAT_SECONDS) -> ChatAnswer:
        return self._chat.run(body, owner, seconds)


def test_chat_answers() -> None:
    assert Case(ANSWER).run() == ANSWER


def test_chat_asks_the_model_with_the_messages_and_options() -> None:
    case = Case(ANSWER)
    case.run({"prompt": "Hello", "system": "Be brief", "model": "qwen-max", "seed": 7})
    messages = [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hello"}]
    parameters = {"result_format": "message", "seed": 7}
    body = {"model": "qwen-max", "input": {"messages": messages}, "parameters": parameters}
    [(*asked, _)] = case.dashscope.calls
    assert asked == ["chat", "qwen-max", body]


def test_generate_passes_dashscopes_body_on_and_its_answer_back() -> None:
    case = Case(SAID)
    body = {"model": "qwen-max", "input": {"messages": [USER], "new": 1}, "parameters": {"tools": []}}
    assert case.generate(body, "alice") == SAID
    [(*asked, seconds)] = case.dashscope.calls
    assert (asked, 0 < seconds <= CHAT_SECONDS) == (["generate_text", body], True)


def test_complete_passes_openais_body_on_and_its_answer_back() -> None:
    case = Case(SAID)
    body = {"model": "qwen-max", "messages": [USER], "tools": [{"type": "function"}]}
    assert case.complete(body, "alice") == SAID
    [(*asked, seconds)] = case.dashscope.calls
    assert (asked, 0 < seconds <= CHAT_SECONDS) == (["complete_chat", body], True)


@pytest.mark.parametrize("way", ["generate", "complete"])
def test_chats_of_other_apis_are_repeated_and_counted_alike(way: str) -> None:
    case = Case(UpstreamThrottled("No.", retry_after=3.0), SAID)
    body = {"input": {"messages": [USER]}} if way == "generate" else {"messages": [USER]}
    assert getattr(case, way)(body, None) == SAID
    assert (case.clock.slept, case.quotas.used["chats"]) == ([3.0], 1)


@pytest.mark.parametrize("way", ["generate", "complete"])
def test_chats_of_other_apis_ask_for_nothing_that_is_wrong(way: str) -> None:
    case = Case(SAID)
    with pytest.raises(InvalidParameter):
        getattr(case, way)({"model": "gpt", "messages": [USER], "input": {}}, None)
    assert (case.dashscope.calls, case.quotas.used["chats"]) == ([], 0)


def test_chat_asks_within_its_time() -> None:
    case = Case(ANSWER)
    case.run()
    assert 0 < case.dashscope.calls[0][-1] <= CHAT_SECONDS


def test_chats_ask_within_what_is_left_of_the_requests_time() -> None:
    native, compatible = {"input": {"messages": [USER]}}, {"messages": [USER]}
    case = Case(ANSWER, SAID, SAID)
    case.run(seconds=7.5)
    case.generate(native, "alice", 7.5)
    case.complete(compatible, "alice", 7.5)
    assert [5 < call[-1] <= 7.5 for call in case.dashscope.calls] == [True] * 3


def test_chat_takes_no_more_than_its_time_where_there_is_more() -> None:
    case = Case(ANSWER)
    case.run(seconds=100)
    assert case.dashscope.calls[0][-1] <= CHAT_SECONDS


def test_chat_asks_nobody_where_no_answer_can_come_in_time() -> None:
    """It would be billed all the same; and so it is not counted."""
    case = Case(ANSWER)
    with pytest.raises(NoTimeLeft):
        case.run(owner=None, seconds=chat.LEAST_SECONDS - 0.1)
    assert (case.dashscope.calls, case.quotas.used["chats"]) == ([], 0)


def test_chat_counts_what_is_asked_without_a_key() -> None:
    case = Case(ANSWER)
    case.run(owner=None)
    assert case.quotas.used["chats"] == 1


def test_chat_does_not_count_what_is_asked_with_a_key() -> None:
    case = Case(ANSWER)
    case.run(owner="alice")
    assert case.quotas.used["chats"] == 0


def test_chat_asks_nobody_once_the_day_is_spent() -> None:
    case = Case(ANSWER, ANSWER)
    case.run(owner=None)
    with pytest.raises(DailyLimitExceeded):
        case.run(owner=None)
    assert len(case.dashscope.calls) == 1


def test_chat_does_not_count_what_it_refuses() -> None:
    case = Case()
    with pytest.raises(InvalidParameter):
        case.run({}, owner=None)
    assert case.quotas.used["chats"] == 0


@pytest.mark.parametrize("error", [UpstreamThrottled("No."), UpstreamUnreachable("No.")])
def test_chat_asks_once_more_what_was_surely_not_answered(error: UpstreamError) -> None:
    assert Case(error, ANSWER).run() == ANSWER


@pytest.mark.parametrize(
    ("asked", "waited"),
    [(None, RETRY_SECONDS), (0.1, RETRY_SECONDS), (3.0, 3.0), (5.0, LONGEST_RETRY_SECONDS)],
)
def test_chat_waits_before_it_asks_again(asked: float | None, waited: float) -> None:
    case = Case(UpstreamThrottled("No.", retry_after=asked), ANSWER)
    case.run()
    assert case.clock.slept == [waited]


def test_chat_does_not_wait_for_long() -> None:
    case = Case(UpstreamThrottled("No.", retry_after=LONGEST_RETRY_SECONDS + 1), ANSWER)
    with pytest.raises(UpstreamThrottled):
        case.run()
    assert (len(case.dashscope.calls), case.clock.slept) == (1, [])


@pytest.mark.parametrize(
    ("left", "asked", "calls"),
    [(6.0, None, 2), (5.9, None, 1), (8.0, 3.0, 2), (7.9, 3.0, 1)],
    ids=["just enough", "too little", "just enough after a wait", "too little after a wait"],
)
def test_chat_asks_again_only_where_the_answer_can_still_come(
    monkeypatch: pytest.MonkeyPatch, left: float, asked: float | None, calls: int
) -> None:
    """A call that is cut off may be billed all the same."""
    monkeypatch.setattr(chat, "Deadline", type("Deadline", (), {"after": lambda _: Deadline(left)}))
    case = Case(UpstreamThrottled("No.", retry_after=asked), UpstreamThrottled("No."))
    with pytest.raises(UpstreamThrottled):
        case.run()
    assert [call[-1] for call in case.dashscope.calls] == [left] * calls


def test_chat_does_not_ask_a_third_time() -> None:
    case = Case(UpstreamThrottled("No."), UpstreamThrottled("No."), ANSWER)
    with pytest.raises(UpstreamThrottled):
        case.run()
    assert len(case.dashscope.calls) == 2


@pytest.mark.parametrize("error", [UpstreamAmbiguous("Who knows."), UpstreamRefused("No.")])
def test_chat_does_not_repeat_what_may_be_billed_or_is_refused(error: UpstreamError) -> None:
    case = Case(error, ANSWER)
    with pytest.raises(type(error)):
        case.run()
    assert len(case.dashscope.calls) == 1
