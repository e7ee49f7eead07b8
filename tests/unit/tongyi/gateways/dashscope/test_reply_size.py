"""How much of a DashScope reply is read: 4 MB, whether or not its length is announced."""

from __future__ import annotations

import pytest

from tests.unit.tongyi.gateways.dashscope.connecting import answered
from tests.unit.tongyi.gateways.dashscope.test_connection import Case
from tongyi.errors import UpstreamAmbiguous

LIMIT = 4 * 1024 * 1024


def _text(size: int) -> bytes:
    return b'"' + b"a" * (size - 2) + b'"'


def test_reply_of_four_megabytes_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(Case(monkeypatch, answered(200, _text(LIMIT))).once()) == LIMIT - 2


@pytest.mark.parametrize("announced", [{}, {"Content_Length": str(LIMIT + 1)}], ids=["silently", "announced"])
def test_reply_of_a_byte_more_is_none(monkeypatch: pytest.MonkeyPatch, announced: dict[str, str]) -> None:
    with pytest.raises(UpstreamAmbiguous):
        Case(monkeypatch, answered(200, _text(LIMIT + 1), **announced)).once()
