"""Logs: a group of its own for each function, with an end to how long they are kept."""

from __future__ import annotations

from typing import Any

import pytest

from local import template

FUNCTIONS = sorted(template.resources(template.FUNCTION))
MACHINES = template.resources(template.STATE_MACHINE)
GROUPS = template.resources("AWS::Logs::LogGroup")


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_log_group_is_kept_for_the_days_of_the_setting(group: str) -> None:
    assert GROUPS[group]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_logs_to_a_group_named_after_it(function: str) -> None:
    group = _group(function)
    name = function.removesuffix("Function")

    assert GROUPS[group]["LogGroupName"] == {"Fn::Sub": f"/aws/lambda/${{AWS::StackName}}-{name}"}


def test_log_groups_have_one_user_each() -> None:
    users = [_group(function) for function in FUNCTIONS] + [_machine_group(made) for made in MACHINES]

    assert sorted(users) == sorted(GROUPS)


def test_log_groups_have_different_names() -> None:
    names = [group["LogGroupName"]["Fn::Sub"] for group in GROUPS.values()]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_workflow_log_group_has_the_prefix_that_spares_the_resource_policy(machine: str) -> None:
    # AWS adds to a resource policy of limited size for every other name.
    name = GROUPS[_machine_group(machine)]["LogGroupName"]["Fn::Sub"]

    assert name.startswith("/aws/vendedlogs/states/")


def _machine_group(machine: str) -> str:
    (destination,) = MACHINES[machine]["Logging"]["Destinations"]
    return str(destination["CloudWatchLogsLogGroup"]["LogGroupArn"]["Fn::GetAtt"][0])


def _group(function: str) -> str:
    logging: dict[str, Any] = template.resources(template.FUNCTION)[function]["LoggingConfig"]
    return str(logging["LogGroup"]["Ref"])
