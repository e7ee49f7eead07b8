"""Fixtures of the integration tests."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from tests.integration.dialects import bearer
from tests.integration.webhooks.webhooks import Lapse
from tests.support.gateway import Gateway, gateway
from tests.support.receiver import Receiver, receiver
from tests.workflow.interference import AT_ONCE, crowd
from tongyi.models.images import catalog
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.workflow import circuit
from tongyi.observability import logger
from tongyi.usecases.tasks.show_task import ShowTask, TaskView


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway of its own for a test, which waits as little as it can."""
    with gateway(monkeypatch, AT_ONCE) as made:
        yield made


@pytest.fixture(scope="module")
def shared() -> Iterator[Gateway]:
    """One gateway for a module's tests. Its tasks are sent at once, and not looked at for an hour."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        crowd(monkeypatch)
        with gateway(monkeypatch, {"FirstCheckSeconds": "3600"}) as made:
            plenty = {"requests": 1000, "running": 1000}
            made.standin.configure(limits={"wanx-v1": plenty})
            yield made


@pytest.fixture(scope="module")
def prompt_gateway() -> Iterator[Gateway]:
    """One gateway for a module's tests, where no task has to wait for anything."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        crowd(monkeypatch)
        with gateway(monkeypatch, AT_ONCE) as made:
            plenty = {"requests": 1000, "running": 1000}
            limits = {"query": {"requests": 1000}, **dict.fromkeys(catalog.IMAGE_MODELS, plenty)}
            made.standin.configure(limits=limits)
            yield made


@pytest.fixture
def slow(prompt_gateway: Gateway) -> Iterator[Gateway]:
    """The same, with an upstream that keeps tasks waiting until its clock is moved."""
    prompt_gateway.standin.configure(pending_seconds=1000)
    yield prompt_gateway
    prompt_gateway.standin.configure(pending_seconds=0)
    prompt_gateway.standin.advance(2000)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Routes that wait look once and wait no longer, in place of 25 seconds."""
    real = ShowTask.wait

    def look(
        show: ShowTask, task_id: str, owner: str | None, seconds: float, known: TaskRecord | None = None
    ) -> TaskView:
        return real(show, task_id, owner, 0, known)

    monkeypatch.setattr(ShowTask, "wait", look)


@pytest.fixture
def mended_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What DashScope refuses until the operator mends it is tried again at once."""
    monkeypatch.setattr(circuit, "FIRST_WAIT_MS", 1)


@pytest.fixture(scope="module")
def ann(prompt_gateway: Gateway) -> dict[str, str]:
    """The header with a gateway key of ann's."""
    return bearer(prompt_gateway, "ann")


@pytest.fixture(scope="module")
def bob(prompt_gateway: Gateway) -> dict[str, str]:
    """The header with a gateway key of bob's."""
    return bearer(prompt_gateway, "bob")


@pytest.fixture(scope="module")
def alice(shared: Gateway) -> dict[str, str]:
    """The header with a gateway key of alice's."""
    return {"Authorization": f"Bearer {shared.issue_key('alice')}"}


@pytest.fixture
def hooks() -> Iterator[Receiver]:
    """A receiver of webhooks."""
    with receiver() as made:
        yield made


@pytest.fixture
def lapse(monkeypatch: pytest.MonkeyPatch, running: Gateway) -> Lapse:
    """The time of a gateway's functions and of its queue of webhooks, for a test to move."""
    return Lapse(monkeypatch)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the functions log from here on, down to the least serious lines."""
    lines = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", lines)
    level = logger.log_level
    logger.setLevel("DEBUG")
    yield lines
    logger.setLevel(level)


@pytest.fixture
def empty(shared: Gateway) -> Iterator[None]:
    """Fails a test after which the bucket holds more than before."""
    before = set(shared.objects())
    yield
    assert set(shared.objects()) == before
