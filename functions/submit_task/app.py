"""The routes that take an order for pictures and answer with its task: the gateway's and DashScope's."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.http import api
from tongyi.http.dashscope.replies import require_asynchronous
from tongyi.http.gateway import replies
from tongyi.http.time_limit import seconds_left
from tongyi.models.images.bodies import parse_image_request, parse_task_request
from tongyi.models.images.request import ImageRequest
from tongyi.observability import observed

app = api.resolver()


@app.post("/v1/wanxiang")
def submit_task() -> Response[str]:
    order = parse_image_request(api.json_body(app.current_event))
    return _submitted(order, api.owner(app.current_event), "wanxiang-results?task_id=")


@app.post("/api/v1/services/aigc/text2image/image-synthesis")
def synthesize_images() -> Response[str]:
    require_asynchronous(app.current_event)
    order = parse_task_request(api.json_body(app.current_event))
    return _submitted(order, api.required_owner(app.current_event), "../../../tasks/")


def _submitted(order: ImageRequest, owner: str | None, results: str) -> Response[str]:
    event = app.current_event
    key, signer, seconds = (
        api.idempotency_key(event),
        api.signer(event),
        seconds_left(event, wiring.CLOCK.now_ms()),
    )
    placed = wiring.submit_images().run(order, owner, key, signer=signer, seconds=seconds)
    later = replies.look_again(placed.task, results, wiring.CLOCK.now_ms())
    body = replies.submitted_reply(placed.task, api.request_id(event))
    return api.reply(200, body, {**later, **replies.replay(placed.replayed)})


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
