"""The template's IAM statements, and whether they allow a call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from local.tools import template
from tests.support.messages import ACCOUNT, REGION

LEADING_KEYS = "dynamodb:LeadingKeys"
POLICY = "AWS::IAM::Policy"
STATE_MACHINE = "AWS::Serverless::StateMachine"
Names = Mapping[str, str]


@dataclass(frozen=True)
class Call:
    """A call of an AWS API: the action IAM knows it by, the resource's ARN, and the item's partition key."""

    action: str
    resource: str
    leading_key: str | None = None


@dataclass(frozen=True)
class Grant:
    """The smallest part of a statement: one action, on one resource, for one prefix of keys (or for all)."""

    action: str
    resource: str
    leading_keys: str | None = None

    def allows(self, call: Call) -> bool:
        if self.action != call.action or not fnmatchcase(call.resource, self.resource):
            return False
        return self.leading_keys is None or fnmatchcase(call.leading_key or "", self.leading_keys)


def statements(properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The statements of a function or state machine; every policy is written out, and one that has none may nothing."""
    written: list[dict[str, Any]] = []
    for policy in properties.get("Policies", []):
        assert set(policy) == {"Version", "Statement"}, f"not written out: {policy}"
        written += policy["Statement"]
    return written


def all_statements() -> list[tuple[str, dict[str, Any]]]:
    """Every statement of the template that allows something, with the id of whoever has it."""
    kinds = (template.FUNCTION, STATE_MACHINE)
    owners = [pair for kind in kinds for pair in template.resources(kind).items()]
    # A policy of its own is written like one of a function's.
    apart = template.resources(POLICY).items()
    owners += [(name, {"Policies": [properties["PolicyDocument"]]}) for name, properties in apart]
    return [(name, statement) for name, properties in owners for statement in statements(properties)]


def grants(function: str, names: Names) -> set[Grant]:
    """All that a function may do, in its smallest parts."""
    known = arns(names)
    written = statements(template.resources(template.FUNCTION)[function])
    return {grant for statement in written for grant in _grants(statement, known)}


def arns(names: Names) -> dict[str, str]:
    """`names`, and the ARNs of the table and the buckets."""
    return {
        **names,
        "Table.Arn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{names['Table']}",
        "Bucket.Arn": f"arn:aws:s3:::{names['Bucket']}",
        "Inbox.Arn": f"arn:aws:s3:::{names['Inbox']}",
        "ImageTask.Name": names["ImageTask"].rpartition(":")[2],
    }


def many(value: Any) -> list[Any]:
    """IAM writes one as itself, and several as a list."""
    return value if isinstance(value, list) else [value]


def _grants(statement: dict[str, Any], names: Names) -> Iterator[Grant]:
    assert statement["Effect"] == "Allow"
    for action in many(statement["Action"]):
        for resource in many(template.resolve(statement["Resource"], names)):
            for prefix in _leading_keys(statement):
                yield Grant(action, resource, prefix)


def _leading_keys(statement: dict[str, Any]) -> list[Any]:
    """The prefixes of keys a statement is limited to; any other condition is one this module does not know."""
    condition = statement.get("Condition")
    if condition is None:
        return [None]
    limits = condition["ForAllValues:StringLike"]
    assert condition == {"ForAllValues:StringLike": limits, "Null": {LEADING_KEYS: "false"}}, condition
    assert set(limits) == {LEADING_KEYS}, condition
    return many(limits[LEADING_KEYS])
