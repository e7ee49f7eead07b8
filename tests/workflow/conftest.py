"""Fixtures of the workflow tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.gateway import Gateway, gateway
from tests.workflow.interference import AT_ONCE, quicken
from tests.workflow.walk import Walk, walk
from tests.workflow.ways import WAYS


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway of its own, whose state machine waits as little as it can."""
    quicken(monkeypatch)
    with gateway(monkeypatch, AT_ONCE) as made:
        yield made


@pytest.fixture(scope="session")
def walked() -> Walk:
    """Every way through the state machine, gone once for all tests that look at it."""
    return walk(WAYS)
