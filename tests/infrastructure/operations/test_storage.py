"""The buckets, the table and the secrets: private, encrypted, kept for as long as the settings say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from typing import Any

import pytest
import yaml

from local.tools import template
from tests.infrastructure.permissions.recorded_calls import Recorded
from tests.infrastructure.permissions.secret_arns import SECRETS, secret_arn
from tests.infrastructure.permissions.statements import many
from tests.infrastructure.workflow.workflow_states import definition
from tests.support.gateway import WEBHOOK_MASTER
from tongyi.gateways.dynamodb.task_table import OWNER_INDEX
from tongyi.gateways.dynamodb.unfinished_table import UNFINISHED_INDEX, DueTask
from tongyi.models.tasks.records import TaskRecord, TaskSummary
from tongyi.models.webhooks.delivery import DeliverySummary
from tongyi.usecases.batches import read_file
from tongyi.usecases.tasks.submit_images import DAY

# Each bucket with its policy, and the prefixes that it has a rule for.
BUCKETS = {
    "Bucket": ("BucketPolicy", ["images/"]),
    "Inbox": ("InboxPolicy", ["requests/", "results/", "runs/"]),
}
EACH = pytest.mark.parametrize("bucket", BUCKETS)
# Never removed by themselves: a key is revoked by hand, and there is one send time per model.
LASTING = ("KEY#", "SLOT#", "QUOTA#SALT")


@EACH
def test_bucket_blocks_all_public_access(bucket: str) -> None:
    blocked = _bucket(bucket)["PublicAccessBlockConfiguration"]

    assert blocked == dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )


@EACH
def test_bucket_is_encrypted(bucket: str) -> None:
    (rule,) = _bucket(bucket)["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] in ("AES256", "aws:kms")


@EACH
def test_bucket_is_versioned(bucket: str) -> None:
    assert _bucket(bucket)["VersioningConfiguration"] == {"Status": "Enabled"}


@EACH
def test_bucket_knows_no_access_lists(bucket: str) -> None:
    assert _bucket(bucket)["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


@EACH
def test_bucket_policy_denies_everything_without_tls(bucket: str) -> None:
    policy = template.resources("AWS::S3::BucketPolicy")[BUCKETS[bucket][0]]
    (denied,) = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]

    assert policy["Bucket"] == {"Ref": bucket}
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert (denied["Principal"], many(denied["Action"])) == ("*", ["s3:*"])
    assert denied["Resource"] == [{"Fn::GetAtt": [bucket, "Arn"]}, {"Fn::Sub": f"${{{bucket}.Arn}}/*"}]


@EACH
def test_bucket_policy_allows_nobody_else(bucket: str) -> None:
    policy = template.resources("AWS::S3::BucketPolicy")[BUCKETS[bucket][0]]

    assert {s["Effect"] for s in policy["PolicyDocument"]["Statement"]} == {"Deny"}


@EACH
def test_bucket_forgets_after_the_days_of_the_setting(bucket: str) -> None:
    """But for what a file's run keeps to itself: that must outlast the run, however short the rest is kept."""
    for rule in [rule for rule in _lifecycle(bucket) if "ExpirationInDays" in rule]:
        days = read_file.LONGEST_RUN_DAYS if rule["Prefix"] == "runs/" else {"Ref": "RetentionDays"}
        assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", days)


def test_what_a_run_needs_outlasts_the_run() -> None:
    assert definition("ImageFile")["TimeoutSeconds"] < read_file.LONGEST_RUN_DAYS * DAY


@EACH
def test_bucket_rule_covers_every_key_that_is_written(recorded: Recorded, bucket: str) -> None:
    prefixes = [rule["Prefix"] for rule in _lifecycle(bucket) if "ExpirationInDays" in rule]
    made = {call for calls in recorded.calls.values() for call in calls if call.action == "s3:PutObject"}
    written = [call.resource for call in made if call.resource.startswith(recorded.names[f"{bucket}.Arn"])]

    assert written
    assert prefixes == BUCKETS[bucket][1]
    assert all(key.split("/", 1)[1].startswith(tuple(prefixes)) for key in written)


