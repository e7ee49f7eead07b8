"""Each function may do exactly what it does."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from local.tools import template
from tests.infrastructure.operations.queues import POLLING, sources
from tests.infrastructure.permissions.recorded_calls import Recorded
from tests.infrastructure.permissions.secret_arns import secret_arn
from tests.infrastructure.permissions.statements import (
    LEADING_KEYS,
    POLICY,
    STATE_MACHINE,
    Call,
    Grant,
    Names,
    all_statements,
    grants,
    many,
    statements,
)
from tongyi.gateways.dynamodb.task_table import OWNER_INDEX

FUNCTIONS = sorted(template.resources(template.FUNCTION))
LOG_DELIVERY = "logs:"
KIND_OF_ITEM = re.compile(r"[A-Z]+#\*")
# What lies where in the buckets, and who may do what to it is said one by one.
KINDS_OF_OBJECT = {"Bucket": ("images/",), "Inbox": ("requests/", "runs/", "results/")}


def test_functions_may_do_all_they_do(recorded: Recorded) -> None:
    refused = {}
    for function in FUNCTIONS:
        allowed = grants(function, recorded.names)
        called = recorded.calls[function]
        refused[function] = {call for call in called if not any(grant.allows(call) for grant in allowed)}

    assert {function: calls for function, calls in refused.items() if calls} == {}


def test_functions_may_do_nothing_they_do_not(recorded: Recorded) -> None:
    """But for what Lambda's poller does with the function's role, to the queue that runs it."""
    unused = {}
    for function in FUNCTIONS:
        allowed, called = grants(function, recorded.names), recorded.calls[function]
        unused[function] = {grant for grant in allowed if not any(grant.allows(call) for call in called)}

    assert unused == {function: _polling(function, recorded.names) for function in FUNCTIONS}


def test_statements_have_no_wildcard_action() -> None:
    actions = [
        (owner, action) for owner, statement in all_statements() for action in many(statement["Action"])
    ]

    assert [(owner, action) for owner, action in actions if "*" in action] == []


def test_statements_are_for_all_resources_only_for_log_delivery_and_traces() -> None:
    for owner, statement in all_statements():
        if "*" in many(statement["Resource"]):
            known = "xray:" if owner == "TracingPolicy" else LOG_DELIVERY
            others = [action for action in many(statement["Action"]) if not action.startswith(known)]
            assert owner in {*template.resources(STATE_MACHINE), "TracingPolicy"}
            assert others == [], owner


def test_statement_on_the_table_is_limited_to_keys_and_asks_for_one() -> None:
    """ForAllValues holds where a request has no such key at all, as IAM documents; Null then refuses it."""
    wide = [
        (owner, statement["Action"])
        for owner, statement in all_statements()
        if any(action.startswith("dynamodb:") for action in many(statement["Action"]))
        and not _is_limited(statement.get("Condition", {}))
    ]

    assert wide == []


def test_functions_are_limited_to_one_kind_of_item_or_object(recorded: Recorded) -> None:
    """A wider pattern would be used too, and so would pass the comparison with what was called."""
    for grant in {grant for function in FUNCTIONS for grant in grants(function, recorded.names)}:
        if grant.leading_keys is not None:
            assert KIND_OF_ITEM.fullmatch(grant.leading_keys), grant
        elif grant.action.startswith("s3:"):
            assert grant.resource in _kinds_of_object(recorded.names), grant
        elif grant.action == "states:DescribeExecution":
            executions = recorded.names["ImageTask"].replace(":stateMachine:", ":execution:")
            assert grant.resource == f"{executions}:*", grant
        else:
            assert "*" not in grant.resource, grant


def test_template_names_no_partition() -> None:
    # In China and in GovCloud ARNs do not begin with arn:aws: ; references and ${AWS::Partition} hold everywhere.
    assert "arn:aws" not in template.TEMPLATE.read_text(encoding="utf-8")


def test_state_machines_may_invoke_exactly_their_functions() -> None:
    for machine, properties in template.resources(STATE_MACHINE).items():
        allowed = [s for s in statements(properties) if "lambda:InvokeFunction" in many(s["Action"])]

        assert [many(s["Action"]) for s in allowed] == [["lambda:InvokeFunction"]], machine
        assert _sorted(allowed[0]["Resource"]) == _sorted(properties["DefinitionSubstitutions"].values())


def test_machine_of_files_may_run_and_stop_its_own_executions_alone() -> None:
    """What AWS asks for a distributed Map. An execution of a Map run has the run's name in its own, after a slash."""
    policy = template.resources(POLICY)["ImageFileChildren"]
    start, follow = policy["PolicyDocument"]["Statement"]
    execution = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:${ImageFile.Name}"

    assert policy["Roles"] == [{"Ref": "ImageFileRole"}]
    assert (many(start["Action"]), start["Resource"]) == (["states:StartExecution"], {"Ref": "ImageFile"})
    assert set(follow["Action"]) == {f"states:{what}Execution" for what in ("Describe", "Stop", "Redrive")}
    assert follow["Resource"] == [{"Fn::Sub": f"{execution}{mark}*"} for mark in ":/"]


def test_requests_of_users_are_read_and_never_written(recorded: Recorded) -> None:
    """Else a function could start itself over and over."""
    requests = f"{recorded.names['Inbox.Arn']}/requests/"
    touching = {
        (function, grant.action)
        for function in FUNCTIONS
        for grant in grants(function, recorded.names)
        if grant.resource.startswith(requests)
    }

    assert touching == {("ReadFileFunction", "s3:GetObject"), ("ReadFileFunction", "s3:GetObjectVersion")}


