"""Fixtures that several suites share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support.gateway import Gateway, gateway

# No test may depend on how fast the machine is, or fail on some runs only.
settings.register_profile("suite", deadline=None, derandomize=True, database=None)
settings.load_profile("suite")


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway of its own for each test: moto, the stand-in, the real handlers and state machine."""
    with gateway(monkeypatch) as made:
        yield made


@pytest.fixture
def key(running: Gateway) -> str:
    """A gateway key of alice's."""
    return running.issue_key("alice")
