"""The tests' own AWS: what AWS does in one step, moto does in one too, whatever comes in between."""

from __future__ import annotations

from threading import Thread
from typing import Any

import boto3
import pytest
from moto.stepfunctions.models import StateMachine

from tests.support.gateway import Gateway

# Seconds that a second request gets between two steps of the first: it needs them only where it can come in between.
CHANCE = 1


def test_two_requests_start_one_execution(running: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """moto looks whether there is an execution of that name, and starts it then."""
    client, machine = boto3.client("stepfunctions"), running.names["ImageTask"]
    refused: list[str] = []

    def start(given: str) -> None:
        try:
            client.start_execution(stateMachineArn=machine, name="one", input=given)
        except client.exceptions.ExecutionAlreadyExists:
            refused.append(given)

    look, second = StateMachine._handle_name_input_idempotency, Thread(target=start, args=['{"second": 2}'])

    def then_comes_another(*given: Any) -> Any:
        found = look(*given)
        if second.ident is None:
            second.start()
            second.join(CHANCE)
        return found

    monkeypatch.setattr(StateMachine, "_handle_name_input_idempotency", then_comes_another)
    start('{"first": 1}')
    second.join()

    assert refused == ['{"second": 2}']
    assert len(client.list_executions(stateMachineArn=machine)["executions"]) == 1
