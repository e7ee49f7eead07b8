"""Ending what runs in moto: its executions are threads of this process."""

from __future__ import annotations

import time
from threading import Thread

import boto3
from moto.stepfunctions.parser.utils import TMP_THREADS

# Seconds: long enough for any machine, reached only when something hangs.
PATIENCE = 60


def stop_executions() -> None:
    """Lets no execution outlive its gateway: its threads would go on, and call AWS when moto is gone."""
    client = boto3.client("stepfunctions")
    for machine in client.list_state_machines()["stateMachines"]:
        arn = machine["stateMachineArn"]
        for execution in client.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]:
            client.stop_execution(executionArn=execution["executionArn"])
    while TMP_THREADS:
        _join(TMP_THREADS.pop())


def _join(thread: Thread) -> None:
    """Waits for the thread's end; moto lists its threads before it starts them."""
    until = time.monotonic() + PATIENCE
    while thread.ident is None and time.monotonic() < until:
        time.sleep(0.01)
    thread.join(PATIENCE)
