"""What the functions call, recorded once for all tests that look at it."""

from __future__ import annotations

import pytest

from tests.infrastructure.permissions.recorded_calls import Recorded, recording, run_everything
from tests.support.gateway import gateway
from tests.workflow.interference import AT_ONCE


@pytest.fixture(scope="session")
def recorded() -> Recorded:
    """The calls of every function, from a run of everything."""
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        gateway(monkeypatch, AT_ONCE) as running,
        recording(running, monkeypatch) as made,
    ):
        run_everything(running, made)
        return made
