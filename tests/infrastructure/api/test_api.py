"""The API of the template: its routes, and who may take them."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from local.tools import template
from tests.infrastructure.permissions.secret_arns import secret_arn
from tests.support import functions
from tongyi.gateways.dashscope import client as dashscope
from tongyi.http import dialects
from tongyi.usecases.authorize import OPEN_ROUTES

# Who answers what, in each of the three APIs.
ROUTES = {
    ("POST", "/v1/tongyi"): "ChatFunction",
    ("POST", "/v1/wanxiang"): "SubmitTaskFunction",
    ("GET", "/v1/wanxiang-results"): "GetResultFunction",
    ("GET", "/v1/images/{task_id}/{number}"): "GetResultFunction",
    ("POST", "/v1/images/generations"): "GenerateImagesFunction",
    ("GET", "/v1/images/generations"): "GenerateImagesFunction",
    ("POST", "/v1/chat/completions"): "ChatFunction",
    ("GET", "/v1/models"): "ListModelsFunction",
    ("GET", "/v1/models/{model}"): "ListModelsFunction",
    ("POST", dashscope.CHAT_PATH): "ChatFunction",
    ("POST", dashscope.SUBMIT_PATH): "SubmitTaskFunction",
    ("POST", dashscope.GENERATE_PATH): "GenerateImagesFunction",
    ("GET", dashscope.GENERATE_PATH): "GenerateImagesFunction",
    ("GET", dashscope.TASKS_PATH.rstrip("/")): "ListTasksFunction",
    ("GET", f"{dashscope.TASKS_PATH}{{task_id}}"): "GetResultFunction",
    ("POST", f"{dashscope.TASKS_PATH}{{task_id}}/cancel"): "CancelTaskFunction",
    ("GET", dashscope.UPLOADS_PATH): "AllowUploadFunction",
    ("GET", "/v1/webhooks/deliveries"): "ListDeliveriesFunction",
    ("GET", "/v1/webhooks/deliveries/{delivery_id}"): "ListDeliveriesFunction",
    ("POST", "/v1/webhooks/deliveries/{delivery_id}/resend"): "ResendDeliveryFunction",
}
API = template.resources("AWS::Serverless::Api")["Api"]
# The functions write a path parameter between angle brackets.
PARAMETER = re.compile(r"<(\w+)>")


@pytest.mark.parametrize("function", sorted({function for function, _ in template.routes().values()}))
def test_function_answers_the_routes_that_lead_to_it(function: str) -> None:
    app = inspect.unwrap(functions.handler(function)).__globals__["app"]
    routes = [*app._static_routes, *app._dynamic_routes]
    answered = {(route.method, PARAMETER.sub(r"{\1}", route.path)) for route in routes}

    assert answered == {route for route, (behind, _) in template.routes().items() if behind == function}


def test_routes_are_those_of_three_apis() -> None:
    assert {route: behind for route, (behind, _) in template.routes().items()} == ROUTES


def test_routes_that_need_a_key_are_all_but_three() -> None:
    needing = {route for route, (_, authorizer) in template.routes().items() if authorizer == "KeyAuthorizer"}

    assert needing == ROUTES.keys() - {
        ("POST", "/v1/tongyi"),
        ("POST", "/v1/wanxiang"),
        ("POST", "/v1/images/generations"),
    }


def test_routes_whose_shape_of_errors_is_told_by_their_name_exist() -> None:
    paths = {path for _, path in template.routes()}

    assert {*dialects.OPENAI_ROUTES, dialects.IMAGES_ROUTE} <= paths
    assert any(path.startswith(dialects.DASHSCOPE_PREFIX) for path in paths)


def test_parameters_in_the_same_place_of_a_path_have_one_name() -> None:
    """API Gateway takes no others beside each other."""
    names: dict[str, set[str]] = {}
    for _, path in template.routes():
        before, *rest = path.split("/{")
        for part in rest:
            name, _, after = part.partition("}")
            names.setdefault(before, set()).add(name)
            before += f"/{{{name}}}{after}"

    assert names == {before: {name} for before, (name, *_) in names.items()}


def test_open_routes_are_those_whose_authorizer_asks_for_no_header() -> None:
    asked = {name: made["Identity"].get("Headers", []) for name, made in API["Auth"]["Authorizers"].items()}
    without = {
        f"{method} {path}" for (method, path), (_, name) in template.routes().items() if not asked[name]
    }

    assert without == OPEN_ROUTES


def test_authorizer_that_asks_for_no_header_is_asked_each_time() -> None:
    """API Gateway would keep one caller's answer for all others."""
    kept = {
        name: made["Identity"]["ReauthorizeEvery"]
        for name, made in API["Auth"]["Authorizers"].items()
        if not made["Identity"].get("Headers")
    }

    assert kept == dict.fromkeys(kept, 0)
    assert kept


def test_authorizers_run_the_authorize_function() -> None:
    for made in API["Auth"]["Authorizers"].values():
        assert made["FunctionArn"] == {"Ref": "AuthorizeFunction.Alias"}
        assert made["FunctionPayloadType"] == "REQUEST"


def test_every_route_has_an_authorizer_of_the_api() -> None:
    assert {name for _, name in template.routes().values()} <= set(API["Auth"]["Authorizers"])


def test_api_hands_every_body_on_as_text() -> None:
    """With binary media types bodies would come in base64, which no route reads."""
    assert "BinaryMediaTypes" not in (template.ROOT / "template.yaml").read_text(encoding="utf-8")


def test_api_is_regional() -> None:
    assert API["EndpointConfiguration"] == {"Type": "REGIONAL"}


@pytest.mark.parametrize(
    ("output", "value"),
    [
        ("ApiUrl", {"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}"}),
        ("TableName", {"Ref": "Table"}),
        ("BucketName", {"Ref": "Bucket"}),
        ("StateMachineArn", {"Ref": "ImageTask"}),
        ("DashScopeSecretArn", secret_arn("DashScopeSecret")),
        ("WebhookSecretArn", secret_arn("WebhookSecret")),
    ],
)
def test_output_tells_clients(output: str, value: dict[str, Any]) -> None:
    assert template.load()["Outputs"][output]["Value"] == value


@pytest.mark.parametrize("output", sorted(template.load()["Outputs"]))
def test_output_is_described(output: str) -> None:
    assert template.load()["Outputs"][output]["Description"].strip()
