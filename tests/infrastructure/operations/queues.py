"""The template's queues, and which functions they run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from local.tools import template

QUEUES = template.resources("AWS::SQS::Queue")
MAPPING = "AWS::Lambda::EventSourceMapping"
# What Lambda's poller does to a queue for a function, with the function's role.
POLLING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


@dataclass(frozen=True)
class Source:
    """A queue that runs a function, and how."""

    queue: str
    function: str
    settings: dict[str, Any]


def sources() -> list[Source]:
    """All of them, whether SAM writes the mapping or the template does."""
    found = [
        _source(event["Properties"], "Queue", function)
        for function, properties in template.resources(template.FUNCTION).items()
        for event in properties.get("Events", {}).values()
        if event["Type"] == "SQS"
    ]
    mappings = template.resources(MAPPING).values()
    return found + [_source(made, "EventSourceArn", _behind(made["FunctionName"])) for made in mappings]


def _behind(alias: dict[str, str]) -> str:
    """The function that an alias belongs to."""
    function, attribute = alias["Ref"].split(".")
    assert attribute == "Alias"
    return function


def dead_letters(queue: str) -> str:
    """The queue that takes what a queue gave up on."""
    name, attribute = QUEUES[queue]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"]
    assert attribute == "Arn"
    return str(name)


def _source(given: dict[str, Any], name: str, function: str) -> Source:
    queue, attribute = given[name]["Fn::GetAtt"]
    assert attribute == "Arn"
    return Source(queue, function, given)
