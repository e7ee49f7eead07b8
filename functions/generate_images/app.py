"""POST /v1/images/generations: an order for pictures in, the finished task out, if it is done in time."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.http import api, replies
from tongyi.http.preferences import preference
from tongyi.observability import observed

app = api.resolver()


@app.post("/v1/images/generations")
def generate_images() -> Response[str]:
    event = app.current_event
    wanted = preference(event.headers.get("Prefer"))
    order = (api.json_body(event), api.owner(event), api.idempotency_key(event))
    done = wiring.generate_images().run(*order, wanted.seconds)
    body = replies.result_reply(done.view, api.request_id(event))
    headers = {**wanted.headers, **replies.replay(done.replayed)}
    if done.view.failed:
        return api.error_reply(event, replies.task_failure(done.view), body)
    if done.view.task.ended:
        return api.reply(200, body, headers)
    later = replies.look_again(done.view.task, "../wanxiang-results", wiring.CLOCK.now_ms())
    return api.reply(202, body, {**headers, **later})


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
