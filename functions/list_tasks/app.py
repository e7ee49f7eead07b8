"""GET /api/v1/tasks/: the caller's tasks, newest first, in pages."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.http import api
from tongyi.http.dashscope.replies import list_reply
from tongyi.observability import observed

app = api.resolver()


@app.get("/api/v1/tasks")
def list_tasks() -> Response[str]:
    event = app.current_event
    page = wiring.list_tasks().run(api.query(event), api.required_owner(event))
    return api.reply(200, list_reply(page, api.request_id(event)))


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
