"""Answers a chat, within what API Gateway waits for."""

from __future__ import annotations

from typing import Any

from tongyi.clock import Clock, Deadline
from tongyi.config import ChatSettings
from tongyi.errors import UpstreamThrottled, UpstreamUnreachable
from tongyi.gateways.dashscope import CHAT_SECONDS, DashScope
from tongyi.gateways.quota_table import QuotaTable
from tongyi.models.chat_request import parse_chat_request
from tongyi.models.upstream import ChatAnswer
from tongyi.observability import count

RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 5.0
# A second call that has less than this left could only time out, and might be billed all the same.
LEAST_SECONDS = 5.0


class Chat:
    """POST /v1/tongyi, without the HTTP."""

    def __init__(
        self, dashscope: DashScope, quotas: QuotaTable, settings: ChatSettings, clock: Clock
    ) -> None:
        self._dashscope = dashscope
        self._quotas = quotas
        self._settings = settings
        self._clock = clock

    def run(self, body: Any, owner: str | None) -> ChatAnswer:
        """An answer. Raises InvalidParameter, DailyLimitExceeded or UpstreamError.

        A call that was refused for now is made once more; one that may have been answered is not, it would be billed
        again.
        """
        deadline = Deadline.after(CHAT_SECONDS)
        request = parse_chat_request(body, self._settings.models)
        if owner is None:
            self._quotas.take("chats", 1, self._settings.daily_open_chats)
        messages = [message.model_dump() for message in request.messages]
        try:
            answer = self._dashscope.chat(request.model, messages, request.parameters, deadline.left)
        except (UpstreamThrottled, UpstreamUnreachable) as error:
            wait = max(error.retry_after or 0, RETRY_SECONDS)
            if wait > min(LONGEST_RETRY_SECONDS, deadline.left - LEAST_SECONDS):
                raise
            self._clock.sleep(wait)
            answer = self._dashscope.chat(request.model, messages, request.parameters, deadline.left)
        count("ChatsAnswered")
        return answer