def test_functions_with_the_upstream_key_are_those_that_call_upstream() -> None:
    assert _holders("DashScopeSecret") == {
        "ChatFunction",
        "CancelTaskFunction",
        "AllowUploadFunction",
        "DispatchJobFunction",
        "CheckJobFunction",
        "StoreImageFunction",
    }


def test_function_that_signs_webhooks_is_the_one_with_their_secret_and_has_no_other() -> None:
    assert _holders("WebhookSecret") == {"SendWebhookFunction"}
    assert "SendWebhookFunction" not in _holders("DashScopeSecret")


def test_index_is_queried_and_the_table_is_not_by_whoever_lists_tasks(recorded: Recorded) -> None:
    index = f"{recorded.names['Table.Arn']}/index/{OWNER_INDEX}"

    assert {(call.action, call.resource) for call in recorded.calls["ListTasksFunction"]} == {
        ("dynamodb:Query", index)
    }


def test_function_that_takes_messages_leaves_the_queue_to_lambda(recorded: Recorded) -> None:
    """What the poller does must be its own: a function that did it too would need no exception."""
    assert {function for function in FUNCTIONS if _polling(function, recorded.names)} == {
        "SendWebhookFunction",
        "StartFileFunction",
        "SubmitBatchFunction",
    }
    called = {call for made in recorded.calls.values() for call in made if call.action.startswith("sqs:")}
    assert called == {
        Call("sqs:SendMessage", recorded.names["OrdersAside.Arn"]),
        Call("sqs:SendMessage", recorded.names["Deliveries.Arn"]),
        Call("sqs:ChangeMessageVisibility", recorded.names["Deliveries.Arn"]),
    }


def test_function_that_calls_what_addresses_it_is_given_may_send_no_messages(recorded: Recorded) -> None:
    """Whoever got hold of it could begin no delivery of their own, and reach no picture."""
    services = {grant.action.partition(":")[0] for grant in grants("SendWebhookFunction", recorded.names)}

    assert services == {"dynamodb", "secretsmanager", "sqs"}
    assert not any(
        grant.action == "sqs:SendMessage" for grant in grants("SendWebhookFunction", recorded.names)
    )


def test_functions_that_end_tasks_and_files_are_those_that_tell_of_it(recorded: Recorded) -> None:
    told = Call("events:PutEvents", recorded.names["EventBus.Arn"])

    assert {function for function, made in recorded.calls.items() if told in made} == {
        "CancelTaskFunction",
        "CloseTaskFunction",
        "WriteManifestFunction",
    }


def test_function_that_only_reads_a_setting_may_nothing(recorded: Recorded) -> None:
    assert grants("ListModelsFunction", recorded.names) == set()
    assert recorded.calls["ListModelsFunction"] == set()


@pytest.mark.parametrize(
    ("grant", "call"),
    [
        (Grant("s3:PutObject", "arn:b/images/*"), Call("s3:PutObject", "arn:b/other/1")),
        (Grant("s3:PutObject", "arn:b/images/*"), Call("s3:GetObject", "arn:b/images/1")),
        (Grant("dynamodb:GetItem", "arn:t", "TASK#*"), Call("dynamodb:GetItem", "arn:t", "KEY#1")),
        (Grant("dynamodb:GetItem", "arn:t", "TASK#*"), Call("dynamodb:GetItem", "arn:u", "TASK#1")),
        (Grant("dynamodb:GetItem", "arn:t", "TASK#*"), Call("dynamodb:GetItem", "arn:t")),
    ],
)
def test_grant_refuses(grant: Grant, call: Call) -> None:
    assert not grant.allows(call)


def _is_limited(condition: dict[str, Any]) -> bool:
    keys = condition.get("ForAllValues:StringLike", {}).get(LEADING_KEYS)
    return bool(keys) and condition.get("Null") == {LEADING_KEYS: "false"}


def _holders(secret: str) -> set[str]:
    """The functions that may read a secret of the template, or the one that stands in for it."""
    wanted = secret_arn(secret)
    reading = [
        (owner, many(s["Resource"]))
        for owner, s in all_statements()
        if "secretsmanager:GetSecretValue" in many(s["Action"])
    ]
    return {owner for owner, resources in reading if wanted in resources}


def _polling(function: str, names: Names) -> set[Grant]:
    """What Lambda needs of a function's role for the queues that run it."""
    run_by = [source.queue for source in sources() if source.function == function]
    return {Grant(action, names[f"{queue}.Arn"]) for queue in run_by for action in POLLING}


def _kinds_of_object(names: Names) -> set[str]:
    return {
        f"{names[f'{bucket}.Arn']}/{kind}*" for bucket, kinds in KINDS_OF_OBJECT.items() for kind in kinds
    }


def _sorted(values: Any) -> list[str]:
    return sorted(json.dumps(value) for value in values)


def test_no_function_is_run_by_a_queue_over_sam() -> None:
    """SAM would give it a managed policy for all queues of the account."""
    functions = template.resources(template.FUNCTION).values()
    kinds = {event["Type"] for properties in functions for event in properties.get("Events", {}).values()}

    assert kinds == {"Api", "Schedule"}
