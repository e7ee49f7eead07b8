"""A task of which every write takes effect and no first reply to one arrives: botocore sends each again."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest
from botocore.exceptions import ReadTimeoutError
from moto.core.botocore_stubber import BotocoreStubber

from tests.support.gateway import Gateway
from tests.workflow.records import record
from tongyi.models.tasks.status import TaskStatus

WRITES = ("PutItem", "UpdateItem", "StartExecution")


class Losing:
    """Lets each write be carried out, and loses the reply to its first attempt."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lost: Counter[str] = Counter()
        self._seen: set[bytes] = set()
        process = BotocoreStubber.process_request

        def lose(stubber: BotocoreStubber, request: Any) -> Any:
            said = process(stubber, request)
            target = _text(request.headers.get("X-Amz-Target", "")).rpartition(".")[2]
            attempt = _text(request.headers.get("amz-sdk-request", ""))
            if target in WRITES and attempt.startswith("attempt=1"):
                self.lost[target] += 1
                raise ReadTimeoutError(endpoint_url=request.url)
            return said

        monkeypatch.setattr(BotocoreStubber, "process_request", lose)
        # Without the pauses between attempts.
        monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "order-1"}], ids=["once", "with a key"])
def test_task_is_made_once_where_no_write_is_answered_at_first(
    running: Gateway, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    losing = Losing(monkeypatch)
    reply = running.submit({"prompt": "a cat"}, headers)
    assert reply.status == 200, reply.text
    task_id = reply.body["output"]["task_id"]

    assert running.wait_for(task_id) == "SUCCEEDED"
    task = record(running, task_id)
    assert (task.status, task.announced) == (TaskStatus.SUCCEEDED, True)
    assert (len(running.submissions()), len(running.told(task_id)), len(running.objects())) == (1, 1, 1)
    assert set(losing.lost) == set(WRITES)
