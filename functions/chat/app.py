"""The chat routes: the gateway's, DashScope's own, and OpenAI's. A conversation in, the model's answer out."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.http import api
from tongyi.http.dashscope import replies as dashscope_replies
from tongyi.http.gateway import replies
from tongyi.http.time_limit import seconds_left
from tongyi.observability import observed

app = api.resolver()


@app.post("/v1/tongyi")
def chat() -> Response[str]:
    event = app.current_event
    answer = wiring.chat().run(api.json_body(event), api.owner(event), _seconds())
    return api.reply(200, replies.chat_reply(answer, api.request_id(event)))


@app.post("/api/v1/services/aigc/text-generation/generation")
def generate_text() -> Response[str]:
    event = app.current_event
    dashscope_replies.refuse_stream(event)
    answer = wiring.chat().generate(api.json_body(event), api.required_owner(event), _seconds())
    return api.reply(200, dashscope_replies.chat_reply(answer, api.request_id(event)))


@app.post("/v1/chat/completions")
def complete_chat() -> Response[str]:
    event = app.current_event
    answer = wiring.chat().complete(api.json_body(event), api.required_owner(event), _seconds())
    return api.reply(200, answer)


def _seconds() -> float:
    return seconds_left(app.current_event, wiring.CLOCK.now_ms())


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