@EACH
def test_bucket_forgets_old_versions_and_unfinished_uploads(bucket: str) -> None:
    rules = _lifecycle(bucket)

    assert any(rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays") for rule in rules)
    assert any(rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation") for rule in rules)


def test_table_is_paid_for_by_request() -> None:
    assert _table()["BillingMode"] == "PAY_PER_REQUEST"


def test_table_can_be_restored_to_a_point_in_time() -> None:
    assert _table()["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_table_is_encrypted() -> None:
    assert _table()["SSESpecification"]["SSEEnabled"] is True


def test_index_of_owners_has_just_what_a_list_shows() -> None:
    index = _index(OWNER_INDEX)
    keys = {key["AttributeName"] for key in index["KeySchema"]}

    assert index["KeySchema"] == [
        {"AttributeName": "by_owner", "KeyType": "HASH"},
        {"AttributeName": "created_at", "KeyType": "RANGE"},
    ]
    assert index["Projection"]["ProjectionType"] == "INCLUDE"
    assert {*index["Projection"]["NonKeyAttributes"], *keys - {"by_owner"}} == set(TaskSummary.model_fields)


def test_table_defines_the_attributes_of_its_keys_and_no_others() -> None:
    """CloudFormation refuses a table that says more of its attributes, or less."""
    indexes = _table()["GlobalSecondaryIndexes"]
    keys = [*_table()["KeySchema"], *(key for index in indexes for key in index["KeySchema"])]
    types = {given["AttributeName"]: given["AttributeType"] for given in _table()["AttributeDefinitions"]}

    assert set(types) == {key["AttributeName"] for key in keys}
    owners = {"by_owner": "S", "created_at": "N"}
    assert types == {"pk": "S", "sk": "S", **owners, "unfinished": "S", "look_at": "N"}


def test_index_of_unfinished_tasks_has_just_what_a_look_begins_with(recorded: Recorded) -> None:
    index = _index(UNFINISHED_INDEX)

    assert [key["AttributeName"] for key in index["KeySchema"]] == ["unfinished", "look_at"]
    assert set(index["Projection"]["NonKeyAttributes"]) | {"look_at"} == {
        field.name for field in fields(DueTask)
    }
    assert {item["sk"] for item in recorded.items if "unfinished" in item} == {"TASK"}


def _index(name: str) -> Any:
    (found,) = [index for index in _table()["GlobalSecondaryIndexes"] if index["IndexName"] == name]
    return found


def test_tasks_that_have_an_owner_are_in_the_index_and_no_others(recorded: Recorded) -> None:
    tasks = [item for item in recorded.items if item["sk"] == "TASK"]
    deliveries = [item for item in recorded.items if item["sk"] == "DELIVERY"]

    assert {bool(item.get("owner")) for item in tasks} == {True, False}
    for item in tasks:
        assert item.get("by_owner") == (f"OWNER#{item['owner']}" if item.get("owner") else None), item["pk"]
    assert {item["by_owner"] == f"DELIVERIES#{item['owner']}" for item in deliveries} == {True}
    others = [item for item in recorded.items if item not in tasks and item not in deliveries]
    assert all("by_owner" not in item for item in others)


def test_index_tells_of_deliveries_what_a_list_looks_at() -> None:
    index = _index(OWNER_INDEX)

    assert set(DeliverySummary.model_fields) <= {*index["Projection"]["NonKeyAttributes"], "created_at"}


def test_indexes_are_all_looked_at() -> None:
    names = {index["IndexName"] for index in _table()["GlobalSecondaryIndexes"]}
    assert names == {OWNER_INDEX, UNFINISHED_INDEX}


def test_buckets_are_all_looked_at() -> None:
    assert set(template.resources("AWS::S3::Bucket")) == set(BUCKETS)


def test_what_cannot_be_made_again_outlives_the_stack() -> None:
    """A first deployment that fails takes it back, but for the table: what is protected cannot be deleted."""
    kept = {name: made.get("DeletionPolicy") for name, made in template.load()["Resources"].items()}
    replaced = {
        name
        for name, made in template.load()["Resources"].items()
        if made.get("UpdateReplacePolicy") == "Retain"
    }

    assert {name: policy for name, policy in kept.items() if policy} == {
        "Table": "Retain",
        **dict.fromkeys((*BUCKETS, *SECRETS), "RetainExceptOnCreate"),
    }
    assert replaced == {"Table", *BUCKETS, *SECRETS}
    assert _table()["DeletionProtectionEnabled"] is True


def test_template_for_an_import_describes_what_the_stack_will() -> None:
    """Other keys would have the next deployment replace the table; a name would, when it is removed again."""
    text = (template.ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    imported = yaml.safe_load(text.partition("<<'YAML'\n")[2].partition("\nYAML\n")[0])["Resources"]
    described = imported.pop("Table")

    assert {name: _table()[name] for name in described["Properties"]} == described["Properties"]
    assert described["DeletionPolicy"] == "Retain"
    assert {name: made.get("Properties", {}) for name, made in imported.items()} == {
        name: {} for name in BUCKETS
    }


def test_links_to_pictures_can_be_loaded_by_pages_of_any_origin() -> None:
    (rule,) = _bucket("Bucket")["CorsConfiguration"]["CorsRules"]

    assert set(rule["AllowedMethods"]) == {"GET", "HEAD"}
    assert rule["AllowedOrigins"] == ["*"]
    assert {"ETag", "Content-Length", "Content-Type"} <= set(rule["ExposedHeaders"])
    assert "CorsConfiguration" not in _bucket("Inbox")


def test_table_forgets_by_the_attribute_that_records_have() -> None:
    expiry = _table()["TimeToLiveSpecification"]

    assert expiry["Enabled"] is True
    assert expiry["AttributeName"] in TaskRecord.model_fields


def test_items_that_are_not_for_ever_carry_the_attribute_in_seconds(recorded: Recorded) -> None:
    """In milliseconds, DynamoDB would keep them for thousands of years."""
    name = _table()["TimeToLiveSpecification"]["AttributeName"]
    passing = [item for item in recorded.items if not item["pk"].startswith(LASTING)]
    year_2200 = 7_258_118_400

    assert {item["pk"].partition("#")[0] for item in passing} >= {
        "TASK",
        "QUOTA",
        "UPSTREAM",
        "UPLOAD",
        "ENDPOINT",
        "FILE",
    }
    for item in passing:
        assert isinstance(item.get(name), Decimal), item["pk"]
        assert 0 < item[name] < year_2200, item["pk"]


def test_tasks_are_kept_as_long_as_their_pictures(recorded: Recorded) -> None:
    days = int(template.defaults()["RetentionDays"])
    submitted = [item for item in recorded.items if "error" in item and item["pk"].startswith("TASK#")]
    (unstarted,) = [item for item in submitted if item["error"]["code"] == "ServiceUnavailable"]

    assert unstarted["expires_at"] == unstarted["created_at"] // 1000 + days * DAY


def test_every_use_of_a_secret_is_of_the_one_that_stands_in_for_it_where_there_is_one() -> None:
    uses = list(_uses(template.load()))

    for secret in SECRETS:
        of_it = [use for use in uses if {"Fn::GetAtt": [secret, "Id"]} in use.get("Fn::If", [use])]
        assert len(of_it) > 2, secret
        assert [use for use in of_it if use != secret_arn(secret)] == [], secret


def test_secret_is_made_unless_another_one_is_named() -> None:
    conditions, parameters = template.load()["Conditions"], template.load()["Parameters"]
    for secret, (condition, parameter) in SECRETS.items():
        assert template.load()["Resources"][secret]["Condition"] == condition
        assert conditions[condition] == {"Fn::Equals": [{"Ref": parameter}, ""]}
        pattern = re.compile(parameters[parameter]["AllowedPattern"])
        assert parameters[parameter]["Default"] == ""
        assert pattern.fullmatch("arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:kept-a1B2c3")
        assert not pattern.fullmatch("kept")


def test_secret_has_no_value_in_the_template() -> None:
    secret = template.resources("AWS::SecretsManager::Secret")["DashScopeSecret"]

    assert secret.keys() <= {"Description", "Name", "KmsKeyId", "Tags"}


def test_secret_of_webhooks_is_made_by_aws_and_long_enough() -> None:
    secret = template.resources("AWS::SecretsManager::Secret")["WebhookSecret"]
    made = secret["GenerateSecretString"]

    assert secret.keys() == {"Description", "GenerateSecretString"}
    # 64 letters and digits have more than the 256 bits of the secrets that follow from it.
    assert (made["PasswordLength"], made["ExcludePunctuation"]) == (64, True)


def test_deliveries_hold_no_secret(recorded: Recorded) -> None:
    found = str([item for item in recorded.items if item["sk"] in ("DELIVERY", "ENDPOINT", "TASK")])

    assert "whsec_" not in found
    assert WEBHOOK_MASTER not in found


def test_parameters_take_no_secrets() -> None:
    """What is a parameter is shown in the console and kept in the stack's history."""
    secret = [
        name for name in template.load()["Parameters"] if "key" in name.lower() or "password" in name.lower()
    ]

    assert secret == []


def _uses(value: Any) -> Iterator[dict[str, Any]]:
    """Every Fn::If, and every Fn::GetAtt outside of one, at any depth."""
    if isinstance(value, dict) and ("Fn::If" in value or "Fn::GetAtt" in value):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _uses(part)
    elif isinstance(value, list):
        for part in value:
            yield from _uses(part)


def _bucket(bucket: str) -> dict[str, Any]:
    return template.resources("AWS::S3::Bucket")[bucket]


def _lifecycle(bucket: str) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = _bucket(bucket)["LifecycleConfiguration"]["Rules"]
    return rules


def _table() -> dict[str, Any]:
    return template.resources("AWS::DynamoDB::Table")["Table"]
