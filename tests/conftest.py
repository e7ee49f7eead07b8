"""Fixtures that several suites share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings
from xdist.remote import Producer

from tests.support.aws.quick_moto import keep_clients, look_once_for_attributes
from tests.support.gateway import Gateway, gateway
from tests.support.scheduling import BySharedWork, in_order

# No test may depend on how fast the machine is, or fail on some runs only.
settings.register_profile("suite", deadline=None, derandomize=True, database=None)
settings.load_profile("suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Called by pytest."""
    in_order(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> BySharedWork:
    """Called by pytest-xdist, where the suite runs in several processes."""
    return BySharedWork(config, log)


@pytest.fixture(scope="session", autouse=True)
def _quick_moto() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        keep_clients(monkeypatch)
        look_once_for_attributes(monkeypatch)
        yield


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway of its own for each test: moto, the stand-in, the real handlers and state machine."""
    with gateway(monkeypatch) as made:
        yield made


@pytest.fixture
def key(running: Gateway) -> str:
    """A gateway key of alice's."""
    return running.issue_key("alice")
