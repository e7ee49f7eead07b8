"""DashScope's operations: pictures, tasks, uploads, chat. Every method raises UpstreamError."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tongyi.clock import CHINA_OFFSET, to_datetime
from tongyi.errors import UpstreamAmbiguous
from tongyi.gateways.dashscope import replies
from tongyi.gateways.dashscope.connection import DashScopeConnection
from tongyi.models.images.reference_image import upload_directory
from tongyi.models.images.upload_policy import UploadPolicy
from tongyi.models.workflow.upstream import ChatAnswer, ListedTask, Submitted, UpstreamPicture, UpstreamTask

SUBMIT_PATH = "/api/v1/services/aigc/text2image/image-synthesis"
GENERATE_PATH = "/api/v1/services/aigc/multimodal-generation/generation"
CHAT_PATH = "/api/v1/services/aigc/text-generation/generation"
COMPATIBLE_CHAT_PATH = "/compatible-mode/v1/chat/completions"
TASKS_PATH = "/api/v1/tasks/"
UPLOADS_PATH = "/api/v1/uploads"

SUBMIT_SECONDS = 12
GENERATE_SECONDS = 120
QUERY_SECONDS = 8
CHAT_SECONDS = 24
# A query that has less than this left is not worth beginning: DashScope usually takes a part of a second.
LEAST_SECONDS = 2.0
LIST_PAGE = 100
# Eleven minutes of a model that is sent to twice a second have 14 pages.
MOST_PAGES = 40


class DashScope:
    """One DashScope account in one region."""

    def __init__(self, connection: DashScopeConnection) -> None:
        self._connection = connection

    def prepare(self) -> None:
        """Makes the next call leave without delay. Raises UpstreamSuspended where there is no key."""
        self._connection.prepare()

    def submit(self, model: str, given: Mapping[str, Any], parameters: Mapping[str, Any]) -> Submitted:
        """Submits an asynchronous picture task. Only after UpstreamAmbiguous may it have been billed."""
        body = {"model": model, "input": given, "parameters": parameters}
        headers = {"X-DashScope-Async": "enable"}
        if upload_directory(given.get("ref_img", "")):
            headers["X-DashScope-OssResourceResolve"] = "enable"
        return self._connection.once(SUBMIT_PATH, SUBMIT_SECONDS, body, replies.submitted, headers=headers)

    def generate(
        self, model: str, given: Mapping[str, Any], parameters: Mapping[str, Any]
    ) -> tuple[UpstreamPicture, ...]:
        """Has pictures made while it waits. Only after UpstreamAmbiguous may they have been billed."""
        key = self._connection.key()
        message = {"role": "user", "content": [{"text": given["prompt"]}]}
        options = {name: value for name, value in given.items() if name != "prompt"}
        body = {"model": model, "input": {"messages": [message]}, "parameters": {**options, **parameters}}
        return self._connection.once(
            GENERATE_PATH, GENERATE_SECONDS, body, lambda said: replies.pictures(said, key)
        )

    def query(self, task_id: str, seconds: float = QUERY_SECONDS) -> UpstreamTask:
        """The state of a task, within `seconds`."""
        key = self._connection.key()
        return self._connection.again(
            "GET", TASKS_PATH + task_id, seconds, lambda said: replies.task(said, key)
        )

    def cancel(self, task_id: str, seconds: float) -> None:
        """Cancels a task, within `seconds`. One no longer PENDING: UpstreamRefused, code UnsupportedOperation.

        May be repeated: where the answer to a cancelation was lost, the next one is refused so, and `query` then tells
        that the task is CANCELED.
        """
        self._connection.again("POST", f"{TASKS_PATH}{task_id}/cancel", seconds, replies.acknowledged)

    def tasks_between(self, model: str, from_ms: int, until_ms: int) -> list[ListedTask]:
        """The account's tasks of that model that were submitted in the span, all of them.

        Raises UpstreamAmbiguous where the list has no end.
        """
        query: dict[str, str | int] = {
            "model_name": model,
            "start_time": _china_time(from_ms),
            # It counts in whole seconds.
            "end_time": _china_time(until_ms + 999),
            "page_size": LIST_PAGE,
        }
        found: list[ListedTask] = []
        for page in range(1, MOST_PAGES + 1):
            listed = self._listed({**query, "page_no": page})
            found += listed
            if len(listed) < LIST_PAGE:
                return found
        raise UpstreamAmbiguous("DashScope's task list is too long to be read.")

    def _listed(self, query: Mapping[str, str | int]) -> list[ListedTask]:
        return self._connection.again("GET", TASKS_PATH, QUERY_SECONDS, replies.listed_tasks, query=query)

    def upload_policy(self, model: str, seconds: float = QUERY_SECONDS) -> UploadPolicy:
        """Leave to upload a reference picture for that model, as DashScope words it, within `seconds`.

        May be repeated: each leave has a directory of its own, and one that nobody uses costs nothing.
        """
        query = {"action": "getPolicy", "model": model}
        return self._connection.again("GET", UPLOADS_PATH, seconds, replies.upload_policy, query=query)

    def chat(self, model: str, body: Mapping[str, Any], seconds: float) -> ChatAnswer:
        """An answer in the `message` format. Only after UpstreamAmbiguous may it have been billed."""
        return self._connection.once(CHAT_PATH, seconds, body, lambda said: replies.answer(said, model))

    def generate_text(self, body: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """An answer in whatever format was asked for: `output` and `usage`. May be billed as `chat` is."""
        return self._connection.once(CHAT_PATH, seconds, body, replies.generation)

    def complete_chat(self, body: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """An answer in OpenAI's shape. May be billed as `chat` is."""
        return self._connection.once(COMPATIBLE_CHAT_PATH, seconds, body, replies.completion)


def _china_time(at_ms: int) -> str:
    return (to_datetime(at_ms) + CHINA_OFFSET).strftime("%Y%m%d%H%M%S")
