"""Queues: who may send, what is kept and for how long, and that a failed message comes again alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from local.tools import template
from tests.infrastructure.operations.queues import QUEUES, Source, dead_letters, sources
from tests.infrastructure.permissions.statements import many
from tongyi.models.batches.run import REQUESTS

FED = sorted({source.queue for source in sources()})
POLICIES = template.resources("AWS::SQS::QueuePolicy")
RULES = template.resources("AWS::Events::Rule")
# SQS's longest, and what Lambda's guide asks for at least, so that a message survives a moment of throttling.
LONGEST_RETENTION = 14 * 24 * 3600
FEWEST_RECEIVES = 5


@pytest.mark.parametrize("queue", sorted(QUEUES))
def test_queue_is_encrypted(queue: str) -> None:
    assert QUEUES[queue]["SqsManagedSseEnabled"] is True


def test_queues_are_those_that_run_a_function_and_their_dead_letters() -> None:
    assert FED
    assert sorted(QUEUES) == sorted({*FED, *map(dead_letters, FED)})


@pytest.mark.parametrize("queue", FED)
def test_dead_letters_are_kept_for_longer_than_the_queue_keeps_messages(queue: str) -> None:
    """What is moved there keeps its age: else it might be gone the moment it comes."""
    kept = QUEUES[dead_letters(queue)]["MessageRetentionPeriod"]

    assert QUEUES[queue]["MessageRetentionPeriod"] < kept <= LONGEST_RETENTION
    assert "RedrivePolicy" not in QUEUES[dead_letters(queue)]


@pytest.mark.parametrize("queue", FED)
def test_message_is_put_aside_before_the_queue_forgets_it(queue: str) -> None:
    """A queue drops what is too old; only what was received too often becomes a dead letter."""
    receives = QUEUES[queue]["RedrivePolicy"]["maxReceiveCount"]

    assert receives >= FEWEST_RECEIVES
    assert receives * QUEUES[queue]["VisibilityTimeout"] < QUEUES[queue]["MessageRetentionPeriod"]


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.function)
def test_function_that_puts_aside_does_so_where_its_queue_does(source: Source) -> None:
    """The one that does so itself, because it can give the reason."""
    variables = template.resources(template.FUNCTION)[source.function]["Environment"]["Variables"]
    aside = {"Ref": dead_letters(source.queue)}

    assert variables.get("DEAD_LETTERS_URL", aside) == aside


def test_function_of_orders_puts_aside() -> None:
    """That of files does not: a notification of S3's cannot be wrong, and comes again until it is taken."""
    functions = template.resources(template.FUNCTION)

    assert {
        source.function
        for source in sources()
        if "DEAD_LETTERS_URL" in functions[source.function]["Environment"]["Variables"]
    } == {"SubmitBatchFunction"}


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.function)
def test_function_reports_which_messages_failed(source: Source) -> None:
    """Else one that fails takes the whole batch back with it."""
    assert source.settings["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.function)
def test_function_runs_a_few_times_at_once(source: Source) -> None:
    assert 2 <= source.settings["ScalingConfig"]["MaximumConcurrency"] <= 10
    assert 1 <= source.settings["BatchSize"] <= 10


def test_queues_have_a_policy_each() -> None:
    assert sorted(_queue(policy) for policy in POLICIES) == sorted(QUEUES)


def test_queues_that_the_bus_sends_to_let_its_rule_send() -> None:
    (rule,) = RULES.values()
    (target,) = rule["Targets"]
    sent_to = [target["Arn"], *target.get("DeadLetterConfig", {}).values()]

    assert _sorted(map(_arn, _allowing("events.amazonaws.com"))) == _sorted(sent_to)


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_policy_of_a_queue_lets_at_most_one_service_send_and_do_nothing_else(policy: str) -> None:
    allowed = _statements(policy, "Allow")

    assert len(allowed) <= 1
    for statement in allowed:
        assert set(statement["Principal"]) == {"Service"}
        assert many(statement["Action"]) == ["sqs:SendMessage"]
        assert statement["Resource"] == _arn(policy)


def test_bus_sends_for_the_rule_alone() -> None:
    for policy in _allowing("events.amazonaws.com"):
        (allowed,) = _statements(policy, "Allow")
        assert allowed["Condition"] == {
            "ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["RequestedRule", "Arn"]}},
        }


def test_s3_sends_for_buckets_of_the_account_alone() -> None:
    """To the queue of the inbox and no other; naming the bucket would make a circle."""
    (told,) = template.resources("AWS::S3::Bucket")["Inbox"]["NotificationConfiguration"][
        "QueueConfigurations"
    ]
    (policy,) = _allowing("s3.amazonaws.com")
    (allowed,) = _statements(policy, "Allow")

    assert told["Queue"] == _arn(policy)
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_inbox_is_made_once_its_queue_takes_what_it_tells() -> None:
    """S3 tries that out, and refuses a queue that does not."""
    assert template.load()["Resources"]["Inbox"]["DependsOn"] == _allowing("s3.amazonaws.com")[0]


def test_inbox_tells_of_new_files_alone() -> None:
    """What is written under runs/ and results/ must not come back as a file of orders."""
    (told,) = template.resources("AWS::S3::Bucket")["Inbox"]["NotificationConfiguration"][
        "QueueConfigurations"
    ]

    assert told["Event"] == "s3:ObjectCreated:*"
    assert told["Filter"] == {"S3Key": {"Rules": [{"Name": "prefix", "Value": REQUESTS}]}}


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_queue_policy_denies_all_that_carries_a_message_without_tls(policy: str) -> None:
    (denied,) = _statements(policy, "Deny")
    actions = set(many(denied["Action"]))

    assert denied["Principal"] == "*"
    assert actions == {"sqs:*"} or actions >= {"sqs:SendMessage", "sqs:ReceiveMessage"}
    assert denied["Resource"] == _arn(policy)
    # Calls of AWS's own services may come without what tells that they are encrypted.
    spared = {"aws:PrincipalIsAWSService": "false"} if policy in _allowing("s3.amazonaws.com") else {}
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false", **spared}}


def _queue(policy: str) -> str:
    """The one queue that a policy is for."""
    (queue,) = POLICIES[policy]["Queues"]
    return str(queue["Ref"])


def _arn(policy: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [_queue(policy), "Arn"]}


def _allowing(service: str) -> list[str]:
    """The policies that let a service send."""
    return [
        policy
        for policy in sorted(POLICIES)
        if any(statement["Principal"] == {"Service": service} for statement in _statements(policy, "Allow"))
    ]


def _statements(policy: str, effect: str) -> list[dict[str, Any]]:
    made = POLICIES[policy]["PolicyDocument"]["Statement"]
    return [statement for statement in made if statement["Effect"] == effect]


def _sorted(values: Iterable[Any]) -> list[str]:
    return sorted(map(json.dumps, values))
