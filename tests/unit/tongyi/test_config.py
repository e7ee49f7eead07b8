"""Settings: whole, typed, and complaining by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Protocol

import pytest

from local.tools import template
from tongyi import config
from tongyi.config.offered import CHAT_MODELS, RESULT_HOSTS
from tongyi.errors import ConfigurationError


class Settings(Protocol):
    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> object: ...


GIVEN = {
    "TABLE_NAME": "table",
    "RETENTION_DAYS": "30",
    "STATE_MACHINE_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:image-task",
    "DAILY_OPEN_IMAGES": "500",
    "MAX_QUEUE_SECONDS": "21600",
    "DISPATCH_WAIT_SECONDS": "2.5",
    "DASHSCOPE_BASE_URL": "https://dashscope.aliyuncs.com/",
    "DASHSCOPE_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:key",
    "DASHSCOPE_WORKSPACE": " ws-1 ",
    "FIRST_CHECK_SECONDS": "2",
    "LOST_SUBMISSION_SECONDS": "45",
    "CHAT_MODELS": "qwen-plus, kimi-k2 ,,glm-5, kimi-k2",
    "DAILY_OPEN_CHATS": "2000",
    "BUCKET_NAME": "bucket",
    "RESULT_HOSTS": "a.example,\n b.example",
    "LINK_SECONDS": "3600",
    "OPEN_ROUTES": "true",
    "EVENT_BUS_NAME": "gateway",
    "EVENTS_WITH_PROMPTS": "false",
    "INBOX_NAME": "inbox",
    "FILE_STATE_MACHINE_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:image-file",
    "DEAD_LETTERS_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/aside",
    "DELIVERIES_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/deliveries",
    "WEBHOOK_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:webhooks",
    "WEBHOOK_ORIGINS": "http://127.0.0.1, https://10.0.0.5:8443",
    "WEBHOOK_RETRY_SECONDS": "0, 5,300",
}
ORIGINS = ("http://127.0.0.1", "https://10.0.0.5:8443")
NEEDED: dict[type[Settings], list[str]] = {
    config.TableSettings: ["TABLE_NAME"],
    config.SubmissionSettings: [
        "STATE_MACHINE_ARN",
        "RETENTION_DAYS",
        "DAILY_OPEN_IMAGES",
        "MAX_QUEUE_SECONDS",
        "DISPATCH_WAIT_SECONDS",
    ],
    config.DashScopeSettings: ["DASHSCOPE_BASE_URL", "DASHSCOPE_SECRET_ARN"],
    config.WorkflowSettings: ["FIRST_CHECK_SECONDS", "LOST_SUBMISSION_SECONDS"],
    config.ChatSettings: ["DAILY_OPEN_CHATS"],
    config.ReconcileSettings: ["STATE_MACHINE_ARN"],
    config.PictureSettings: ["BUCKET_NAME"],
    config.ReconcileSettings: ["STATE_MACHINE_ARN"],
    config.LinkSettings: ["BUCKET_NAME", "LINK_SECONDS"],
    config.EventSettings: ["EVENT_BUS_NAME", "BUCKET_NAME", "EVENTS_WITH_PROMPTS"],
    config.IntakeSettings: ["DEAD_LETTERS_URL"],
    config.AuthSettings: ["OPEN_ROUTES"],
    config.DeliverySettings: ["DELIVERIES_URL"],
    config.WebhookSettings: ["WEBHOOK_SECRET_ARN", "WEBHOOK_RETRY_SECONDS", "RETENTION_DAYS"],
    config.ModelSettings: [],
    config.RetentionSettings: ["RETENTION_DAYS"],
    config.BusSettings: ["EVENT_BUS_NAME"],
    config.FileSettings: ["INBOX_NAME"],
    config.FileWorkflowSettings: ["FILE_STATE_MACHINE_ARN"],
}
EACH = [pytest.param(kind, name, id=name) for kind, names in NEEDED.items() for name in names]
NUMBERS = [name for name, value in GIVEN.items() if value[0].isdigit()]
FORMED = [case for case in EACH if case.values[1] in (*NUMBERS, "OPEN_ROUTES", "EVENTS_WITH_PROMPTS")]
NUMBERED = [case for case in EACH if case.values[1] in NUMBERS]
LISTS = [case for case in EACH if case.values[1] == "WEBHOOK_RETRY_SECONDS"]


@pytest.mark.parametrize(("kind", "name"), EACH)
def test_settings_name_a_missing_variable(kind: type[Settings], name: str) -> None:
    env = {key: value for key, value in GIVEN.items() if key != name}
    with pytest.raises(ConfigurationError, match=rf"\b{name} is not set"):
        kind.from_env(env)


@pytest.mark.parametrize(("kind", "name"), EACH)
def test_settings_take_blanks_for_a_missing_variable(kind: type[Settings], name: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"\b{name} is not set"):
        kind.from_env({**GIVEN, name: "  "})


@pytest.mark.parametrize(("kind", "name"), FORMED)
def test_settings_name_a_malformed_variable_and_keep_its_value_to_themselves(
    kind: type[Settings], name: str
) -> None:
    with pytest.raises(ConfigurationError, match=rf"\b{name} has a value of the wrong form") as caught:
        kind.from_env({**GIVEN, name: "s3cret"})
    assert "s3cret" not in caught.value.message


@pytest.mark.parametrize(("kind", "name"), NUMBERED)
@pytest.mark.parametrize("value", ["-1", "nan", "inf", "1e999"])
def test_settings_refuse_a_number_that_is_no_amount(kind: type[Settings], name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"\b{name}\b"):
        kind.from_env({**GIVEN, name: value})


@pytest.mark.parametrize(("kind", "name"), LISTS)
def test_settings_refuse_a_list_of_nothing(kind: type[Settings], name: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"\b{name}\b"):
        kind.from_env({**GIVEN, name: " , ,"})


def test_table_settings_are_read() -> None:
    assert config.TableSettings.from_env(GIVEN) == config.TableSettings("table")


def test_submission_settings_are_read() -> None:
    expected = config.SubmissionSettings(GIVEN["STATE_MACHINE_ARN"], 30, 500, 21_600, 2.5, ORIGINS)
    assert config.SubmissionSettings.from_env(GIVEN) == expected


def test_delivery_settings_are_read() -> None:
    assert config.DeliverySettings.from_env(GIVEN) == config.DeliverySettings(GIVEN["DELIVERIES_URL"])


def test_webhook_settings_are_read() -> None:
    expected = config.WebhookSettings(GIVEN["WEBHOOK_SECRET_ARN"], ORIGINS, (0, 5, 300), 30)
    assert config.WebhookSettings.from_env(GIVEN) == expected


@pytest.mark.parametrize("kind", [config.SubmissionSettings, config.WebhookSettings])
def test_settings_need_no_webhook_origins(
    kind: type[config.SubmissionSettings | config.WebhookSettings],
) -> None:
    for env in ({**GIVEN, "WEBHOOK_ORIGINS": ""}, {k: v for k, v in GIVEN.items() if k != "WEBHOOK_ORIGINS"}):
        made = kind.from_env(env)
        assert (made.webhook_origins if isinstance(made, config.SubmissionSettings) else made.origins) == ()


@pytest.mark.parametrize("raw", ["5,x", "-1", "nan", "1e999", "5;6"])
def test_webhook_settings_take_nothing_but_seconds(raw: str) -> None:
    with pytest.raises(ConfigurationError, match="WEBHOOK_RETRY_SECONDS"):
        config.WebhookSettings.from_env({**GIVEN, "WEBHOOK_RETRY_SECONDS": raw})


def test_dashscope_settings_are_read_without_a_slash_at_the_end() -> None:
    expected = config.DashScopeSettings(
        "https://dashscope.aliyuncs.com", GIVEN["DASHSCOPE_SECRET_ARN"], "ws-1"
    )
    assert config.DashScopeSettings.from_env(GIVEN) == expected


def test_dashscope_settings_need_no_workspace() -> None:
    env = {name: value for name, value in GIVEN.items() if name != "DASHSCOPE_WORKSPACE"}
    assert config.DashScopeSettings.from_env(env).workspace == ""


def test_workflow_settings_are_read() -> None:
    assert config.WorkflowSettings.from_env(GIVEN) == config.WorkflowSettings(2, 45)


def test_chat_models_are_those_of_the_code_and_what_is_added_each_once() -> None:
    expected = (*CHAT_MODELS, "kimi-k2", "glm-5")
    assert config.ChatSettings.from_env(GIVEN) == config.ChatSettings(expected, 2000)
    assert config.ModelSettings.from_env(GIVEN) == config.ModelSettings(expected)


@pytest.mark.parametrize("kind", [config.ChatSettings, config.ModelSettings])
def test_chat_model_of_those_who_name_none_may_be_any(
    kind: type[config.ChatSettings | config.ModelSettings],
) -> None:
    def models(default: str) -> tuple[str, ...]:
        made = kind.from_env({**GIVEN, "CHAT_MODELS": "", "DEFAULT_CHAT_MODEL": default})
        return made.models if isinstance(made, config.ChatSettings) else made.chat_models

    assert models("") == CHAT_MODELS
    assert models(CHAT_MODELS[1]) == (CHAT_MODELS[1], CHAT_MODELS[0], *CHAT_MODELS[2:])
    assert models("kimi-k2") == ("kimi-k2", *CHAT_MODELS)


def test_result_hosts_are_those_of_the_code_and_what_is_added_each_once() -> None:
    added = f"a.example,\n {RESULT_HOSTS[0]},a.example"
    made = config.PictureSettings.from_env({**GIVEN, "RESULT_HOSTS": added})
    assert made == config.PictureSettings("bucket", (*RESULT_HOSTS, "a.example"))
    assert config.PictureSettings.from_env({**GIVEN, "RESULT_HOSTS": ""}).result_hosts == RESULT_HOSTS


def test_event_settings_are_read() -> None:
    expected = config.EventSettings("gateway", "bucket", with_prompts=False)
    assert config.EventSettings.from_env(GIVEN) == expected
    told = config.EventSettings.from_env({**GIVEN, "EVENTS_WITH_PROMPTS": "true"})
    assert told.with_prompts is True


def test_intake_settings_are_read() -> None:
    assert config.IntakeSettings.from_env(GIVEN) == config.IntakeSettings(GIVEN["DEAD_LETTERS_URL"])


def test_file_settings_are_read() -> None:
    assert config.FileSettings.from_env(GIVEN) == config.FileSettings("inbox")
    expected = config.FileWorkflowSettings(GIVEN["FILE_STATE_MACHINE_ARN"])
    assert config.FileWorkflowSettings.from_env(GIVEN) == expected


def test_settings_of_one_value_are_read() -> None:
    assert config.RetentionSettings.from_env(GIVEN) == config.RetentionSettings(30)
    assert config.BusSettings.from_env(GIVEN) == config.BusSettings("gateway")


def test_settings_are_all_looked_at() -> None:
    assert {kind.__name__ for kind in NEEDED} == set(config.__all__)


def test_link_settings_are_read() -> None:
    assert config.LinkSettings.from_env(GIVEN) == config.LinkSettings("bucket", 3600)


@pytest.mark.parametrize(
    ("raw", "expected"), [("true", True), ("True", True), ("false", False), (" FALSE ", False)]
)
def test_auth_settings_read_a_flag(raw: str, expected: bool) -> None:
    assert config.AuthSettings.from_env({"OPEN_ROUTES": raw}).open_routes is expected


@pytest.mark.parametrize("raw", ["1", "yes", "truee", "0"])
def test_auth_settings_take_no_other_word_for_a_flag(raw: str) -> None:
    with pytest.raises(ConfigurationError):
        config.AuthSettings.from_env({"OPEN_ROUTES": raw})


def test_settings_are_read_from_the_process_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPEN_ROUTES", "false")
    assert config.AuthSettings.from_env() == config.AuthSettings(open_routes=False)


@pytest.mark.parametrize("kind", NEEDED, ids=lambda kind: kind.__name__)
def test_settings_cannot_be_changed(kind: type[Settings]) -> None:
    made = kind.from_env(GIVEN)
    field = dataclasses.fields(made)[0].name  # type: ignore[arg-type]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, field, "other")


def test_settings_read_no_variable_that_the_template_does_not_set() -> None:
    functions = template.resources(template.FUNCTION).values()
    deployed = {name for function in functions for name in function["Environment"]["Variables"]}
    assert set(GIVEN) <= deployed
