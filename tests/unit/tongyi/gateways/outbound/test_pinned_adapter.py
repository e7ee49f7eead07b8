"""Which of a name's addresses are tried, and until when."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest
import requests
from urllib3.util import connection

from tongyi.clock import Deadline
from tongyi.gateways.outbound.pinned_adapter import MOST_ADDRESSES, PinnedAdapter, pinned

ADDRESSES = [f"192.0.2.{number}" for number in range(1, MOST_ADDRESSES + 2)]


@pytest.mark.parametrize(("seconds", "tried"), [(60, ADDRESSES[:MOST_ADDRESSES]), (0, [])])
def test_addresses_are_tried_one_after_the_other_until_the_deadline(
    monkeypatch: pytest.MonkeyPatch, seconds: float, tried: list[str]
) -> None:
    found: list[str] = []

    def refuse(address: tuple[str, int], *given: Any, **options: Any) -> NoReturn:
        found.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(connection, "create_connection", refuse)
    with requests.Session() as session, pinned(ADDRESSES, Deadline.after(seconds)):
        session.trust_env = False
        session.mount("http://", PinnedAdapter())
        with pytest.raises(requests.ConnectionError):
            session.get("http://shop.example/", timeout=1)
    assert found == tried
