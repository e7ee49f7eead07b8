"""What a request that waits for pictures is answered, in each of the three APIs: once they are made, and until then."""

from __future__ import annotations

from collections.abc import Callable

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from tongyi.http import api
from tongyi.http.dashscope.replies import message_reply
from tongyi.http.gateway import replies
from tongyi.http.openai import replies as openai_replies
from tongyi.http.waiting import ask_again
from tongyi.models.tasks.records import TaskRecord
from tongyi.usecases.tasks.show_task import TaskView

# Reads a task's pictures, in base64.
Inline = Callable[[TaskRecord], list[str | None]]
INLINE = "b64_json"


def documented(
    event: APIGatewayProxyEvent, view: TaskView, headers: dict[str, str], now_ms: int
) -> Response[str]:
    """The images route as the gateway's document has it: the task, finished or (202) not yet."""
    body = replies.result_reply(view, api.request_id(event))
    if view.failed:
        return api.error_reply(event, replies.task_failure(view), body)
    if view.task.ended:
        return api.reply(200, body, headers)
    return api.reply(
        202, body, {**headers, **replies.look_again(view.task, "../wanxiang-results?task_id=", now_ms)}
    )


def in_openai_shape(
    event: APIGatewayProxyEvent,
    view: TaskView,
    headers: dict[str, str],
    now_ms: int,
    *,
    inline: Inline | None,
    patient: bool,
) -> Response[str]:
    """The same route in OpenAI's shape. A patient client is kept waiting; another is told (202) where to look."""
    if error := openai_replies.images_error(view):
        raise error
    if view.task.ended:
        contents = inline(view.task) if inline else ()
        return api.reply(200, openai_replies.images_reply(view, contents), headers)
    if patient:
        return ask_again(
            event, "generations", view.task.task_id, f"&response_format={INLINE}" if inline else ""
        )
    later = replies.look_again(view.task, "generations?task_id=", now_ms)
    return api.reply(202, openai_replies.images_reply(view), {**headers, **later})


def as_message(event: APIGatewayProxyEvent, view: TaskView, headers: dict[str, str]) -> Response[str]:
    """DashScope's synchronous route: the pictures, or a redirect to wait on."""
    if error := openai_replies.images_error(view):
        raise error
    if view.task.ended:
        return api.reply(200, message_reply(view, api.request_id(event)), headers)
    return ask_again(event, "generation", view.task.task_id)
