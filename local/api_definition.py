"""What ministack passes over in a REST API's definition, as arguments of the calls that set it afterwards."""

from collections.abc import Iterator, Mapping
from typing import Any

GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"
INTEGRATION = "x-amazon-apigateway-integration"


def gateway_responses(template: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The arguments of PutGatewayResponse for every gateway response of a translated template's REST APIs."""
    return [
        {"responseType": name, **_response_arguments(response)}
        for body in _definitions(template)
        for name, response in body.get(GATEWAY_RESPONSES, {}).items()
    ]


def mock_responses(template: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Path and arguments of PutIntegrationResponse for every mock, such as the answers to CORS preflights."""
    return [
        (path, {"httpMethod": method.upper(), **_response_arguments(response)})
        for body in _definitions(template)
        for path, item in body.get("paths", {}).items()
        for method, operation in item.items()
        if operation.get(INTEGRATION, {}).get("type") == "mock"
        for response in operation[INTEGRATION].get("responses", {}).values()
    ]


def _definitions(template: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::ApiGateway::RestApi":
            yield resource["Properties"].get("Body", {})


def _response_arguments(response: Mapping[str, Any]) -> dict[str, Any]:
    names = ("responseParameters", "responseTemplates")
    arguments: dict[str, Any] = {name: dict(response[name]) for name in names if response.get(name)}
    if "statusCode" in response:
        arguments["statusCode"] = str(response["statusCode"])
    return arguments
