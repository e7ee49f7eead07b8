"""POST /v1/webhooks/deliveries/{delivery_id}/resend: sends a webhook again."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.http import api
from tongyi.http.webhooks.replies import delivery_reply, look_again
from tongyi.observability import observed

app = api.resolver()


@app.post("/v1/webhooks/deliveries/<delivery_id>/resend")
def resend_delivery(delivery_id: str) -> Response[str]:
    event = app.current_event
    delivery = wiring.resend_delivery().run(delivery_id, api.required_owner(event))
    return api.reply(202, delivery_reply(delivery, api.request_id(event)), look_again(delivery))


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
