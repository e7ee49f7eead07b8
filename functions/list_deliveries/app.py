"""GET /v1/webhooks/deliveries and /v1/webhooks/deliveries/{delivery_id}: what became of the caller's webhooks."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.http import api
from tongyi.http.webhooks.replies import deliveries_reply, delivery_reply
from tongyi.observability import observed

app = api.resolver()


@app.get("/v1/webhooks/deliveries")
def list_deliveries() -> Response[str]:
    event = app.current_event
    page = wiring.list_deliveries().run(api.query(event), api.required_owner(event))
    return api.reply(200, deliveries_reply(page, api.request_id(event)))


@app.get("/v1/webhooks/deliveries/<delivery_id>")
def get_delivery(delivery_id: str) -> Response[str]:
    event = app.current_event
    delivery = wiring.list_deliveries().one(delivery_id, api.required_owner(event))
    return api.reply(200, delivery_reply(delivery, api.request_id(event)))


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
