"""GET /v1/models and /v1/models/{model}: what requests may name, in OpenAI's shape."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.http import api
from tongyi.http.openai import models as openai_models
from tongyi.observability import observed

app = api.resolver()


@app.get("/v1/models")
def list_models() -> Response[str]:
    api.required_owner(app.current_event)
    return api.reply(200, openai_models.models_reply(wiring.list_models().run()))


@app.get("/v1/models/<model>")
def get_model(model: str) -> Response[str]:
    api.required_owner(app.current_event)
    return api.reply(200, openai_models.model_reply(wiring.list_models().one(model)))


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
