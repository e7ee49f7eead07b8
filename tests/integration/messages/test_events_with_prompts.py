"""A gateway whose operator has prompts told on the bus."""

from __future__ import annotations

import json

import pytest

from tests.support.gateway import gateway
from tests.workflow import event_schema
from tests.workflow.interference import AT_ONCE


@pytest.mark.parametrize(("marker", "status"), [("", "SUCCEEDED"), (" #fail", "FAILED")])
def test_end_is_told_with_the_prompt_where_the_operator_wants_it(
    monkeypatch: pytest.MonkeyPatch, marker: str, status: str
) -> None:
    with gateway(monkeypatch, {**AT_ONCE, "EventsWithPrompts": "true"}) as running:
        reply = running.submit({"prompt": f"一只奔跑的猫{marker}", "negative_prompt": "s3cret"})
        task_id = reply.body["output"]["task_id"]
        running.wait_for(task_id)
        [event] = running.told(task_id)

    event_schema.check(event)
    assert (event["detail"]["prompt"], event["detail"]["status"]) == (f"一只奔跑的猫{marker}", status)
    assert "s3cret" not in json.dumps(event)
