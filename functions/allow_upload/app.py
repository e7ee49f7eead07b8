"""GET /api/v1/uploads?action=getPolicy&model=: leave to upload a reference picture to DashScope."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.http import api
from tongyi.http.dashscope.replies import upload_policy_reply
from tongyi.http.time_limit import seconds_left
from tongyi.observability import observed

app = api.resolver()


@app.get("/api/v1/uploads")
def allow_upload() -> Response[str]:
    event, asked = app.current_event, api.query(app.current_event)
    owner, seconds = api.required_owner(event), seconds_left(event, wiring.CLOCK.now_ms())
    policy = wiring.allow_upload().run(asked.get("action"), asked.get("model"), owner, seconds)
    return api.reply(200, upload_policy_reply(policy, api.request_id(event)))


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
