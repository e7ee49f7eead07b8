"""Many tasks at once through the state machine, each another way, and what became of each.

They share one gateway, so that their waits overlap; a fault belongs to a task by its prompt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
import pytest

from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway, definition, gateway
from tests.support.messages import HEARD
from tests.workflow.history import Step, taken, visited
from tests.workflow.interference import AT_ONCE, Interference, crowd, interfere, quicken
from tests.workflow.records import record, tasks_of
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.workflow import doubt
from tongyi.usecases.workflow import store_image

Fault = tuple[str, str, Mapping[str, Any]]


@dataclass(frozen=True)
class Way:
    """A task to send: what the stand-in and the functions do to it."""

    n: int = 1
    faults: tuple[Fault, ...] = ()
    interferences: Mapping[str, Interference] = field(default_factory=dict)


@dataclass(frozen=True)
class Walked:
    """What became of a task: the reply to its submission, how its execution ended, what the owner sees.

    `told` are the events about it, in order.
    """

    submitted: Reply
    ended: str
    shown: Reply
    task: TaskRecord
    states: frozenset[str]
    steps: frozenset[Step]
    calls: tuple[Mapping[str, Any], ...]
    copies: tuple[bytes, ...]
    told: tuple[Mapping[str, Any], ...] = ()

    def called(self, endpoint: str) -> list[int | None]:
        """The HTTP statuses of the task's calls to an endpoint of the stand-in."""
        return [call["status"] for call in self.calls if call["endpoint"] == endpoint]


@dataclass(frozen=True)
class Walk:
    """All tasks by their prompts, and the definition they followed."""

    walked: Mapping[str, Walked]
    definition: Mapping[str, Any]


def walk(ways: Mapping[str, Way]) -> Walk:
    """Sends a task for each prompt, and waits for all of them."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        quicken(monkeypatch)
        crowd(monkeypatch)
        # Waits of 1, 2, 4 … seconds between copies; how often it is tried stays as it is.
        monkeypatch.setattr(store_image, "copy_wait", lambda attempts: 0)
        # A doubtful reply is asked for once more, at once.
        monkeypatch.setattr(doubt, "waits_of", lambda what: (0,))
        with gateway(monkeypatch, AT_ONCE) as running:
            monkeypatch.setenv("DISPATCH_WAIT_SECONDS", "0.3")
            _prepare(running, ways, monkeypatch)
            key = running.issue_key("alice")
            sent = {prompt: _send(running, prompt, way, key) for prompt, way in ways.items()}
            found = tasks_of(running, sent)
            ended = {prompt: running.wait_for(task_id) for prompt, task_id in found.items()}
            shown = {prompt: running.result(task_id, key) for prompt, task_id in found.items()}
            copies = running.objects()
            walked = {
                prompt: _walked(
                    running, prompt, task_id, (sent[prompt], ended[prompt], shown[prompt]), copies
                )
                for prompt, task_id in found.items()
            }
            return Walk(_told(running, walked), json.loads(definition(running.names)))


def _prepare(running: Gateway, ways: Mapping[str, Way], monkeypatch: pytest.MonkeyPatch) -> None:
    plenty = {"requests": 1000, "running": 1000}
    running.standin.configure(limits={"wanx-v1": plenty, "query": {"requests": 1000}})
    for prompt, way in ways.items():
        for endpoint, kind, options in way.faults:
            running.standin.add_fault(endpoint, kind, prompt_contains=prompt, **options)
    faults = {
        (function, prompt): interference
        for prompt, way in ways.items()
        for function, interference in way.interferences.items()
    }
    interfere(monkeypatch, running, faults)


def _send(running: Gateway, prompt: str, way: Way, key: str) -> Reply:
    return running.submit({"prompt": prompt, "n": way.n}, {"Authorization": f"Bearer {key}"})


def _told(running: Gateway, walked: Mapping[str, Walked]) -> dict[str, Walked]:
    heard = [json.loads(message["Body"]) for message in running.messages(HEARD)]
    told = {
        prompt: tuple(event for event in heard if event["detail"]["task_id"] == found.task.task_id)
        for prompt, found in walked.items()
    }
    return {prompt: replace(found, told=told[prompt]) for prompt, found in walked.items()}


def _walked(
    running: Gateway, prompt: str, task_id: str, seen: tuple[Reply, str, Reply], copies: Mapping[str, bytes]
) -> Walked:
    submitted, ended, shown = seen
    arn = running.execution_of(task_id)
    events = boto3.client("stepfunctions").get_execution_history(executionArn=arn)["events"]
    return Walked(
        submitted=submitted,
        ended=ended,
        shown=shown,
        task=record(running, task_id),
        states=frozenset(visited(events)),
        steps=frozenset(taken(events)),
        calls=tuple(dict(call) for call in running.standin.ledger(prompt_contains=prompt)),
        copies=tuple(content for name, content in copies.items() if task_id in name),
    )
