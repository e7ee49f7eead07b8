"""POST /v1/tongyi: a prompt or a conversation in, the model's answer out."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.http import api, replies
from tongyi.observability import observed

app = api.resolver()


@app.post("/v1/tongyi")
def chat() -> Response[str]:
    event = app.current_event
    answer = wiring.chat().run(api.json_body(event), api.owner(event))
    return api.reply(200, replies.chat_reply(answer, api.request_id(event)))


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
