"""POST /api/v1/tasks/{task_id}/cancel: calls a task off that is not being made yet."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.http import api
from tongyi.http.dashscope.replies import canceled_reply
from tongyi.http.time_limit import seconds_left
from tongyi.observability import observed

app = api.resolver()


@app.post("/api/v1/tasks/<task_id>/cancel")
def cancel_task(task_id: str) -> Response[str]:
    event = app.current_event
    seconds = seconds_left(event, wiring.CLOCK.now_ms())
    wiring.cancel_task().run(task_id, api.required_owner(event), seconds)
    return api.reply(200, canceled_reply(task_id, api.request_id(event)))


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
