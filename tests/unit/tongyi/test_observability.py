"""Counts in CloudWatch's embedded format, and log lines that carry the request's id."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.functions import Context
from tongyi.observability import NAMESPACE, SERVICE, count, logger, observed


def _printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_count_prints_the_amount(capsys: pytest.CaptureFixture[str]) -> None:
    count("PicturesStored", 3)
    assert _printed(capsys)["PicturesStored"] == [3]


def test_count_adds_one_unless_told_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    count("PicturesStored")
    assert _printed(capsys)["PicturesStored"] == [1]


def test_count_names_the_metric_for_cloudwatch(capsys: pytest.CaptureFixture[str]) -> None:
    count("PicturesStored")
    described = _printed(capsys)["_aws"]["CloudWatchMetrics"]
    metric = {"Name": "PicturesStored", "Unit": "Count"}
    assert described == [{"Namespace": NAMESPACE, "Dimensions": [["service"]], "Metrics": [metric]}]


def test_count_belongs_to_the_service(capsys: pytest.CaptureFixture[str]) -> None:
    count("PicturesStored")
    assert _printed(capsys)["service"] == SERVICE


def test_observed_handlers_log_the_requests_id() -> None:
    context = Context("ChatFunction")
    logged: list[dict[str, Any]] = []

    def handler(event: dict[str, Any], _: Any) -> None:
        logged.append(logger.get_current_keys())

    observed(handler)({}, context)  # type: ignore[arg-type]
    assert logged[0]["function_request_id"] == context.aws_request_id


def test_observed_handlers_forget_the_keys_of_the_request_before() -> None:
    logged: list[dict[str, Any]] = []

    def handler(event: dict[str, Any], _: Any) -> None:
        logged.append(dict(logger.get_current_keys()))
        logger.append_keys(task="one")

    wrapped = observed(handler)
    wrapped({}, Context("ChatFunction"))  # type: ignore[arg-type]
    wrapped({}, Context("ChatFunction"))  # type: ignore[arg-type]
    assert "task" not in logged[1]


def test_observed_handlers_return_what_they_return() -> None:
    assert observed(lambda event, _: event["answer"])({"answer": 42}, Context("X")) == 42  # type: ignore[arg-type]
