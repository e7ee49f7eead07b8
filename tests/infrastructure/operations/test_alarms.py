"""Alarms: on metrics that are really written, told on one topic, each with what to do."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from local.tools import template
from tongyi.observability import NAMESPACE, count

ALARMS = template.resources("AWS::CloudWatch::Alarm")
PACKAGE = template.ROOT / "layers" / "tongyi" / "tongyi"
# The first cell of a row, and the names in it.
ROW, NAME = re.compile(r"^\| (`[^|]*) \|", re.MULTILINE), re.compile("`([a-z-]+)`")
OPERATIONS = template.ROOT / "docs" / "operations.md"
# In seconds, by the function that looks for what was left behind.
WITHOUT_COUNT = {"OldestUnfinishedTask"}
# What must not happen without somebody's hearing of it.
HEARD_OF = {
    "AccountRefusals",
    "OldestUnfinishedTask",
    "PicturesGivenUp",
    "SubmissionsUndecided",
}


def test_alarms_on_our_own_metrics_are_on_those_that_are_counted() -> None:
    watched = {made["MetricName"] for made in _of(NAMESPACE)}

    assert watched - WITHOUT_COUNT - set(_counted()) == set()
    assert watched == HEARD_OF


def test_alarms_on_our_own_metrics_have_the_dimensions_that_are_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A metric with another dimension is another metric, and an alarm on it never rings."""
    count("AccountRefusals")
    line = json.loads(capsys.readouterr().out)
    [written] = line["_aws"]["CloudWatchMetrics"]
    [names] = written["Dimensions"]
    dimensions = [{"Name": name, "Value": line[name]} for name in names]

    assert written["Namespace"] == NAMESPACE
    assert [made for made in _of(NAMESPACE) if made["Dimensions"] != dimensions] == []


def test_alarms_watch_every_queue_of_messages_that_were_put_aside() -> None:
    queues = template.resources("AWS::SQS::Queue").values()
    targets = {
        made["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] for made in queues if _redrives(made)
    }

    assert {_value(made)["Fn::GetAtt"][0] for made in _of("AWS/SQS")} == targets


def test_alarms_watch_every_end_of_a_state_machine_that_is_none() -> None:
    machines = template.resources(template.STATE_MACHINE)
    metrics = ("ExecutionsFailed", "ExecutionsTimedOut")

    assert {(_value(made)["Ref"], made["MetricName"]) for made in _of("AWS/States")} == {
        (machine, metric) for machine in machines for metric in metrics
    }


def test_alarms_are_told_on_the_topic_when_they_begin_and_when_they_end() -> None:
    topic = [{"Ref": "AlarmTopic"}]
    silent = {
        name for name, made in ALARMS.items() if (made["AlarmActions"], made["OKActions"]) != (topic, topic)
    }

    assert silent == set()


def test_alarms_are_not_raised_where_nothing_is_written() -> None:
    assert {name for name, made in ALARMS.items() if made["TreatMissingData"] != "notBreaching"} == set()


def test_alarms_are_all_in_the_operators_table() -> None:
    rows = ROW.findall(OPERATIONS.read_text(encoding="utf-8").partition("## Alarms")[2].partition("\n## ")[0])

    told = sorted(name for cell in rows for name in NAME.findall(cell))
    assert told == sorted(_name(made) for made in ALARMS.values())


def test_alarms_say_what_to_do() -> None:
    """As much as fits: CloudWatch takes 1,024 characters."""
    assert [made for made in ALARMS.values() if not 40 < len(made["AlarmDescription"]) <= 1024] == []


def test_topic_takes_what_cloudwatch_tells_of_this_account_alone() -> None:
    policy = template.resources("AWS::SNS::TopicPolicy")["AlarmTopicPolicy"]
    allowed, denied = policy["PolicyDocument"]["Statement"]

    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert (allowed["Action"], denied["Effect"]) == ("sns:Publish", "Deny")


def test_topic_has_a_subscriber_only_where_there_is_an_address() -> None:
    topic = template.resources("AWS::SNS::Topic")["AlarmTopic"]
    mail = {"Protocol": "email", "Endpoint": {"Ref": "AlarmEmail"}}

    assert topic["Subscription"] == {"Fn::If": ["AlarmsMailed", [mail], {"Ref": "AWS::NoValue"}]}


def _of(namespace: str) -> list[dict[str, Any]]:
    return [made for made in ALARMS.values() if made["Namespace"] == namespace]


def _value(made: dict[str, Any]) -> Any:
    [dimension] = made["Dimensions"]
    return dimension["Value"]


def _name(made: dict[str, Any]) -> str:
    return str(made["AlarmName"]["Fn::Sub"]).removeprefix("${AWS::StackName}-")


def _redrives(made: dict[str, Any]) -> bool:
    return "RedrivePolicy" in made


def _counted() -> Iterator[str]:
    """The names of all metrics that the package counts."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "count":
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    yield str(first.value)
