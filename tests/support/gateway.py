"""The whole gateway in one process: the real handlers and the real state machine, moto for AWS, the stand-in upstream.

Everything it needs is read from `template.yaml`, so a drift between template and code fails a test.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.core.config import DefaultConfig

from local.standin import StandIn
from local.tools import template
from tests.support import api_gateway, functions
from tests.support.api_gateway import Reply
from tests.support.aws.atomic import make_requests_atomic
from tests.support.aws.executions import read_definitions_once, stop_executions
from tests.support.files import make_inbox
from tests.support.messages import ACCOUNT, HEARD, REGION, make_messages, take_messages
from tests.support.patience import PATIENCE, let_waits_last, without_time_limits
from tongyi import wiring
from tongyi.usecases.tasks import show_task

UPSTREAM_KEY = "upstream-key-for-tests"
WEBHOOK_MASTER = "master-of-webhooks-for-tests"
# The state machine's waits are real: each is as short as the settings allow.
QUICK = {"FirstCheckSeconds": "1", "LostSubmissionSeconds": "1"}
MOTO: DefaultConfig = {
    # A new session for each gateway would read the descriptions of all services anew.
    "core": {
        "mock_credentials": True,
        "passthrough": {"urls": [], "services": []},
        "reset_boto3_session": False,
        "service_whitelist": None,
    },
    "stepfunctions": {"execute_state_machine": True},
    "lambda": {"use_docker": False},
}


@dataclass
class Gateway:
    """A running gateway. `names` maps the template's ids to what they are here."""

    standin: StandIn
    names: dict[str, str]

    def request(
        self, method: str, target: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Sends an HTTP request."""
        return api_gateway.request(method, target, body, headers)

    def submit(self, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
        """POST /v1/wanxiang."""
        return self.request("POST", "/v1/wanxiang", body, headers)

    def result(self, task_id: str, key: str) -> Reply:
        """GET /v1/wanxiang-results."""
        headers = {"Authorization": f"Bearer {key}"}
        return self.request("GET", f"/v1/wanxiang-results?task_id={task_id}", headers=headers)

    def finished(self, task_id: str, key: str) -> Reply:
        """The result once the task's execution is over."""
        self.wait_for(task_id)
        return self.result(task_id, key)

    def execution_of(self, task_id: str) -> str:
        """The ARN of the execution that the task's record is seen through by."""
        record = self.item(f"TASK#{task_id}", "TASK")
        assert record is not None, f"there is no task {task_id}"
        executions = self.names["ImageTask"].replace(":stateMachine:", ":execution:")
        return f"{executions}:{task_id}-{record['created_at']}"

    def wait_for(self, task_id: str) -> str:
        """Waits until the task's execution is over, and returns how it ended."""
        return self.wait_for_execution(self.execution_of(task_id))

    def wait_for_execution(self, arn: str) -> str:
        """Waits until the execution is over, and returns how it ended."""
        client = boto3.client("stepfunctions")
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            status = client.describe_execution(executionArn=arn)["status"]
            if status != "RUNNING":
                return status
            time.sleep(0.05)
        pytest.fail(f"the execution {arn} did not end")

    def issue_key(self, owner: str) -> str:
        """A new key, stored as `make key` stores it."""
        key = f"tg-{secrets.token_urlsafe(32)}"
        digest = hashlib.sha256(key.encode()).hexdigest()
        item = {"pk": {"S": f"KEY#{digest}"}, "sk": {"S": "KEY"}, "owner": {"S": owner}}
        boto3.client("dynamodb").put_item(TableName=self.names["Table"], Item=item)
        return key

    def item(self, pk: str, sk: str) -> dict[str, Any] | None:
        """A raw item of the table."""
        key = {"pk": pk, "sk": sk}
        found = boto3.resource("dynamodb").Table(self.names["Table"]).get_item(Key=key)
        return found.get("Item")

    def objects(self) -> dict[str, bytes]:
        """Key and content of every object in the bucket."""
        bucket = boto3.resource("s3").Bucket(self.names["Bucket"])
        return {found.key: found.get()["Body"].read() for found in bucket.objects.all()}

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """All messages of a queue of the template, or of those that were heard; they are gone from it then."""
        return take_messages(self.names[queue])

    def told(self, task_id: str) -> list[dict[str, Any]]:
        """The events about a task that were heard since this was last asked, for any task."""
        heard = [json.loads(message["Body"]) for message in self.messages(HEARD)]
        return [event for event in heard if event["detail"].get("task_id") == task_id]

    def submissions(self) -> list[Any]:
        """The ledger's entries of submissions, in order."""
        return list(self.standin.ledger("submit"))


@contextmanager
def gateway(
    monkeypatch: pytest.MonkeyPatch, parameters: Mapping[str, str] | None = None
) -> Iterator[Gateway]:
    """Builds the gateway and takes it down again."""
    with ExitStack() as stack:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        stack.enter_context(mock_aws(config=MOTO))
        standin = stack.enter_context(StandIn([UPSTREAM_KEY], pending_seconds=0, seconds_per_image=0))
        wiring.reset()
        stack.callback(wiring.reset)
        stack.callback(stop_executions)
        # A busy machine must not look like an account that has no functions left.
        monkeypatch.setattr(show_task, "UNTOUCHED_MS", PATIENCE * 1000)
        # Receivers of webhooks are on this machine.
        upstream = {
            "WebhookOrigins": "http://127.0.0.1",
            "OpenRoutes": "true",
            "DashScopeBaseUrl": standin.url,
            "ResultHosts": standin.picture_url,
        }
        names = {**template.defaults(), **QUICK, **upstream, **(parameters or {})}
        names |= {"AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::Partition": "aws"}
        _deploy(names, monkeypatch)
        yield Gateway(standin, names)


def _deploy(names: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    make_requests_atomic(monkeypatch)
    read_definitions_once(monkeypatch)
    _make_table(names)
    _make_bucket(names)
    _make_secret(names)
    make_messages(names)
    make_inbox(names)
    _make_functions(names, monkeypatch)
    for machine in template.resources(template.STATE_MACHINE):
        _make_state_machine(machine, names)
    # All run in this process: where two functions have another value for a variable, the first one's holds.
    for function in reversed(template.resources(template.FUNCTION)):
        for name, value in template.environment(function, names).items():
            monkeypatch.setenv(name, value)
    let_waits_last(monkeypatch)


def _make_table(names: dict[str, str]) -> None:
    properties = template.resources("AWS::DynamoDB::Table")["Table"]
    names["Table"] = "table"
    taken = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    boto3.client("dynamodb").create_table(TableName="table", **{name: properties[name] for name in taken})


def _make_bucket(names: dict[str, str]) -> None:
    names["Bucket"] = "pictures"
    boto3.client("s3").create_bucket(Bucket="pictures")


def _make_secret(names: dict[str, str]) -> None:
    made = boto3.client("secretsmanager").create_secret(Name="dashscope", SecretString=UPSTREAM_KEY)
    names["DashScopeSecret"] = names["DashScopeSecret.Id"] = made["ARN"]
    master = boto3.client("secretsmanager").create_secret(Name="webhooks", SecretString=WEBHOOK_MASTER)
    names["WebhookSecret"] = names["WebhookSecret.Id"] = master["ARN"]


def _make_functions(names: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Registers the functions with moto, and lets its Lambda run the real handlers in this process."""
    for function in template.resources(template.FUNCTION):
        # Without the alias's name, of which moto's Lambda knows nothing.
        names[f"{function}.Alias"] = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
    monkeypatch.setattr(LambdaSimpleBackend, "invoke", _invoke)
    monkeypatch.setattr(LambdaSimpleBackend, "get_function", lambda *_: None)


def _invoke(
    backend: LambdaSimpleBackend,
    function_name: str,
    qualifier: str | None,
    body: Any,
    headers: Any,
    response_headers: dict[str, str],
) -> bytes:
    try:
        result = functions.invoke(function_name.rpartition(":")[2], json.load(io.BytesIO(_bytes(body))))
    except Exception as error:
        response_headers["x-amz-function-error"] = "Unhandled"
        result = {"errorType": type(error).__name__, "errorMessage": str(error)}
    return json.dumps(result).encode()


def _bytes(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body


def _make_state_machine(machine: str, names: dict[str, str]) -> None:
    role = boto3.client("iam").create_role(RoleName=machine, AssumeRolePolicyDocument="{}")
    made = boto3.client("stepfunctions").create_state_machine(
        name=machine,
        definition=without_time_limits(definition(names, machine)),
        roleArn=role["Role"]["Arn"],
    )
    names[machine] = made["stateMachineArn"]


def definition(names: Mapping[str, str], machine: str = "ImageTask") -> str:
    """A state machine's definition as it is deployed, with its substitutions made."""
    properties = template.resources(template.STATE_MACHINE)[machine]
    text: str = (template.ROOT / properties["DefinitionUri"]).read_text(encoding="utf-8")
    for name, value in properties["DefinitionSubstitutions"].items():
        text = text.replace(f"${{{name}}}", template.resolve(value, names))
    return text
