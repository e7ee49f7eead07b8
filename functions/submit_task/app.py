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
    placed = wiring.submit_images().run(api.json_body(event), api.owner(event), api.idempotency_key(event))
    later = replies.look_again(placed.task, "wanxiang-results", wiring.CLOCK.now_ms())
    body = replies.submitted_reply(placed.task, api.request_id(event))
    return api.reply(200, body, {**later, **replies.replay(placed.replayed)})


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
