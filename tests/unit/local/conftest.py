"""The local commands' own logic: no test here may open a socket."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _closed(socket_disabled: None) -> None:
    """Anything that wants the network fails."""
