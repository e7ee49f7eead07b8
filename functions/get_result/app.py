"""The routes that show a task, in the gateway's way and in DashScope's, and the one that leads to a picture."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.errors import TaskNotFound
from tongyi.http import api
from tongyi.http.gateway import replies
from tongyi.http.preferences import long_poll_seconds
from tongyi.http.time_limit import seconds_left
from tongyi.http.waiting import named_task
from tongyi.observability import observed

app = api.resolver()


@app.get("/v1/wanxiang-results")
def get_result() -> Response[str]:
    event = app.current_event
    owner, task_id, seconds = api.required_owner(event), named_task(event), _seconds()
    try:
        view = wiring.show_task().wait(task_id, owner, seconds)
    except TaskNotFound as error:
        return api.error_reply(event, error, replies.unknown_reply(task_id, api.request_id(event)))
    body = replies.result_reply(view, api.request_id(event))
    if view.failed:
        return api.error_reply(event, replies.task_failure(view), body)
    return api.reply(200, body)


@app.get("/api/v1/tasks/<task_id>")
def fetch_task(task_id: str) -> Response[str]:
    """As DashScope has it: 200 also for a task that failed, or is not there."""
    event = app.current_event
    owner, seconds = api.required_owner(event), _seconds()
    try:
        view = wiring.show_task().wait(task_id, owner, seconds)
    except TaskNotFound:
        return api.reply(200, replies.unknown_reply(task_id, api.request_id(event)))
    return api.reply(200, replies.result_reply(view, api.request_id(event)))


@app.get("/v1/images/<task_id>/<number>")
def get_picture(task_id: str, number: str) -> Response[str]:
    owner = api.required_owner(app.current_event)
    return api.redirect(wiring.hand_out_pictures().link(task_id, number, owner), 302)


def _seconds() -> float:
    asked = long_poll_seconds(api.query(app.current_event).get("wait"))
    return min(asked, seconds_left(app.current_event, wiring.CLOCK.now_ms()))


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
