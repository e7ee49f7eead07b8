"""The bus and its rule, and the form of messages in `events/`."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from local.tools import template
from tests.infrastructure.events.event_files import Case, cases
from tongyi.models.batches.summary import FINISHED
from tongyi.models.tasks.events import DETAIL_TYPES, SOURCE
from tongyi.models.tasks.message import REQUESTED

RULES = template.resources("AWS::Events::Rule")
BUS = {"Ref": "EventBus"}
ASIDE = {"Fn::GetAtt": ["OrdersAside", "Arn"]}
# As `sam local generate-event sqs receive-message` writes a message, and as AWS documents an event.
RECORD = {
    "messageId",
    "receiptHandle",
    "body",
    "attributes",
    "messageAttributes",
    "md5OfBody",
    "eventSource",
    "eventSourceARN",
    "awsRegion",
}
ATTRIBUTES = {"ApproximateReceiveCount", "SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"}
ENVELOPE = {
    "version",
    "id",
    "detail-type",
    "source",
    "account",
    "time",
    "region",
    "resources",
    "detail",
}


def test_rule_hands_orders_of_the_bus_to_the_queue_as_they_are() -> None:
    """The whole event: its id is what tells a second delivery."""
    (rule,) = RULES.values()

    assert rule["EventBusName"] == BUS
    assert rule["EventPattern"] == {"detail-type": [REQUESTED]}
    assert rule.get("State", "ENABLED") == "ENABLED"
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": ["Orders", "Arn"]}
    assert target.get("DeadLetterConfig", {"Arn": ASIDE}) == {"Arn": ASIDE}
    assert target.keys() & {"Input", "InputPath", "InputTransformer"} == set()


def test_rule_passes_over_what_the_gateway_tells() -> None:
    """Else the end of a task would be taken for an order."""
    (rule,) = RULES.values()

    assert set(rule["EventPattern"]["detail-type"]) & {*DETAIL_TYPES.values(), FINISHED} == set()


def test_bus_is_named_after_the_stack() -> None:
    assert template.resources("AWS::Events::EventBus") == {
        "EventBus": {"Name": {"Fn::Sub": "${AWS::StackName}"}}
    }


def test_bus_is_for_the_account_alone() -> None:
    assert template.resources("AWS::Events::EventBusPolicy") == {}


def test_outputs_name_the_queues_and_the_bus() -> None:
    values = {name: given["Value"] for name, given in template.load()["Outputs"].items()}

    assert values["OrdersUrl"] == {"Ref": "Orders"}
    assert values["OrdersAsideUrl"] == {"Ref": "OrdersAside"}
    assert values["EventBusName"] == BUS
    assert values["InboxName"] == {"Ref": "Inbox"}
    assert values["DeliveriesUrl"] == {"Ref": "Deliveries"}
    assert values["DeliveriesAsideUrl"] == {"Ref": "DeliveriesAside"}


def test_prompts_are_not_told_unless_that_is_wanted() -> None:
    given = template.load()["Parameters"]["EventsWithPrompts"]

    assert (given["Default"], given["AllowedValues"]) == ("false", ["true", "false"])


@pytest.mark.parametrize("case", [case for case in cases() if "Records" in case.event], ids=str)
def test_messages_have_the_shape_of_sqs(case: Case) -> None:
    assert set(case.event) == {"Records"}
    for record in case.event["Records"]:
        assert set(record) == RECORD
        assert set(record["attributes"]) == ATTRIBUTES
        assert record["md5OfBody"] == hashlib.md5(record["body"].encode()).hexdigest()
        assert record["eventSource"] == "aws:sqs"
        assert record["eventSourceARN"].split(":")[:4] == ["arn", "aws", "sqs", record["awsRegion"]]


def test_messages_that_are_events_have_the_shape_of_eventbridge() -> None:
    events = [body for body in map(_json, _records()) if isinstance(body, dict) and "detail-type" in body]

    assert {event["detail-type"] for event in events} > {REQUESTED}
    for event in events:
        assert set(event) == ENVELOPE
        assert event["version"] == "0"
        assert event["source"] != SOURCE


def test_messages_have_ids_of_their_own() -> None:
    """Else one event's task would be found by another's."""
    for name in ("messageId", "receiptHandle"):
        found = [record[name] for record in _records()]
        assert len(set(found)) == len(found)


def _records() -> list[dict[str, Any]]:
    return [record for case in cases() for record in case.event.get("Records", [])]


def _json(record: dict[str, Any]) -> Any:
    try:
        return json.loads(record["body"])
    except ValueError:
        return None
