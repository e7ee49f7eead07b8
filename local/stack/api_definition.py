"""What ministack passes over in a REST API's definition, as arguments of the calls that set it afterwards."""

from collections.abc import Iterator, Mapping
from typing import Any

GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"
INTEGRATION = "x-amazon-apigateway-integration"
ANY = "x-amazon-apigateway-any-method"


def gateway_responses(template: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The arguments of PutGatewayResponse for every gateway response of a translated template's REST APIs."""
    return [
        {"responseType": name, **_response_arguments(response)}
        for body in _definitions(template)
        for name, response in body.get(GATEWAY_RESPONSES, {}).items()
    ]


def any_mocks(template: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Path and arguments of PutIntegration for every mock that answers all methods that its path does not have."""
    return [
        (
            path,
            {
                "httpMethod": method,
                "type": "MOCK",
                "passthroughBehavior": integration["passthroughBehavior"].upper(),
                "requestTemplates": dict(integration["requestTemplates"]),
            },
        )
        for path, method, integration in _mocks(template)
        if method == "ANY"
    ]


def mock_responses(template: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Path and arguments of PutIntegrationResponse for every mock, such as the answers to CORS preflights."""
    return [
        (path, {"httpMethod": method, **_response_arguments(response)})
        for path, method, integration in _mocks(template)
        for response in integration.get("responses", {}).values()
    ]


def _mocks(template: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Path, method and integration of every mock."""
    for body in _definitions(template):
        for path, item in body.get("paths", {}).items():
            for method, operation in item.items():
                integration = operation.get(INTEGRATION, {})
                if integration.get("type") == "mock":
                    yield path, "ANY" if method == ANY else method.upper(), integration


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
