"""Putting messages aside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import boto3
import pytest

from tongyi.gateways.messaging.dead_letter_queue import DeadLetters

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

# What SQS takes in a body and in an attribute; moto takes anything.
TAKEN = re.compile("[\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")


@pytest.fixture
def client(aws: None) -> SQSClient:
    made = boto3.client("sqs")
    made.create_queue(QueueName="aside")
    return made


def _sent(client: SQSClient, body: str, code: str, message: str) -> MessageTypeDef:
    url = client.get_queue_url(QueueName="aside")["QueueUrl"]
    DeadLetters(client, url).send(body, code, message)
    [found] = client.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    return found


@pytest.mark.parametrize(
    "body", ["{", '{"prompt": "一只猫"}', " ", "null\n", '{"a": "\\u0000"}', "🐈" * 1000]
)
def test_send_puts_the_message_there_as_it_came(client: SQSClient, body: str) -> None:
    assert _sent(client, body, "InvalidParameter", "No.")["Body"] == body


def test_send_puts_the_reason_beside_it(client: SQSClient) -> None:
    attributes = _sent(client, "{}", "InvalidParameter", "prompt: is required.")["MessageAttributes"]
    assert {name: (found["DataType"], found["StringValue"]) for name, found in attributes.items()} == {
        "code": ("String", "InvalidParameter"),
        "message": ("String", "prompt: is required."),
    }


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\ufffe", "\uffff"])
def test_send_says_nothing_in_characters_that_sqs_refuses(client: SQSClient, character: str) -> None:
    """A message names the fields of a body that are none, and JSON can name any character."""
    attributes = _sent(client, "{}", "InvalidParameter", f"a{character}b: is no field.")["MessageAttributes"]
    said = attributes["message"]["StringValue"]
    assert TAKEN.fullmatch(said)
    assert said.endswith("b: is no field.")
