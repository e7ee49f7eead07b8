"""GET /v1/wanxiang-results with `wait`: one request instead of many."""

from __future__ import annotations

import pytest

from tests.support.gateway import Gateway


def test_get_result_waits_for_the_end(running: Gateway, key: str) -> None:
    task_id = running.submit({"prompt": "worth waiting for"}).body["output"]["task_id"]
    headers = {"Authorization": f"Bearer {key}"}

    reply = running.request("GET", f"/v1/wanxiang-results?task_id={task_id}&wait=25", headers=headers)

    assert reply.body["output"]["task_status"] == "SUCCEEDED"


def test_get_result_waits_no_longer_than_asked(running: Gateway, key: str) -> None:
    running.standin.configure(pending_seconds=3600)
    task_id = running.submit({"prompt": "never in time"}).body["output"]["task_id"]
    headers = {"Authorization": f"Bearer {key}"}

    reply = running.request("GET", f"/v1/wanxiang-results?task_id={task_id}&wait=1", headers=headers)

    assert reply.body["output"]["task_status"] == "PENDING"


@pytest.mark.parametrize("wait", ["26", "-1", "1.5", "soon", "²", "9999"])
def test_get_result_refuses_a_wait_it_cannot_keep(running: Gateway, key: str, wait: str) -> None:
    headers = {"Authorization": f"Bearer {key}"}

    reply = running.request("GET", f"/v1/wanxiang-results?task_id=x&wait={wait}", headers=headers)

    assert reply.status == 400
    assert reply.body["message"].startswith("wait:")
