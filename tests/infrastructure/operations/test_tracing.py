"""What costs more than the gateway itself is off unless it is asked for: traces, and metrics of each method."""

from __future__ import annotations

from typing import Any

import pytest

from local.tools import template
from tests.infrastructure import translated

IF_TRACED = {"Fn::If": ["Traced", True, False]}
# What Step Functions needs to write traces (its developer guide, permissions to trace with X-Ray).
ACTIONS = [
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
]


@pytest.mark.parametrize(("tracing", "traced"), [("Disabled", False), ("Active", True)])
def test_functions_are_traced_and_may_write_traces_if_it_is_wanted(tracing: str, *, traced: bool) -> None:
    made = translated.resources(f"Tracing={tracing}")
    functions = _of("AWS::Lambda::Function", made)
    writers = [name for name, role in _of("AWS::IAM::Role", made).items() if "xray" in str(role).lower()]

    assert {"TracingConfig" in function for function in functions.values()} == {traced}
    assert len(writers) == (len(functions) if traced else 0)


def test_api_and_state_machines_are_traced_if_it_is_wanted() -> None:
    made = translated.resources()
    (stage,) = _of("AWS::ApiGateway::Stage", made).values()
    machines = _of("AWS::StepFunctions::StateMachine", made)

    assert template.load()["Conditions"]["Traced"] == {"Fn::Equals": [{"Ref": "Tracing"}, "Active"]}
    assert stage["TracingEnabled"] == IF_TRACED
    assert [machine["TracingConfiguration"] for machine in machines.values()] == [
        {"Enabled": IF_TRACED}
    ] * len(machines)


def test_state_machines_may_write_traces_only_if_it_is_wanted() -> None:
    made = translated.resources()
    policy = made["TracingPolicy"]
    roles = [machine["RoleArn"] for machine in _of("AWS::StepFunctions::StateMachine", made).values()]

    assert policy["Condition"] == "Traced"
    assert [{"Fn::GetAtt": [role["Ref"], "Arn"]} for role in policy["Properties"]["Roles"]] == roles
    assert policy["Properties"]["PolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Action": ACTIONS, "Resource": "*"}
    ]


def test_metrics_of_methods_are_kept_if_it_is_wanted() -> None:
    """Each entry says it, as an entry for a method takes nothing from the one for all."""
    (stage,) = _of("AWS::ApiGateway::Stage", translated.resources()).values()

    assert {str(entry["MetricsEnabled"]) for entry in stage["MethodSettings"]} == {
        str({"Ref": "MethodMetrics"})
    }


def test_what_costs_more_is_off() -> None:
    assert {name: template.defaults()[name] for name in ("Tracing", "MethodMetrics")} == {
        "Tracing": "Disabled",
        "MethodMetrics": "false",
    }


def _of(kind: str, made: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: resource["Properties"] for name, resource in made.items() if resource["Type"] == kind}
