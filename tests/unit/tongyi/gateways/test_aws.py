"""Clients of AWS services."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tongyi.gateways import aws as clients


@pytest.fixture(autouse=True)
def _fresh(aws: None) -> Iterator[None]:
    clients.reset()
    yield
    clients.reset()


def test_client_is_made_once() -> None:
    assert clients.client("dynamodb") is clients.client("dynamodb")


def test_client_is_made_anew_after_a_reset() -> None:
    before = clients.client("dynamodb")
    clients.reset()
    assert clients.client("dynamodb") is not before


def test_client_is_of_the_service_asked_for() -> None:
    assert clients.client("secretsmanager").meta.service_model.service_name == "secretsmanager"


def _bounds() -> Any:
    return clients.client("dynamodb").meta.config


def test_client_waits_within_bounds() -> None:
    bounds = _bounds()
    assert (bounds.connect_timeout, bounds.read_timeout) == (clients.CONNECT_SECONDS, clients.READ_SECONDS)


def test_client_repeats_within_bounds() -> None:
    assert _bounds().retries["total_max_attempts"] == clients.ATTEMPTS
