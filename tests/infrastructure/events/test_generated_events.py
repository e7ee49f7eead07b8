"""The payloads in `events/` have whatever `sam local generate-event` gives the events of their triggers."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from local.stack.deployment import SAM
from tests.infrastructure.events.event_files import Case, cases

# Parts that each event fills as it likes; and what only mutual TLS and usage plans have.
FREE = {
    "headers",
    "multiValueHeaders",
    "queryStringParameters",
    "multiValueQueryStringParameters",
    "pathParameters",
    "stageVariables",
    "messageAttributes",
    "detail",
    "clientCert",
    "apiKey",
}
SCHEDULED = "Scheduled Event"


@cache
def generated(*trigger: str) -> Any:
    """What SAM makes up for a trigger."""
    command = [str(SAM), "local", "generate-event", *trigger]
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"}
    made = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=True)
    return json.loads(made.stdout)


def missing(wanted: Any, found: Any, where: str = "event") -> Iterator[str]:
    """What `wanted` has and `found` has not, wherever in it; of a list, each entry is held against the first."""
    if isinstance(wanted, list) and wanted and isinstance(found, list):
        for place, part in enumerate(found):
            yield from missing(wanted[0], part, f"{where}[{place}]")
    if not isinstance(wanted, dict):
        return
    if not isinstance(found, dict):
        yield where
        return
    for name, part in wanted.items():
        if name not in found and name not in FREE:
            yield f"{where}.{name}"
        elif name not in FREE:
            yield from missing(part, found[name], f"{where}.{name}")


def told(case: Case) -> list[Any]:
    """What the bodies of a case's messages hold, where that is JSON."""
    found = []
    for record in case.event.get("Records", []):
        try:
            found.append(json.loads(record["body"]))
        except ValueError:
            continue
    return [body for body in found if isinstance(body, dict)]


def is_request(case: Case) -> bool:
    return "httpMethod" in case.event and case.function != "AuthorizeFunction"


REQUESTS = [case for case in cases() if is_request(case)]
AUTHORIZED = [case for case in cases() if case.function == "AuthorizeFunction"]
MESSAGES = [case for case in cases() if "Records" in case.event]
NOTIFICATIONS = [case for case in MESSAGES if any("Records" in body for body in told(case))]
SCHEDULES = [case for case in MESSAGES if any(body.get("detail-type") == SCHEDULED for body in told(case))]


@pytest.mark.parametrize(
    ("trigger", "of_that_kind"),
    [
        (("apigateway", "aws-proxy"), REQUESTS),
        (("apigateway", "request-authorizer"), AUTHORIZED),
        (("sqs", "receive-message"), MESSAGES),
    ],
)
def test_events_have_what_their_trigger_sends(trigger: tuple[str, str], of_that_kind: list[Case]) -> None:
    assert {str(case): gone for case in of_that_kind if (gone := _gone(trigger, case.event))} == {}


def test_notifications_have_what_s3_sends() -> None:
    found = [(str(case), body) for case in NOTIFICATIONS for body in told(case) if "Records" in body]

    assert {name: gone for name, body in found if (gone := _gone(("s3", "put"), body))} == {}


def test_events_of_schedules_have_what_eventbridge_sends() -> None:
    found = [(str(case), body) for case in SCHEDULES for body in told(case)]
    of_schedules = [(name, body) for name, body in found if body.get("detail-type") == SCHEDULED]

    trigger = ("cloudwatch", "scheduled-event")
    assert {name: gone for name, body in of_schedules if (gone := _gone(trigger, body))} == {}


def _gone(trigger: tuple[str, str], event: Any) -> list[str]:
    return list(missing(generated(*trigger), event))


def test_every_trigger_has_events() -> None:
    assert all((REQUESTS, AUTHORIZED, NOTIFICATIONS, SCHEDULES))
    assert len(MESSAGES) > len(NOTIFICATIONS) + len(SCHEDULES)


@pytest.mark.parametrize(
    ("found", "gone"),
    [
        ({"a": {"b": 1}, "c": [{"d": 1}]}, []),
        ({"a": {}, "c": [{"d": 1}, {}]}, ["event.a.b", "event.c[1].d"]),
        ({"a": None}, ["event.a", "event.c"]),
        ("text", ["event"]),
    ],
)
def test_missing_finds(found: Any, gone: list[str]) -> None:
    assert list(missing({"a": {"b": 0}, "c": [{"d": 0}], "headers": {"e": 0}}, found)) == gone
