"""GET /v1/wanxiang-results?task_id=[&wait=]: how a task stands, and links to its pictures once it has them."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.errors import InvalidApiKey, InvalidParameter, TaskNotFound
from tongyi.http import api, replies
from tongyi.http.preferences import long_poll_seconds
from tongyi.observability import observed

app = api.resolver()


@app.get("/v1/wanxiang-results")
def get_result() -> Response[str]:
    event = app.current_event
    asked = event.query_string_parameters or {}
    task_id = asked.get("task_id", "").strip()
    owner = api.owner(event)
    if not owner:
        raise InvalidApiKey("This route needs a gateway key.")
    if not task_id:
        raise InvalidParameter("task_id: is required, as a query parameter.")
    try:
        view = wiring.show_task().wait(task_id, owner, long_poll_seconds(asked.get("wait")))
    except TaskNotFound as error:
        return api.error_reply(event, error, replies.unknown_reply(task_id, api.request_id(event)))
    body = replies.result_reply(view, api.request_id(event))
    if view.failed:
        return api.error_reply(event, replies.task_failure(view), body)
    return api.reply(200, body)


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
