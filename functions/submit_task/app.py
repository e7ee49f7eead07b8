"""POST /v1/wanxiang: an order for pictures in, its task out."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.http import api, replies
from tongyi.observability import observed

app = api.resolver()


@app.post("/v1/wanxiang")
def submit_task() -> Response[str]:
    event = app.current_event
    task = wiring.submit_images().run(api.json_body(event), api.owner(event))
    headers = {
        # Relative to this route, so it holds behind a stage name, a custom domain and on the embedded stack alike.
        "Location": f"wanxiang-results?task_id={task.task_id}",
        "Retry-After": str(replies.retry_after(task, wiring.CLOCK.now_ms())),
    }
    return api.reply(200, replies.submitted_reply(task, api.request_id(event)), headers)


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
