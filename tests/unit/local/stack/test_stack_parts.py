"""The embedded stack's pure parts: what its processes may see, and what is read from the template."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.stack import api_definition, aws, child_environment
from local.stack.stack import DASHSCOPE, real_upstream

HERE = Path("/project/.local/stack")
PYTHON = Path("/project/.venv/ministack/bin/python")


def test_ministack_sees_nothing_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DASHSCOPE_API_KEY", "AWS_PROFILE", "HTTPS_PROXY", "PYTHONPATH"):
        monkeypatch.setenv(name, "secret")
    environment = child_environment.for_ministack(1234, HERE, PYTHON, enforce_iam=True)
    assert "secret" not in environment.values()
    assert environment["BIND_HOST"] == "127.0.0.1"
    assert environment["AUTH"] == "true"
    assert "PYTHONPATH" not in environment


@pytest.mark.parametrize("name", ["HOME", "TMPDIR", "S3_DATA_DIR", "STATE_DIR"])
def test_ministack_writes_below_its_directory(name: str) -> None:
    environment = child_environment.for_ministack(1234, HERE, PYTHON, enforce_iam=False)
    assert Path(environment[name]).is_relative_to(HERE)


def test_build_keeps_pips_settings_and_no_secret() -> None:
    user = {
        "PIP_FIND_LINKS": "/wheels",
        "HTTPS_PROXY": "http://proxy.invalid",
        "PATH": "/bin",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_PROFILE": "secret",
        "DASHSCOPE_API_KEY": "secret",
        "MAKEFLAGS": "-j --jobserver-auth=3,4",
        "PYTHONPATH": "/elsewhere",
        "LAYER_PLATFORM": "manylinux2014_x86_64",
    }
    environment = child_environment.for_build(user, HERE / "layers", PYTHON, HERE)
    assert environment["PIP_FIND_LINKS"] == "/wheels"
    assert environment["HTTPS_PROXY"] == "http://proxy.invalid"
    assert "secret" not in environment.values()
    assert not {"MAKEFLAGS", "PYTHONPATH", "LAYER_PLATFORM"} & set(environment)
    assert environment["LAYER_PYTHON"] == "native"
    assert environment["PYTHON"] == str(PYTHON)


def test_deploy_reaches_the_embedded_stack_alone() -> None:
    environment = child_environment.for_deploy("http://127.0.0.1:1", HERE, PYTHON)
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"


def test_standin_accepts_the_keys_it_is_given() -> None:
    assert child_environment.for_standin(["a", "b"], HERE, PYTHON)["STANDIN_KEYS"] == "a,b"


def test_gateway_url_has_the_stage_of_the_aws_url() -> None:
    outputs = {"ApiId": "abc", "ApiUrl": "https://abc.execute-api.us-east-1.amazonaws.com/prod/"}
    url = aws.gateway_url("http://127.0.0.1:1", outputs)
    assert url == "http://127.0.0.1:1/_aws/execute-api/abc/prod"


def test_gateway_responses_are_read_from_the_definition() -> None:
    responses = {
        "UNAUTHORIZED": {
            "statusCode": 401,
            "responseParameters": {"gatewayresponse.header.X": "'1'"},
            "responseTemplates": {"application/json": "{}"},
        },
        "DEFAULT_5XX": {"responseParameters": {}, "responseTemplates": {"application/json": "{}"}},
    }
    body = {"x-amazon-apigateway-gateway-responses": responses}
    template = {
        "Resources": {
            "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": body}},
            "Bare": {"Type": "AWS::ApiGateway::RestApi", "Properties": {}},
            "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {}},
        }
    }
    assert api_definition.gateway_responses(template) == [
        {
            "responseType": "UNAUTHORIZED",
            "statusCode": "401",
            "responseParameters": {"gatewayresponse.header.X": "'1'"},
            "responseTemplates": {"application/json": "{}"},
        },
        {"responseType": "DEFAULT_5XX", "responseTemplates": {"application/json": "{}"}},
    ]


def test_mock_responses_are_read_from_the_definition() -> None:
    headers = {"method.response.header.Access-Control-Allow-Origin": "'*'"}
    answers = {"default": {"statusCode": "200", "responseParameters": headers}}
    item = {
        "options": {"x-amazon-apigateway-integration": {"type": "mock", "responses": answers}},
        "post": {"x-amazon-apigateway-integration": {"type": "aws_proxy"}},
    }
    body = {"paths": {"/v1/things": item}}
    template = {"Resources": {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": body}}}}
    assert api_definition.mock_responses(template) == [
        ("/v1/things", {"httpMethod": "OPTIONS", "statusCode": "200", "responseParameters": headers})
    ]


def test_mocks_for_any_method_are_read_from_the_definition() -> None:
    mock = {
        "type": "mock",
        "passthroughBehavior": "never",
        "requestTemplates": {"application/json": '{"statusCode": 404}'},
        "responses": {"default": {"statusCode": "404"}},
    }
    item = {"x-amazon-apigateway-any-method": {"x-amazon-apigateway-integration": mock}}
    body = {"paths": {"/{proxy+}": item, "/v1/things": {"get": {}}}}
    template = {"Resources": {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": body}}}}
    assert api_definition.any_mocks(template) == [
        (
            "/{proxy+}",
            {
                "httpMethod": "ANY",
                "type": "MOCK",
                "passthroughBehavior": "NEVER",
                "requestTemplates": {"application/json": '{"statusCode": 404}'},
            },
        )
    ]
    assert api_definition.mock_responses(template) == [
        ("/{proxy+}", {"httpMethod": "ANY", "statusCode": "404"})
    ]


@pytest.mark.parametrize("environment", [{}, {"DASHSCOPE_API_KEY": " "}, {"DASHSCOPE_BASE_URL": "https://x"}])
def test_real_upstream_needs_a_key(environment: dict[str, str]) -> None:
    assert real_upstream(environment) is None


def test_real_upstream_is_dashscope_or_what_is_named() -> None:
    upstream = real_upstream({"DASHSCOPE_API_KEY": "sk-1"})
    assert upstream is not None
    assert upstream.key == "sk-1"
    assert upstream.parameters == {"DashScopeBaseUrl": DASHSCOPE}
    named = real_upstream({"DASHSCOPE_API_KEY": "sk-1", "DASHSCOPE_BASE_URL": "https://intl.invalid"})
    assert named is not None
    assert named.parameters == {"DashScopeBaseUrl": "https://intl.invalid"}
