"""DashScope, answering from a script. It extends the real class, as those in `gateways` do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from tongyi.gateways.dashscope.client import QUERY_SECONDS, DashScope
from tongyi.models.images.upload_policy import UploadPolicy
from tongyi.models.workflow.upstream import ChatAnswer, ListedTask, Submitted, UpstreamPicture, UpstreamTask

Answer = TypeVar("Answer")


class FakeDashScope(DashScope):
    """Answers from a script, one entry for each call; an entry that is an exception is raised.

    `preparing` and `calling` are run at the begin of a preparation, of a call: for what happens meanwhile.
    """

    def __init__(
        self,
        *script: object,
        preparing: Callable[[], object] = lambda: None,
        calling: Callable[[], object] = lambda: None,
    ) -> None:
        self.script = list(script)
        self.calls: list[tuple[Any, ...]] = []
        self.query_seconds: list[float] = []
        self._preparing = preparing
        self._calling = calling

    def prepare(self) -> None:
        self._preparing()

    def submit(self, model: str, given: Mapping[str, Any], parameters: Mapping[str, Any]) -> Submitted:
        return self._next(Submitted, "submit", model, given, parameters)

    def generate(
        self, model: str, given: Mapping[str, Any], parameters: Mapping[str, Any]
    ) -> tuple[UpstreamPicture, ...]:
        return self._next(tuple, "generate", model, given, parameters)

    def query(self, task_id: str, seconds: float = QUERY_SECONDS) -> UpstreamTask:
        self.query_seconds.append(seconds)
        return self._next(UpstreamTask, "query", task_id)

    def cancel(self, task_id: str, seconds: float) -> None:
        self._next(type(None), "cancel", task_id, seconds)

    def tasks_between(self, model: str, from_ms: int, until_ms: int) -> list[ListedTask]:
        return self._next(list, "list", model, from_ms, until_ms)

    def upload_policy(self, model: str, seconds: float = QUERY_SECONDS) -> UploadPolicy:
        self.query_seconds.append(seconds)
        return cast(UploadPolicy, self._next(dict, "policy", model))

    def chat(self, model: str, body: Mapping[str, Any], seconds: float) -> ChatAnswer:
        return self._next(ChatAnswer, "chat", model, body, seconds)

    def generate_text(self, body: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        return self._next(dict, "generate_text", body, seconds)

    def complete_chat(self, body: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        return self._next(dict, "complete_chat", body, seconds)

    def _next(self, kind: type[Answer], *call: Any) -> Answer:
        self._calling()
        self.calls.append(call)
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, kind)
        return answer
