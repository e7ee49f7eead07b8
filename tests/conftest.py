"""Fixtures that several suites share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.gateway import Gateway, gateway


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway of its own for each test: moto, the stand-in, the real handlers and state machine."""
    with gateway(monkeypatch) as made:
        yield made


@pytest.fixture
def key(running: Gateway) -> str:
    """A gateway key of alice's."""
    return running.issue_key("alice")
