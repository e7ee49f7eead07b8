"""Chats: at most two calls, and never a second one that could be billed twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.tongyi.fakes import FakeClock, FakeDashScope, FakeQuotaTable
from tongyi.config import ChatSettings
from tongyi.errors import (
    DailyLimitExceeded,
    InvalidParameter,
    UpstreamAmbiguous,
    UpstreamError,
    UpstreamRefused,
    UpstreamThrottled,
    UpstreamUnreachable,
)
from tongyi.gateways.dashscope import CHAT_SECONDS
from tongyi.models.upstream import ChatAnswer
from tongyi.usecases.chat import LONGEST_RETRY_SECONDS, RETRY_SECONDS, Chat

ANSWER = ChatAnswer("Hi", "qwen-plus", "stop", {"total_tokens": 3})
SETTINGS = ChatSettings(models=("qwen-plus", "qwen-max"), daily_open_chats=1)
BODY = {"prompt": "Hello"}


class Case:
    """A chat with a script of what DashScope answers."""

    def __init__(self, *script: object) -> None:
        self.dashscope = FakeDashScope(*script)
        self.quotas = FakeQuotaTable()
        self.clock = FakeClock()
        self._chat = Chat(self.dashscope, self.quotas, SETTINGS, self.clock)

    def run(self, body: Any = BODY, owner: str | None = "alice") -> ChatAnswer:
        return self._chat.run(body, owner)


def test_chat_answers() -> None:
    assert Case(ANSWER).run() == ANSWER


def test_chat_asks_the_model_with_the_messages_and_options() -> None:
    case = Case(ANSWER)
    case.run({"prompt": "Hello", "system": "Be brief", "model": "qwen-max", "seed": 7})
    messages = [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hello"}]
    [(_, *asked, _)] = case.dashscope.calls
    assert asked == ["qwen-max", messages, {"result_format": "message", "seed": 7}]


def test_chat_asks_within_its_time() -> None:
    case = Case(ANSWER)
    case.run()
    assert 0 < case.dashscope.calls[0][-1] <= CHAT_SECONDS


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
