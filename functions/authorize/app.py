"""API Gateway's authorizer: whose key a request carries, and whether its route may do without one."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.errors import InvalidApiKey
from tongyi.http.authorizer import allow, authorization, route
from tongyi.observability import observed


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    try:
        caller = wiring.authorize().run(route(event), authorization(event))
    except InvalidApiKey:
        # API Gateway answers 401 for exactly this text, and 500 for any other.
        raise Exception("Unauthorized") from None
    return allow(event, caller)
