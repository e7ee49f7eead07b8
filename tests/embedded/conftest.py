"""One embedded stack for the whole suite: template.yaml built and deployed with sam, everything over HTTP."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

import local.stack.deployment
import local.stack.stack
from local.stack.child_environment import HOST
from local.stack.stack import Stack
from local.tools import template
from tests.support.api_gateway import fits, match
from tests.support.contract import check_reply
from tests.support.patience import PATIENCE, without_time_limits

ENDED = ("SUCCEEDED", "FAILED", "CANCELED")
# What API Gateway answers where the authorizer fails.
NOT_CHECKED = "The gateway key could not be checked; nothing was done."


@dataclass
class Deployed:
    """The deployed gateway, seen from outside."""

    stack: Stack

    def request(
        self, method: str, target: str, *, key: str | None = None, **options: Any
    ) -> requests.Response:
        """A request to the API; with a key, it is sent along.

        It is sent again where its key could not be checked: of twenty that come at once to a busy machine, some find no
        answer in time, and nothing was done for them.
        """
        headers = dict(options.pop("headers", {}))
        if key:
            headers["Authorization"] = f"Bearer {key}"
        url, until = self.stack.gateway_url + target, time.monotonic() + PATIENCE
        while True:
            reply = requests.request(method, url, headers=headers, timeout=300, **options)
            _hold_to_the_document(method, target, reply)
            if reply.status_code != 503 or NOT_CHECKED not in reply.text or time.monotonic() > until:
                return reply

    def request_while(self, status: int, method: str, target: str, **options: Any) -> requests.Response:
        """The first reply with another status, to a request that is sent until there is one."""
        until = time.monotonic() + PATIENCE
        while (reply := self.request(method, target, **options)).status_code == status:
            assert time.monotonic() < until, reply.text
        return reply

    def submit(self, body: Mapping[str, Any], key: str | None = None) -> str:
        """Submits and returns the task's id."""
        reply = self.request("POST", "/v1/wanxiang", key=key, json=body)
        assert reply.status_code == 200, reply.text
        task_id: str = reply.json()["output"]["task_id"]
        return task_id

    def finished(self, task_id: str, key: str | None = None) -> requests.Response:
        """The result once the task has ended."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            reply = self.request(
                "GET", f"/v1/wanxiang-results?task_id={task_id}", key=key or self.stack.gateway_key
            )
            # On a busy machine one may hear that it shall ask again.
            if reply.status_code < 500 and reply.json()["output"]["task_status"] in ENDED:
                return reply
            time.sleep(0.5)
        pytest.fail(f"task {task_id} did not end")

    def ledger(self, endpoint: str, prompt: str) -> list[dict[str, Any]]:
        """The stand-in's calls of that endpoint, for prompts that hold these words."""
        query = {"endpoint": endpoint, "prompt_contains": prompt}
        url = f"{self.stack.upstream.standin_url}/_standin/ledger"
        entries: list[dict[str, Any]] = requests.get(url, params=query, timeout=300).json()["entries"]
        return entries

    def objects(self, task_id: str) -> list[bytes]:
        """The contents of the task's objects in the bucket, in the order of their numbers."""
        bucket = self.stack.outputs["BucketName"]
        client = self.stack.client("s3")
        listed = client.list_objects_v2(Bucket=bucket, Prefix=f"images/{task_id}/").get("Contents", [])
        keys = sorted(found["Key"] for found in listed)
        return [client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]


def _hold_to_the_document(method: str, target: str, reply: requests.Response) -> None:
    """The first reply, where redirects were followed; a route that is not there is API Gateway's own affair."""
    answered = reply.history[0] if reply.history else reply
    path = urlsplit(target).path
    if any(method == asked and fits(route, path) for asked, route in template.routes()):
        resource, _ = match(method, path)
        check_reply(method, resource, answered.status_code, answered.text)


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The stack, started once and stopped at the end; roles, signatures and signed links are enforced as on AWS."""
    with pytest.MonkeyPatch.context() as monkeypatch, socket.socket() as reserved:
        monkeypatch.setattr(local.stack.stack, "START_DEADLINE", PATIENCE)
        monkeypatch.setattr(local.stack.deployment, "BUILD_TIMEOUT", 10 * PATIENCE)
        monkeypatch.setattr(local.stack.deployment, "DEPLOY_TIMEOUT", 10 * PATIENCE)
        # Bound until ministack listens there and for as long: nobody else is given it in between.
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind((HOST, 0))
        monkeypatch.setattr(local.stack.stack, "free_port", lambda: reserved.getsockname()[1])
        yield from _deployed(tmp_path_factory)


def _deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    stack = Stack(
        tmp_path_factory.mktemp("stack"),
        standin=("--pending-seconds", "0.2", "--seconds-per-image", "0.2"),
        parameters={"DailyOpenImages": "100000", "LostSubmissionSeconds": "2"},
    )
    with stack:
        _give_time(stack)
        yield Deployed(stack)


def _give_time(stack: Stack) -> None:
    """Lets functions take as long as they do: twenty that begin at once on a busy machine need more than 20 seconds."""
    functions, machines = stack.client("lambda"), stack.client("stepfunctions")
    for page in functions.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            functions.update_function_configuration(FunctionName=function["FunctionName"], Timeout=PATIENCE)
    for machine in machines.list_state_machines()["stateMachines"]:
        arn = machine["stateMachineArn"]
        definition = machines.describe_state_machine(stateMachineArn=arn)["definition"]
        machines.update_state_machine(stateMachineArn=arn, definition=without_time_limits(definition))
