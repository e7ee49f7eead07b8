"""What the tests of both SDKs share: faults of the stand-in, and bytes behind links."""

from __future__ import annotations

from typing import Any

import requests

from tests.embedded.conftest import Deployed


def add_fault(deployed: Deployed, **fault: Any) -> None:
    """Scripts a fault; give it a prompt of its own, and it befalls that prompt alone."""
    reply = requests.post(f"{deployed.stack.upstream.standin_url}/_standin/faults", json=fault, timeout=300)
    assert reply.status_code == 200, reply.text


def download(link: str) -> bytes:
    """What a link leads to."""
    reply = requests.get(link, timeout=300)
    assert reply.status_code == 200, reply.text
    return reply.content
