"""Fixtures of the workflow tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.gateway import Gateway, gateway
from tests.workflow.interference import AT_ONCE, crowd, quicken
from tests.workflow.tasks.scenarios import WAYS
from tests.workflow.tasks.walk import Walk, walk
from tongyi.models.images import catalog
from tongyi.usecases.workflow import store_image


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


@pytest.fixture(scope="module")
def upstream() -> Iterator[Gateway]:
    """A gateway where nothing waits."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        quicken(monkeypatch)
        crowd(monkeypatch)
        monkeypatch.setattr(store_image, "copy_wait", lambda attempts: 0)
        with gateway(monkeypatch, AT_ONCE) as made:
            plenty = {"requests": 1000, "running": 1000}
            limits = {"query": {"requests": 1000}, **dict.fromkeys(catalog.IMAGE_MODELS, plenty)}
            made.standin.configure(limits=limits)
            yield made
