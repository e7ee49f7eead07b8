"""Pictures in OpenAI's shape. Source: OpenAI's API reference, and what its Python SDK reads."""

from __future__ import annotations

from collections.abc import Sequence

from tongyi.errors import GatewayError, UpstreamError, UpstreamRefused
from tongyi.http.gateway.replies import task_failure, warnings
from tongyi.http.openai.schemas import OpenAIImage, OpenAIImagesReply
from tongyi.models.tasks.status import TaskStatus
from tongyi.models.workflow.suspension import is_operators
from tongyi.usecases.tasks.show_task import TaskView

# Families of codes, the part before a dot.
NOT_THE_CALLERS = (
    "InternalError",
    "ResultMissing",
    "SubmissionLost",
    "TaskExpired",
    "TaskUnknown",
)


def images_reply(view: TaskView, inline: Sequence[str | None] = ()) -> OpenAIImagesReply:
    """The pictures that were made, by links; or in base64, where `inline` has an entry for each that was ordered.

    OpenAI has no word for a single picture that failed: it is left out, and a warning says why.
    """
    reply: OpenAIImagesReply = {
        "created": view.task.created_at // 1000,
        "data": [],
        "task_id": view.task.task_id,
        "task_status": str(view.status),
    }
    notices = warnings(view.task)
    contents = inline or [None] * len(view.results)
    for number, (result, content) in enumerate(zip(view.results, contents, strict=True), start=1):
        if not (link := result.get("url")):
            why = f"Picture {number}: {result['message']}"
            notices.append({"code": result["code"], "parameter": "n", "message": why})
            continue
        image: OpenAIImage = {"b64_json": content} if content else {"url": link}
        reply["data"].append({**image, "revised_prompt": result["actual_prompt"]})
    if notices:
        reply["warnings"] = notices
    return reply


def images_error(view: TaskView) -> GatewayError | None:
    """Why a task that has ended has no pictures; None where it has some, or has not ended.

    What was no fault of the order's is not called the caller's mistake.
    """
    if view.status is TaskStatus.CANCELED:
        return UpstreamRefused("The task was canceled.", code="TaskCanceled")
    if not view.failed:
        return None
    failure = task_failure(view)
    if failure.code.partition(".")[0] in NOT_THE_CALLERS or is_operators(failure.code):
        return UpstreamError(failure.message, code=failure.code)
    return failure
