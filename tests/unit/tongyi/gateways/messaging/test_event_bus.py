"""Putting events on the bus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from tongyi.errors import EventsUnavailable
from tongyi.gateways.messaging.event_bus import EventBus

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BUS, QUEUE = "gateway", "heard"
DETAIL = {"task_id": "1", "prompt": "一只奔跑的猫", "metrics": {"total": 2}}
ENDPOINT = "https://events.example"


class Scripted:
    """A client that answers every call with this, or raises it."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self._answer = answer
        self.asked: list[dict[str, Any]] = []

    def put_events(self, **given: Any) -> dict[str, Any]:
        self.asked.append(given)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def _put(client: Scripted) -> None:
    EventBus(client, BUS).put("a-source", "A Type", DETAIL)  # type: ignore[arg-type]


def _refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "secret detail"}}, "PutEvents")


@pytest.fixture
def heard(aws: None) -> SQSClient:
    """A client of an account with the bus, and a queue that hears all that is put on it."""
    sqs, events = boto3.client("sqs"), boto3.client("events")
    url = sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.create_event_bus(Name=BUS)
    events.put_rule(Name="all", EventBusName=BUS, EventPattern=json.dumps({"source": ["a-source"]}))
    events.put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": QUEUE, "Arn": arn}])
    return sqs


def test_put_hands_the_event_to_whoever_listens_on_the_bus(heard: SQSClient) -> None:
    EventBus(boto3.client("events"), BUS).put("a-source", "A Type", DETAIL)
    url = heard.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    [message] = heard.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"], event["detail"]) == ("a-source", "A Type", DETAIL)


def test_put_names_the_bus() -> None:
    client = Scripted({"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
    _put(client)
    [entry] = client.asked[0]["Entries"]
    assert {**entry, "Detail": json.loads(entry["Detail"])} == {
        "EventBusName": BUS,
        "Source": "a-source",
        "DetailType": "A Type",
        "Detail": DETAIL,
    }


def test_put_sees_a_refusal_inside_a_success() -> None:
    refused = {"ErrorCode": "ThrottlingException", "ErrorMessage": "secret detail"}
    with pytest.raises(EventsUnavailable) as caught:
        _put(Scripted({"FailedEntryCount": 1, "Entries": [refused]}))
    assert caught.value.message == "EventBridge did not take the event: ThrottlingException."


@pytest.mark.parametrize(
    "error",
    [
        _refusal("InternalException"),
        _refusal("AccessDeniedException"),
        EndpointConnectionError(endpoint_url=ENDPOINT),
        ReadTimeoutError(endpoint_url=ENDPOINT),
    ],
    ids=lambda error: type(error).__name__,
)
def test_put_says_that_it_could_not(error: Exception) -> None:
    with pytest.raises(EventsUnavailable) as caught:
        _put(Scripted(error))
    assert caught.value.message == "EventBridge cannot be reached."
    assert caught.value.__cause__ is error


def test_put_may_be_repeated() -> None:
    assert EventsUnavailable.repeatable is True


def test_put_does_not_hide_a_fault_of_ours() -> None:
    with pytest.raises(TypeError):
        _put(Scripted(TypeError("a bug")))
