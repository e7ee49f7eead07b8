"""What was canceled before it was sent is not sent later: told by a clock that goes on for minutes."""

from __future__ import annotations

import pytest

from tests.integration.dialects import cancel
from tests.integration.images.generating import calls, new_prompt
from tests.integration.tasks.canceling import ordered
from tests.integration.time_lapse import TimeLapse
from tests.support.gateway import Gateway
from tests.workflow.records import record


def test_canceled_task_is_never_sent_and_its_execution_ends_well(
    running: Gateway, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lapse, headers = TimeLapse(running, monkeypatch), {"Authorization": f"Bearer {key}"}
    first = ordered(running, headers, "qwen-image-max")
    lapse.until(lambda: record(running, first).ended, "the first picture")
    prompt = new_prompt()
    task = ordered(running, headers, "qwen-image-max", prompt, n=3)
    lapse.until(lambda: all(job.slot_at for job in record(running, task).jobs.values()), "slots")

    assert cancel(running, task, headers).status == 200
    lapse.pass_by(180)

    assert calls(running, prompt) == []
    assert running.wait_for(task) == "SUCCEEDED"
    assert record(running, task).status == "CANCELED"
