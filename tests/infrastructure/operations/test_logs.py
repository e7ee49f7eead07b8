"""Logs: a group of its own for each function, with an end to how long they are kept."""

from __future__ import annotations

from typing import Any

import pytest

from local.tools import template

FUNCTIONS = sorted(template.resources(template.FUNCTION))
MACHINES = template.resources(template.STATE_MACHINE)
GROUPS = template.resources("AWS::Logs::LogGroup")


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_log_group_is_kept_for_the_days_of_the_setting(group: str) -> None:
    assert GROUPS[group]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_log_groups_of_functions_have_no_fixed_name() -> None:
    """A function that still writes when its stack is deleted makes its group anew: the name would be taken."""
    assert {function for function in FUNCTIONS if "LogGroupName" in GROUPS[_group(function)]} == set()
    assert {function for function in FUNCTIONS if _group(function) != _expected_group(function)} == set()


def test_log_groups_have_one_user_each() -> None:
    users = [_group(function) for function in FUNCTIONS] + [_machine_group(made) for made in MACHINES]

    assert sorted(users) == sorted(GROUPS)


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_workflow_log_group_has_the_prefix_that_spares_the_resource_policy(machine: str) -> None:
    # AWS adds to a resource policy of limited size for every other name.
    name = GROUPS[_machine_group(machine)]["LogGroupName"]["Fn::Sub"]

    assert name.startswith("/aws/vendedlogs/states/")


def _machine_group(machine: str) -> str:
    (destination,) = MACHINES[machine]["Logging"]["Destinations"]
    return str(destination["CloudWatchLogsLogGroup"]["LogGroupArn"]["Fn::GetAtt"][0])


def _expected_group(function: str) -> str:
    return f"{function.removesuffix('Function')}Logs"


def _group(function: str) -> str:
    logging: dict[str, Any] = template.resources(template.FUNCTION)[function]["LoggingConfig"]
    return str(logging["LogGroup"]["Ref"])
