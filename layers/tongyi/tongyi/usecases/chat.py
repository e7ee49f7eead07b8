"""Answers chats, within what API Gateway waits for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tongyi.clock import Clock, Deadline
from tongyi.config import ChatSettings
from tongyi.errors import NoTimeLeft, UpstreamSuspended, UpstreamThrottled, UpstreamUnreachable
from tongyi.gateways.dashscope.client import CHAT_SECONDS, DashScope
from tongyi.gateways.dynamodb.quota_table import QuotaTable
from tongyi.models.chat import parse_chat_request, parse_native_chat, parse_openai_chat
from tongyi.models.workflow.upstream import ChatAnswer
from tongyi.observability import count, logger

Answer = TypeVar("Answer")

RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 5.0
# A call that has less than this left could only time out, and might be billed all the same.
LEAST_SECONDS = 5.0


class Chat:
    """The chat routes, without the HTTP.

    Every method answers within `seconds`, or raises InvalidParameter, NoTimeLeft, DailyLimitExceeded (for callers
    without a key) or UpstreamError.
    """

    def __init__(
        self, dashscope: DashScope, quotas: QuotaTable, settings: ChatSettings, clock: Clock
    ) -> None:
        self._dashscope = dashscope
        self._quotas = quotas
        self._settings = settings
        self._clock = clock

    def run(self, body: Any, owner: str | None, seconds: float = CHAT_SECONDS) -> ChatAnswer:
        """POST /v1/tongyi: an answer."""
        request = parse_chat_request(body, self._settings.models)
        messages = [message.model_dump() for message in request.messages]
        native = {"model": request.model, "input": {"messages": messages}, "parameters": request.parameters}
        return self._answer(owner, seconds, lambda left: self._dashscope.chat(request.model, native, left))

    def generate(self, body: Any, owner: str | None, seconds: float = CHAT_SECONDS) -> dict[str, Any]:
        """DashScope's own chat API: what it answered, `output` and `usage`."""
        native = parse_native_chat(body, self._settings.models)
        return self._answer(owner, seconds, lambda left: self._dashscope.generate_text(native, left))

    def complete(self, body: Any, owner: str | None, seconds: float = CHAT_SECONDS) -> dict[str, Any]:
        """OpenAI's chat API: what DashScope's compatible mode answered."""
        request = parse_openai_chat(body, self._settings.models)
        return self._answer(owner, seconds, lambda left: self._dashscope.complete_chat(request, left))

    def _answer(self, owner: str | None, seconds: float, ask: Callable[[float], Answer]) -> Answer:
        """Asks, within that many seconds.

        A call that was refused for now is made once more; one that may have been answered is not, it would be billed
        again.
        """
        deadline = Deadline.after(min(seconds, CHAT_SECONDS))
        if seconds < LEAST_SECONDS:
            raise NoTimeLeft
        if owner is None:
            self._quotas.take("chats", 1, self._settings.daily_open_chats)
        try:
            answer = self._asked(ask, deadline)
        except (UpstreamThrottled, UpstreamUnreachable) as error:
            wait = max(error.retry_after or 0, RETRY_SECONDS)
            if wait > min(LONGEST_RETRY_SECONDS, deadline.left - LEAST_SECONDS):
                raise
            self._clock.sleep(wait)
            answer = self._asked(ask, deadline)
        count("ChatsAnswered")
        return answer

    def _asked(self, ask: Callable[[float], Answer], deadline: Deadline) -> Answer:
        """One call. What the operator must mend is counted, and never said to callers."""
        try:
            return ask(deadline.left)
        except UpstreamSuspended as error:
            count("AccountRefusals")
            logger.error("the operator must mend it", code=error.reason, said=error.detail)
            raise
